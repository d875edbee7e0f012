// Asking the map: what is at this place? By click, by tap, or by Enter for the middle of the map.

import { layerOf } from "./layers.js";
import { settings } from "./settings.js";
import { view } from "./state.js";

/** @import { Map as MapLibreMap, MapGeoJSONFeature, PointLike } from "../pages/vendor/maplibre-gl.mjs" */
/** @import { Hit } from "./details.js" */

const REACH = 8; // pixels around the place: fingers are not points

/**
 * What is drawn at a place, nearest points first, then lines, then areas.
 * @param {MapLibreMap} map
 * @param {{x: number, y: number}} place in pixels
 * @returns {Hit[]}
 */
export function hitsAt(map, { x, y }) {
  /** @type {[PointLike, PointLike]} */
  const around = [[x - REACH, y - REACH], [x + REACH, y + REACH]];
  const points = map.queryRenderedFeatures(around).filter((each) => each.geometry.type === "Point");
  const rest = map.queryRenderedFeatures([x, y]).filter((each) => each.geometry.type !== "Point");
  const lines = map.queryRenderedFeatures(around).filter((each) => each.geometry.type.endsWith("LineString") && each.layer.type === "line");
  points.sort((a, b) => distance(map, a, x, y) - distance(map, b, x, y));
  /** @type {Map<string, Hit>} */
  const found = new Map();
  for (const each of [...points, ...lines, ...rest.reverse()]) {
    const hit = toHit(each);
    // A plant may stand in two layers: it is one thing all the same.
    if (hit && !found.has(hit.id)) found.set(hit.id, hit);
    else if (hit && hit.layer === view().layer) found.set(hit.id, hit);
  }
  return [...found.values()];
}

/**
 * @param {MapLibreMap} map
 * @param {MapGeoJSONFeature} feature
 * @param {number} x
 * @param {number} y
 */
function distance(map, feature, x, y) {
  if (feature.geometry.type !== "Point") return Infinity;
  const [longitude, latitude] = feature.geometry.coordinates;
  const at = map.project([longitude, latitude]);
  return Math.hypot(at.x - x, at.y - y);
}

/**
 * @param {MapGeoJSONFeature} feature
 * @returns {Hit | null}
 */
function toHit({ layer, properties, id, geometry }) {
  const name = layerOf(layer);
  if (!name) return null;
  if (typeof properties.n === "number" && properties.n > 1 && geometry.type === "Point") {
    const [longitude, latitude] = geometry.coordinates;
    return { layer: name, id: `${properties.n}@${longitude},${latitude}`, title: "", several: [longitude, latitude] };
  }
  // From afar a point comes with its number alone; its page is found by that, too.
  if (properties.n === 1 && id !== undefined) return { layer: name, id: String(id), title: "" };
  if (typeof properties.id !== "string") return null;
  const title = properties[`species_${settings.language}`] ?? properties.name ?? properties.number ?? "";
  return { layer: name, id: properties.id, title: String(title) };
}
