// The list keeps in step with the map: what is in view, nearest to the middle first.

import { highlight, positionOf } from "./highlight.js";
import { fetchPage } from "./pages.js";
import { element, settings } from "./settings.js";
import { view, viewQuery } from "./state.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

const PAUSE = 250; // milliseconds of rest before the server is asked

/**
 * @param {MapLibreMap} map
 * @param {(layer: string, id: string) => void} open shows the details of a feature
 */
export function makeList(map, open) {
  const list = element("list");
  let timer = 0;
  map.on("moveend", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void refreshList(map), PAUSE);
  });
  document.addEventListener("view", () => void refreshList(map));
  for (const [name, on] of /** @type {const} */ ([["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]])) {
    list.addEventListener(name, (event) => {
      const entry = entryOf(event);
      if (entry) highlight(map, on ? positionOf(entry) : null);
    });
  }
  list.addEventListener("click", (event) => {
    const { layer, id } = entryOf(event)?.dataset ?? {};
    // With a modifier the link opens the feature's own page, as links do.
    if (!layer || !id || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(layer, id);
  });
}

/** @param {Event} event */
function entryOf(event) {
  return /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("li[data-id]"));
}

let latest = 0;

/** @param {MapLibreMap} map */
export async function refreshList(map) {
  const turn = ++latest;
  const box = map.getBounds().toArray().flat();
  const bounded = [Math.max(box[0], -180), Math.max(box[1], -90), Math.min(box[2], 180), Math.min(box[3], 90)];
  const query = viewQuery({ bbox: bounded.map((n) => n.toFixed(6)).join(",") });
  const address = `${settings.listing.replace("LAYER", view().layer)}?${query}`;
  const { status, page } = await fetchPage(address);
  const fresh = page.getElementById("list-content");
  // A slow answer must not replace a newer one, nor take away what somebody stands on with the keyboard.
  if (turn !== latest || status !== 200 || !fresh) return;
  const old = element("list-content");
  const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest("#list li"))?.dataset.id;
  old.replaceWith(fresh);
  if (focused) {
    const again = /** @type {HTMLElement | null} */ (fresh.querySelector(`li[data-id="${focused}"] a`));
    (again ?? element("list")).focus({ preventScroll: true });
  }
}
