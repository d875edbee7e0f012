// The map of the review: the city's own layers, and upon them the marks that the page tells, each kind with its shape.

import { drawMissingImages } from "../pages/images.js";
import {
  AttributionControl,
  LngLatBounds,
  Map as MapLibreMap,
  Marker,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "../pages/vendor/maplibre-gl.mjs";

/** @import { StyleSpecification } from "../pages/vendor/maplibre-gl.mjs" */

/** @typedef {{type: string, coordinates: any}} Geometry */
/** @typedef {{id: string, kind: string, title: string, geometry: Geometry}} Mark */

/**
 * What the page tells (review/page.py).
 * @typedef {object} Settings
 * @property {string} style
 * @property {string} worker
 * @property {{url: string, attribution: string} | null} basemap
 * @property {[number, number, number, number] | null} box
 * @property {Mark[]} marks
 * @property {Record<string, string>} texts
 */

/** Outlines of lines and areas: told apart by their strokes, not by colour alone. */
const STROKES = /** @type {Record<string, {color: string, width: number, dash?: number[]}>} */ ({
  before: { color: "#0b57d0", width: 3, dash: [2, 1.5] },
  now: { color: "#23301f", width: 2 },
  gone: { color: "#b3261e", width: 4, dash: [0.5, 1] },
});
const PROPOSED = { color: "#8a1c4a", width: 4, dash: undefined };

/** @type {Settings} */
export const settings = JSON.parse(document.getElementById("map-settings")?.textContent ?? "{}");

/**
 * The map in #map with all marks, or null where this browser cannot draw it.
 * @returns {{map: MapLibreMap, markers: Map<string, Marker>} | null}
 */
export function makeMap() {
  const container = document.getElementById("map");
  if (!container) return null;
  if (!document.createElement("canvas").getContext("webgl2")) {
    document.documentElement.classList.add("no-map");
    return null;
  }
  document.documentElement.classList.add("with-map");
  setWorkerUrl(new URL(settings.worker, location.href).href);
  const map = new MapLibreMap({
    container,
    style: settings.style,
    transformStyle: (_previous, style) => withGround(style),
    bounds: boxAround(settings.marks) ?? settings.box ?? [5.9, 47.2, 15.1, 55.1],
    fitBoundsOptions: { padding: 40, maxZoom: 17 },
    // The page scrolls past the map without being caught in it.
    cooperativeGestures: true,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    attributionControl: false,
    locale: settings.texts,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-left");
  map.addControl(new AttributionControl({ compact: true }), "bottom-right");
  drawMissingImages(map);
  map.on("error", ({ error }) => console.warn(error));
  map.once("load", () => drawShapes(map));
  // For whoever drives this page: everything in view is drawn.
  map.once("idle", () => document.documentElement.classList.add("map-drawn"));
  return { map, markers: putMarkers(map) };
}

/**
 * @param {StyleSpecification} style
 * @returns {StyleSpecification}
 */
function withGround(style) {
  if (!settings.basemap) return style;
  const [background, ...others] = style.layers;
  const { url, attribution } = settings.basemap;
  return {
    ...style,
    sources: { ...style.sources, basemap: { type: "raster", tiles: [url], tileSize: 256, attribution } },
    layers: [background, { id: "basemap", type: "raster", source: "basemap" }, ...others],
  };
}

/**
 * A marker for each point, by the mark's id; its shape is that of the legend.
 * @param {MapLibreMap} map
 */
function putMarkers(map) {
  /** @type {Map<string, Marker>} */
  const made = new Map();
  for (const { id, kind, title, geometry } of settings.marks) {
    if (geometry.type !== "Point") continue;
    const element = document.createElement("div");
    element.className = "map-mark";
    element.title = title;
    const shape = document.querySelector(`.marks [data-kind="${kind}"] svg`);
    if (shape) element.append(shape.cloneNode(true));
    const [longitude, latitude] = geometry.coordinates;
    const marker = new Marker({ element }).setLngLat([longitude, latitude]).addTo(map);
    // The same is said by the list, or by the table beside.
    element.setAttribute("aria-hidden", "true");
    element.removeAttribute("role");
    element.removeAttribute("tabindex");
    made.set(id, marker);
  }
  return made;
}

/** @param {MapLibreMap} map */
function drawShapes(map) {
  for (const { id, kind, geometry } of settings.marks) {
    if (geometry.type === "Point") continue;
    const { color, width, dash } = STROKES[kind] ?? PROPOSED;
    const source = `mark-${id}`;
    map.addSource(source, { type: "geojson", data: /** @type {any} */ (geometry) });
    if (geometry.type.endsWith("Polygon") && kind === "after") {
      map.addLayer({ id: `${source}-fill`, type: "fill", source, paint: { "fill-color": color, "fill-opacity": 0.18 } });
    }
    const halo = /** @type {const} */ ({ "line-color": "#ffffff", "line-width": width + 3, "line-opacity": 0.8 });
    map.addLayer({ id: `${source}-halo`, type: "line", source, paint: halo });
    map.addLayer({
      id: source,
      type: "line",
      source,
      paint: { "line-color": color, "line-width": width, ...(dash ? { "line-dasharray": dash } : {}) },
    });
  }
}

/**
 * @param {Mark[]} marks
 * @returns {LngLatBounds | null}
 */
function boxAround(marks) {
  const box = new LngLatBounds();
  /** @param {any} coordinates */
  function add(coordinates) {
    if (typeof coordinates[0] === "number") box.extend([coordinates[0], coordinates[1]]);
    else coordinates.forEach(add);
  }
  for (const { geometry } of marks) add(geometry.coordinates);
  return box.isEmpty() ? null : box;
}
