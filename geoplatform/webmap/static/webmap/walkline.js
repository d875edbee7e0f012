// A walk on a map: a line through its stops, and their numbers.

import { Marker } from "../pages/vendor/maplibre-gl.mjs";

/** @import { GeoJSONSource, Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

const SOURCE = "walk";

/** @type {Marker[]} */
let numbers = [];

/**
 * @param {MapLibreMap} map that is loaded
 * @param {[number, number][]} places longitude and latitude, in the order of the walk; none takes it away
 */
export function drawWalk(map, places) {
  const line = /** @type {const} */ ({ type: "LineString", coordinates: places });
  const source = /** @type {GeoJSONSource | undefined} */ (map.getSource(SOURCE));
  /** @type {Parameters<GeoJSONSource["setData"]>[0]} */
  const nothing = { type: "FeatureCollection", features: [] };
  const data = places.length > 1 ? line : nothing;
  if (source) {
    source.setData(data);
  } else {
    map.addSource(SOURCE, { type: "geojson", data });
    const layout = /** @type {const} */ ({ "line-join": "round", "line-cap": "round" });
    map.addLayer({ id: "walk-casing", type: "line", source: SOURCE, layout, paint: { "line-color": "#ffffff", "line-width": 7 } });
    map.addLayer({
      id: "walk-line",
      type: "line",
      source: SOURCE,
      layout,
      paint: { "line-color": "#8a1c4a", "line-width": 3.5, "line-dasharray": [0.5, 2] },
    });
  }
  for (const each of numbers) each.remove();
  numbers = places.map((place, index) => {
    const element = document.createElement("span");
    element.className = "walk-number";
    element.textContent = String(index + 1);
    const marker = new Marker({ element, anchor: "bottom-left", offset: [4, -4] }).setLngLat(place).addTo(map);
    // The list says the same.
    element.setAttribute("aria-hidden", "true");
    element.removeAttribute("role");
    element.removeAttribute("tabindex");
    element.removeAttribute("aria-label");
    return marker;
  });
}
