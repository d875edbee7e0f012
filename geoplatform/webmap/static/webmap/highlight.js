// A ring around the feature that the reader looks at in the list or in the details.

import { isNight } from "../pages/map.js";

/** @import { GeoJSONSource, Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

/** @type {{type: "FeatureCollection", features: []}} */
const NOTHING = { type: "FeatureCollection", features: [] };

const SHAPE = "highlight-shape";
const COLOR = isNight() ? "#cdeabd" : "#1d4029";

/** @param {MapLibreMap} map */
export function addHighlight(map) {
  map.addSource("highlight", { type: "geojson", data: NOTHING });
  map.addLayer({
    id: "highlight",
    type: "circle",
    source: "highlight",
    paint: {
      "circle-radius": 14,
      "circle-color": "rgba(0,0,0,0)",
      "circle-stroke-color": COLOR,
      "circle-stroke-width": 3.5,
    },
  });
}

/**
 * @param {MapLibreMap} map
 * @param {[number, number] | null} position
 */
export function highlight(map, position) {
  const source = /** @type {GeoJSONSource | undefined} */ (map.getSource("highlight"));
  source?.setData(position ? { type: "Point", coordinates: position } : NOTHING);
  if (map.getLayer(SHAPE)) map.removeLayer(SHAPE);
}

/**
 * Marks what an article of details is about: a ring around a point, a strong outline for anything else.
 * @param {MapLibreMap} map
 * @param {HTMLElement} article
 */
export function highlightFeature(map, article) {
  const { layer, id, point } = article.dataset;
  highlight(map, point === undefined ? null : positionOf(article));
  if (point !== undefined || !layer || !id || !map.getSource(layer)) return;
  map.addLayer({
    id: SHAPE,
    type: "line",
    source: layer,
    "source-layer": layer,
    filter: ["==", ["get", "id"], id],
    layout: { "line-join": "round" },
    paint: { "line-color": COLOR, "line-width": 4 },
  });
}

/**
 * The position that an element of the list or the details carries.
 * @param {HTMLElement} carrier
 * @returns {[number, number] | null}
 */
export function positionOf({ dataset }) {
  return dataset.lon && dataset.lat ? [Number(dataset.lon), Number(dataset.lat)] : null;
}
