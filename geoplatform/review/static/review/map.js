// The map of the review: the city's own layers, and upon them the marks that the page tells, each kind with its shape.

import { boxAround, canDraw, makeSmallMap, readSettings } from "../pages/map.js";
import { Marker } from "../pages/vendor/maplibre-gl.mjs";

/** @import { MapSettings } from "../pages/map.js" */
/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

/** @typedef {{type: string, coordinates: any}} Geometry */
/** @typedef {{id: string, kind: string, title: string, geometry: Geometry}} Mark */

/** @typedef {MapSettings & {style: string, marks: Mark[]}} Settings what the page tells (review/page.py) */

/** Outlines of lines and areas: told apart by their strokes, not by colour alone. */
const STROKES = /** @type {Record<string, {color: string, width: number, dash?: number[]}>} */ ({
  before: { color: "#0b57d0", width: 3, dash: [2, 1.5] },
  now: { color: "#23301f", width: 2 },
  gone: { color: "#b3261e", width: 4, dash: [0.5, 1] },
});
const PROPOSED = { color: "#8a1c4a", width: 4, dash: undefined };

/** @type {Settings} */
export const settings = readSettings();

/**
 * The map in #map with all marks, or null where this browser cannot draw it.
 * @returns {{map: MapLibreMap, markers: Map<string, Marker>} | null}
 */
export function makeMap() {
  const container = document.getElementById("map");
  if (!container) return null;
  if (!canDraw()) {
    document.documentElement.classList.add("no-map");
    return null;
  }
  document.documentElement.classList.add("with-map");
  const bounds = boxAround(settings.marks.map((each) => each.geometry));
  const map = makeSmallMap(container, settings, { style: settings.style, bounds, padding: 40 });
  map.once("load", () => drawShapes(map));
  return { map, markers: putMarkers(map) };
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
