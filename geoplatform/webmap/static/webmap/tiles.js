// The map shows what the list shows: the tiles of the view's layer, and of others that show the same rows, are asked
// for with its filter.

import { settings } from "./settings.js";
import { view } from "./state.js";

/** @import { Map as MapLibreMap, StyleSpecification, VectorTileSource } from "../pages/vendor/maplibre-gl.mjs" */

/**
 * Where a layer's tiles are described, for what is to be seen of it.
 * @param {string} layer
 */
function address(layer) {
  const filter = isConcerned(layer) ? view().filter : "";
  const plain = new URL(`/tiles/${layer}.json`, location.href);
  if (filter) plain.searchParams.set("filter", filter);
  return plain.href;
}

/** @param {string} layer */
function isConcerned(layer) {
  return settings.together[view().layer]?.includes(layer) ?? false;
}

/**
 * The style that the map begins with, so that nothing is asked for twice.
 * @param {StyleSpecification} style
 * @returns {StyleSpecification}
 */
export function withFilter(style) {
  if (!view().filter) return style;
  const sources = Object.entries(style.sources).map(([name, source]) =>
    source.type === "vector" && isConcerned(name) ? [name, { ...source, url: address(name) }] : [name, source],
  );
  return { ...style, sources: Object.fromEntries(sources) };
}

/** @param {MapLibreMap} map */
export function followFilter(map) {
  let before = addresses();
  document.addEventListener("view", () => {
    const now = addresses();
    for (const [layer, each] of Object.entries(now)) {
      if (each !== before[layer]) /** @type {VectorTileSource | undefined} */ (map.getSource(layer))?.setUrl(each);
    }
    before = now;
  });
}

/** @returns {Record<string, string>} */
function addresses() {
  return Object.fromEntries(Object.keys(settings.titles).map((layer) => [layer, address(layer)]));
}
