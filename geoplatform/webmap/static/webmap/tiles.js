// The map shows what the list shows: the tiles of the view's layer are asked for with its filter.

import { view } from "./state.js";

/** @import { Map as MapLibreMap, StyleSpecification, VectorTileSource } from "../pages/vendor/maplibre-gl.mjs" */

/**
 * Where a layer's tiles are described, for what is to be seen of it.
 * @param {string} layer
 */
function address(layer) {
  const { layer: about, filter } = view();
  const plain = new URL(`/tiles/${layer}.json`, location.href);
  if (layer === about && filter) plain.searchParams.set("filter", filter);
  return plain.href;
}

/**
 * The style that the map begins with, so that nothing is asked for twice.
 * @param {StyleSpecification} style
 * @returns {StyleSpecification}
 */
export function withFilter(style) {
  const { layer, filter } = view();
  const source = style.sources[layer];
  if (!filter || source?.type !== "vector") return style;
  return { ...style, sources: { ...style.sources, [layer]: { ...source, url: address(layer) } } };
}

/** @param {MapLibreMap} map */
export function followFilter(map) {
  let { layer: before, filter } = view();
  document.addEventListener("view", () => {
    const now = view();
    const changed = now.layer !== before ? [before, now.layer] : now.filter !== filter ? [before] : [];
    for (const layer of changed) {
      /** @type {VectorTileSource | undefined} */ (map.getSource(layer))?.setUrl(address(layer));
    }
    before = now.layer;
    filter = now.filter;
  });
}
