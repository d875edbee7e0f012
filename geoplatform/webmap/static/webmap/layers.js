// The layer switch: checkboxes show and hide all style layers of a layer.

import { element } from "./settings.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

/** @param {MapLibreMap} map */
export function makeLayerSwitch(map) {
  const boxes = element("layers").querySelectorAll("input");
  for (const box of boxes) {
    box.addEventListener("change", () => show(map, box.value, box.checked));
    // A browser may restore a box that was changed before the map was there.
    if (box.checked !== box.defaultChecked) show(map, box.value, box.checked);
  }
}

/**
 * @param {MapLibreMap} map
 * @param {string} layer
 * @param {boolean} visible
 */
function show(map, layer, visible) {
  for (const each of map.getStyle().layers) {
    if (layerOf(each) === layer) map.setLayoutProperty(each.id, "visibility", visible ? "visible" : "none");
  }
}

/**
 * The platform's layer that a style layer draws, if any.
 * @param {{metadata?: unknown}} styleLayer
 * @returns {string | undefined}
 */
export function layerOf({ metadata }) {
  return /** @type {{layer?: string} | undefined} */ (metadata)?.layer;
}
