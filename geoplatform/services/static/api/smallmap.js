// The small map beside a table: the same features by the layer's own style, quarters beneath to find one's way by.

import { boxAround, canDraw, makeSmallMap, readSettings } from "../pages/map.js";

/** @import { MapSettings } from "../pages/map.js" */
/** @import { GeoJSONFeature, LayerSpecification, Map as MapLibreMap, SourceSpecification, StyleSpecification } from "../pages/vendor/maplibre-gl.mjs" */

/**
 * What the page tells (services/features/smallmap.py).
 * @typedef {object} Own
 * @property {string} style address of the layer's style
 * @property {string[]} ground addresses of the styles beneath
 * @property {string | null} features address of the table's features as GeoJSON; null draws the layer's tiles
 */

/** @typedef {{type: "Feature", id: string, geometry: Geometry | null, properties: Record<string, unknown>}} Feature */
/** @typedef {{type: string, coordinates: unknown}} Geometry */

const DIGITS = 5; // of a degree: about a metre

/** @type {MapSettings & Own} */
const settings = readSettings();
const container = document.getElementById("map");

if (container) {
  if (canDraw()) void start(container);
  else container.closest("figure")?.classList.add("no-map");
}

/** @param {HTMLElement} element */
async function start(element) {
  const [style, features, ...ground] = await Promise.all([
    fetchJson(settings.style),
    settings.features ? fetchJson(settings.features) : null,
    ...settings.ground.map(fetchJson),
  ]);
  const found = /** @type {Feature[] | null} */ (features?.features ?? null);
  const map = makeSmallMap(element, settings, {
    style: put(found ? drawn(style, found) : style, ground),
    bounds: found && boxAround(found.map((each) => each.geometry)),
    maxZoom: 16,
  });
  // Where the whole layer does not fit, better a part of it with something on it.
  const first = found ? 0 : Math.min(...style.layers.map((/** @type {LayerSpecification} */ each) => each.minzoom ?? 24));
  if (map.getZoom() < first) map.jumpTo({ zoom: first });
  if (found) leadToRows(map);
  offerBox(map);
}

/** @param {string} address */
async function fetchJson(address) {
  const response = await fetch(address, { credentials: "omit", headers: { Accept: "application/json, */*" } });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.json();
}

/**
 * The layer's style, drawing these features instead of tiles.
 * @param {StyleSpecification} style
 * @param {Feature[]} features
 * @returns {StyleSpecification}
 */
function drawn(style, features) {
  /** @type {Record<string, SourceSpecification>} */
  const sources = {};
  for (const name of Object.keys(style.sources)) {
    // Ids that are no numbers are kept among the properties alone.
    const kept = features.map((each) => ({ ...each, properties: { ...each.properties, id: each.id } }));
    sources[name] = {
      type: "geojson",
      data: /** @type {any} */ ({ type: "FeatureCollection", features: kept }),
    };
  }
  const layers = style.layers.map((each) => {
    const { "source-layer": _tiles, minzoom: _from, ...rest } = /** @type {any} */ (each);
    // Names would crowd a map this small from afar.
    return rest.type === "symbol" && rest.layout?.["text-field"] ? { ...rest, minzoom: 14 } : rest;
  });
  return { ...style, sources, layers: visible(layers) };
}

/**
 * A style upon others: their background first, then their outlines, then the layer.
 * @param {StyleSpecification} style
 * @param {StyleSpecification[]} ground
 * @returns {StyleSpecification}
 */
function put(style, ground) {
  const [background, ...own] = style.layers;
  const beneath = ground.flatMap((each) => each.layers.slice(1));
  return {
    ...style,
    sources: Object.assign({}, ...ground.map((each) => each.sources), style.sources),
    layers: [background, ...beneath, ...visible(own)],
  };
}

/**
 * The map page may hide this layer at first; here it is what the page is about.
 * @param {LayerSpecification[]} layers
 */
function visible(layers) {
  return layers.map((each) =>
    each.type === "background" ? each : /** @type {any} */ ({ ...each, layout: { ...each.layout, visibility: "visible" } }),
  );
}

/**
 * A click on a feature leads to its row.
 * @param {MapLibreMap} map
 */
function leadToRows(map) {
  /** @param {{x: number, y: number}} point */
  const hit = ({ x, y }) =>
    map
      .queryRenderedFeatures([[x - 4, y - 4], [x + 4, y + 4]])
      .find((each) => document.getElementById(rowOf(each)));
  map.on("click", ({ point }) => {
    const found = hit(point);
    if (!found) return;
    location.hash = rowOf(found);
    document.getElementById(rowOf(found))?.querySelector("a")?.focus();
  });
  map.on("mousemove", ({ point }) => {
    map.getCanvas().style.cursor = hit(point) ? "pointer" : "";
  });
}

/** @param {GeoJSONFeature} feature */
function rowOf({ properties }) {
  return `f-${properties.id}`;
}

/**
 * The view of the map as the form's box.
 * @param {MapLibreMap} map
 */
function offerBox(map) {
  const button = document.getElementById("map-view");
  const field = /** @type {HTMLInputElement | null} */ (document.getElementById("bbox"));
  if (!button || !field) return;
  button.hidden = false;
  // The button sends the form; before that, the box is put in.
  button.addEventListener("click", () => {
    const [[west, south], [east, north]] = map.getBounds().toArray();
    field.value = [west, south, east, north].map((each) => each.toFixed(DIGITS)).join(",");
    // The map speaks in degrees, whatever box was asked for before.
    field.form?.querySelector("[name=bbox-crs]")?.remove();
  });
}
