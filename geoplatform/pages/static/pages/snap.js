// Corners that are drawn near the outline of something that is there already come to lie on it: a plot on the fence.

import { sinceWritten } from "./written.js";

/** @import { Map as MapLibreMap } from "./vendor/maplibre-gl.mjs" */
/** @typedef {[number, number]} Corner longitude, latitude */

const REACH = 12; // pixels
const MOST = 200; // features in view

/**
 * @param {MapLibreMap} map
 * @param {string[]} layers whose outlines are snapped to
 * @returns {(event: {lng: number, lat: number}) => Corner | undefined}
 */
export function makeSnapping(map, layers) {
  /** @type {Corner[][]} */
  let lines = [];
  void load();
  map.on("moveend", () => void load());
  return ({ lng, lat }) => nearest(map, lines, lng, lat);

  async function load() {
    const box = map.getBounds().toArray().flat().map((n) => n.toFixed(6)).join(",");
    const found = await Promise.all(
      layers.map(async (layer) => {
        const address = `/api/collections/${layer}/items?f=json&limit=${MOST}&bbox=${box}`;
        const answer = await fetch(address, { credentials: "omit", headers: sinceWritten() });
        return answer.ok ? /** @type {{features: {geometry: {coordinates: unknown}}[]}} */ (await answer.json()).features : [];
      }),
    ).catch(() => []); // without a network nothing snaps
    lines = found.flat().flatMap((feature) => linesOf(feature.geometry.coordinates));
  }
}

/**
 * The lines in GeoJSON coordinates of any depth.
 * @param {any} coordinates
 * @returns {Corner[][]}
 */
function linesOf(coordinates) {
  if (typeof coordinates?.[0]?.[0] === "number") return [coordinates];
  return Array.isArray(coordinates?.[0]) ? coordinates.flatMap(linesOf) : [];
}

/**
 * The corner within reach, else the place on a line within reach.
 * @param {MapLibreMap} map
 * @param {Corner[][]} lines
 * @param {number} lng
 * @param {number} lat
 * @returns {Corner | undefined}
 */
export function nearest(map, lines, lng, lat) {
  const at = map.project([lng, lat]);
  /** @type {Corner | undefined} */
  let best;
  let corner = REACH;
  let edge = REACH;
  for (const line of lines) {
    const points = line.map((each) => map.project(each));
    for (const [index, point] of points.entries()) {
      const away = Math.hypot(point.x - at.x, point.y - at.y);
      if (away < corner) [corner, best] = [away, line[index]];
      const before = points[index - 1];
      if (!before || corner < REACH) continue;
      const [dx, dy] = [point.x - before.x, point.y - before.y];
      const t = ((at.x - before.x) * dx + (at.y - before.y) * dy) / (dx * dx + dy * dy || 1);
      if (t <= 0 || t >= 1) continue;
      const beside = Math.hypot(before.x + t * dx - at.x, before.y + t * dy - at.y);
      if (beside >= edge) continue;
      const [from, to] = [line[index - 1], line[index]];
      edge = beside;
      // Straight in Mercator is straight in degrees over the length of a fence.
      best = [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
    }
  }
  return best;
}
