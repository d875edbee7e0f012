// Asking the map: what is at this place? By click, by tap, or by Enter for the middle of the map.

import { layerOf } from "./layers.js";
import { settings } from "./settings.js";
import { view } from "./state.js";

/** @import { Map as MapLibreMap, MapGeoJSONFeature, PointLike } from "../pages/vendor/maplibre-gl.mjs" */
/** @import { Hit } from "./details.js" */

const REACH = 8; // pixels around the place: fingers are not points
const REACH_OF_LINES = 4; // a path beside a plot is not meant where the plot is

/**
 * What is drawn at a place: points, the nearest first, then lines, then areas, the topmost first and of one layer the
 * smallest, since a plot lies upon its garden and that upon its quarter.
 * @param {MapLibreMap} map
 * @param {{x: number, y: number}} place in pixels
 * @returns {Hit[]}
 */
export function hitsAt(map, { x, y }) {
  /** @param {number} reach @returns {[PointLike, PointLike]} */
  const around = (reach) => [[x - reach, y - reach], [x + reach, y + reach]];
  const points = map.queryRenderedFeatures(around(REACH)).filter((each) => each.geometry.type === "Point");
  const lines = map
    .queryRenderedFeatures(around(REACH_OF_LINES))
    .filter((each) => each.geometry.type.endsWith("LineString") && each.layer.type === "line");
  const areas = bySize(map.queryRenderedFeatures([x, y]).filter((each) => each.geometry.type.endsWith("Polygon")));
  points.sort((a, b) => distance(map, a, x, y) - distance(map, b, x, y));
  /** @type {Map<string, Hit>} */
  const found = new Map();
  for (const each of [...points, ...lines, ...areas]) {
    const hit = toHit(each);
    // A plant may stand in two layers: it is one thing all the same.
    if (hit && !found.has(hit.id)) found.set(hit.id, hit);
    else if (hit && hit.layer === view().layer) found.set(hit.id, hit);
  }
  return [...found.values()];
}

/**
 * MapLibre gives what is drawn, the topmost first; a layer's own areas come in no order that means anything.
 * @param {MapGeoJSONFeature[]} areas
 */
function bySize(areas) {
  const layers = [...new Set(areas.map(({ layer }) => layerOf(layer)))];
  return areas
    .map((each) => ({ each, rank: layers.indexOf(layerOf(each.layer)), size: extent(each) }))
    .sort((a, b) => a.rank - b.rank || a.size - b.size)
    .map(({ each }) => each);
}

/**
 * The area of its box in square degrees, as far as the tile holds it: enough to tell large from small.
 * @param {MapGeoJSONFeature} feature
 */
function extent({ geometry }) {
  if (geometry.type !== "Polygon" && geometry.type !== "MultiPolygon") return 0;
  const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((part) => part[0]);
  const [lngs, lats] = [rings.flat().map((each) => each[0]), rings.flat().map((each) => each[1])];
  return (Math.max(...lngs) - Math.min(...lngs)) * (Math.max(...lats) - Math.min(...lats));
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
