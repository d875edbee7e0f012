// Links that follow the map: the sheet to print shows what is in view, with the layers that are switched on.

import { element } from "./settings.js";
import { view, viewQuery } from "./state.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

/** @param {MapLibreMap} map */
export function makeSheetLink(map) {
  const link = /** @type {HTMLAnchorElement} */ (element("sheet-link"));
  const plain = link.pathname;
  for (const event of /** @type {const} */ (["focus", "pointerenter", "click"])) link.addEventListener(event, follow);

  function follow() {
    const box = map.getBounds().toArray().flat().map((each) => each.toFixed(5));
    const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (element("layers").querySelectorAll("input[name=layer]:checked"));
    const layers = [...boxes].map((each) => each.value);
    link.href = `${plain}?${viewQuery({ bbox: box.join(","), layer: view().layer, layers: layers.join(",") })}`;
  }
}
