// From afar: how many there are, block by block, in figures. The tiles bring them from the pyramid, so they are exact.

import { settings } from "./settings.js";
import { view } from "./state.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

const FEW = 5; // so many can be counted by eye
const NEAR = 17; // the zoom from which on every point is drawn by itself; from 14 on only crowded tiles bring figures

/**
 * The figures of the layer that the list is about.
 * @param {MapLibreMap} map that is loaded
 */
export function addCounts(map) {
  let shown = view().layer;
  draw(map, shown);
  document.addEventListener("view", () => {
    if (view().layer === shown) return;
    for (const id of [`${shown}/counts-text`, `${shown}/counts`]) if (map.getLayer(id)) map.removeLayer(id);
    shown = view().layer;
    draw(map, shown);
  });
}

/**
 * @param {MapLibreMap} map
 * @param {string} name of the layer
 */
function draw(map, name) {
  if (!settings.counted.includes(name)) return;
  const visible = map.getStyle().layers.some((each) => "source" in each && each.source === name && each.layout?.visibility !== "none");
  map.addLayer({
    id: `${name}/counts`,
    type: "circle",
    source: name,
    "source-layer": `${name}-counts`,
    maxzoom: NEAR,
    metadata: { layer: name },
    filter: [">=", ["get", "n"], FEW],
    layout: { visibility: visible ? "visible" : "none" },
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["log10", ["get", "n"]], 0.7, 11, 2, 15, 4, 22],
      "circle-color": "#1d4029",
      "circle-opacity": 0.9,
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": 2,
    },
  });
  map.addLayer({
    id: `${name}/counts-text`,
    type: "symbol",
    source: name,
    "source-layer": `${name}-counts`,
    maxzoom: NEAR,
    metadata: { layer: name },
    filter: [">=", ["get", "n"], FEW],
    layout: {
      visibility: visible ? "visible" : "none",
      "text-field": ["number-format", ["get", "n"], { locale: settings.language }],
      "text-size": 12,
      "text-allow-overlap": true,
      "text-ignore-placement": true,
    },
    paint: { "text-color": "#ffffff" },
  });
}
