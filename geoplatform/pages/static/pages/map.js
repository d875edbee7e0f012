// The maps that stand beside a text, whichever room's page it is: one way to make them, to open and to guard them.

import { drawMissingImages } from "./images.js";
import {
  AttributionControl,
  LngLatBounds,
  Map as MapLibreMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "./vendor/maplibre-gl.mjs";

/** @import { StyleSpecification } from "./vendor/maplibre-gl.mjs" */

/** @typedef {{url: string, attribution: string} | null} Ground raster tiles beneath everything, where a city has some */
/** @typedef {[number, number, number, number]} Box west, south, east, north in degrees */

/**
 * What every page with a small map tells (pages/smallmap.py).
 * @typedef {object} MapSettings
 * @property {string} worker address of MapLibre's worker
 * @property {Ground} basemap
 * @property {Box | null} box where the map opens, unless something else says so
 * @property {Record<string, string>} texts words of the controls
 */

/** Germany: where nothing at all is known. */
const ANYWHERE = /** @type {Box} */ ([5.9, 47.2, 15.1, 55.1]);

/** Whether this browser can draw a map at all. */
export function canDraw() {
  return document.createElement("canvas").getContext("webgl2") !== null;
}

/**
 * What the page tells its map; nothing where it has none.
 * @template {MapSettings} T
 * @returns {T}
 */
export function readSettings() {
  return JSON.parse(document.getElementById("map-settings")?.textContent ?? "{}");
}

/**
 * A small map: the page scrolls past it, it is never turned or tilted.
 * @param {HTMLElement} container
 * @param {MapSettings} settings
 * @param {{style: string | StyleSpecification, bounds?: LngLatBounds | Box | null, padding?: number, maxZoom?: number}} options
 */
export function makeSmallMap(container, settings, { style, bounds, padding = 30, maxZoom = 17 }) {
  setWorkerUrl(new URL(settings.worker, location.href).href);
  const map = new MapLibreMap({
    container,
    style,
    transformStyle: (_previous, loaded) => withGround(byNight(loaded), settings.basemap),
    bounds: bounds ?? settings.box ?? ANYWHERE,
    fitBoundsOptions: { padding, maxZoom },
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
  // For whoever drives this page: everything in view is drawn.
  map.once("idle", () => document.documentElement.classList.add("map-drawn"));
  return map;
}

/**
 * The style with the configured raster ground beneath everything; without one it stays as it is.
 * @param {StyleSpecification} style
 * @param {Ground} ground
 * @returns {StyleSpecification}
 */
export function withGround(style, ground) {
  if (!ground) return style;
  const [background, ...others] = style.layers;
  const { url, attribution } = ground;
  return {
    ...style,
    sources: { ...style.sources, basemap: { type: "raster", tiles: [url], tileSize: 256, attribution } },
    layers: [background, { id: "basemap", type: "raster", source: "basemap" }, ...others],
  };
}

/** By night the paper is dark, what is written upon it light, and what was as bright as paper dim. */
const NIGHT = { paper: "#1b231a", ink: "#dfe5d3" };
const BRIGHT = 170; // of 255: so bright are streets and their edges, and nothing that a colour has a meaning of
const DIM = 0.28; // what is left of it

/** Whether the reader wants it dark. */
export function isNight() {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * The style for who wants it dark; else as it is. Markers keep the colours of the legend.
 * @param {StyleSpecification} style
 * @returns {StyleSpecification}
 */
export function byNight(style) {
  if (!isNight()) return style;
  const layers = style.layers.map((each) => {
    if (each.type === "background") return { ...each, paint: { ...each.paint, "background-color": NIGHT.paper } };
    if (each.type === "line") return { ...each, paint: { ...each.paint, "line-color": dimmed(each.paint?.["line-color"]) } };
    if (each.type !== "symbol" || !each.layout?.["text-field"]) return each;
    return { ...each, paint: { ...each.paint, "text-color": NIGHT.ink, "text-halo-color": NIGHT.paper } };
  });
  return { ...style, layers };
}

/**
 * @template T
 * @param {T} color
 * @returns {T | string}
 */
function dimmed(color) {
  const [, ...parts] = (typeof color === "string" && /^#(..)(..)(..)$/.exec(color)) || [];
  const [ground, own] = [NIGHT.paper, `#${parts.join("")}`].map((each) => [1, 3, 5].map((at) => parseInt(each.slice(at, at + 2), 16)));
  if (!parts.length || Math.min(...own) < BRIGHT - 40 || Math.max(...own) < BRIGHT) return color;
  return `#${own.map((value, at) => Math.round(DIM * value + (1 - DIM) * ground[at]).toString(16).padStart(2, "0")).join("")}`;
}

/**
 * The box around geometries of GeoJSON; null where there is nothing.
 * @param {({coordinates: unknown} | null)[]} geometries
 * @returns {LngLatBounds | null}
 */
export function boxAround(geometries) {
  const box = new LngLatBounds();
  /** @param {any} coordinates */
  function add(coordinates) {
    if (typeof coordinates[0] === "number") box.extend([coordinates[0], coordinates[1]]);
    else coordinates.forEach(add);
  }
  for (const geometry of geometries) if (geometry) add(geometry.coordinates);
  return box.isEmpty() ? null : box;
}
