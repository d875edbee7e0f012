// The state of the view: the layer that the list is about, its filter and the place it is seen from. It stands in the
// address (webmap/find.py), so that a link shows the same to another. Whoever shows something of it listens to "view".

import { settings } from "./settings.js";

/**
 * @typedef {object} View
 * @property {string} layer name of the layer
 * @property {string} filter CQL2 text; empty for the whole layer
 * @property {string} near "longitude,latitude"; empty where the middle of the map counts
 */

/** @type {View} */
let state = read();

/** @returns {Readonly<View>} */
export function view() {
  return state;
}

/**
 * Another view: the address says it, and so does a "view" event of the document.
 * @param {Partial<View>} changes
 */
export function setView(changes) {
  const next = { ...state, ...changes };
  if (next.layer === state.layer && next.filter === state.filter && next.near === state.near) return;
  state = next;
  const query = viewQuery({ layer: state.layer === settings.home ? "" : state.layer }).toString();
  history.pushState(null, "", `${location.pathname}${query && `?${query}`}${location.hash}`);
  document.dispatchEvent(new CustomEvent("view"));
}

/**
 * The view as the query of an address: of a list, a tile, a download.
 * @param {Record<string, string>} [more] other parameters; empty ones are left out
 */
export function viewQuery(more = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...more, filter: state.filter, near: state.near })) {
    if (value) query.set(name, value);
  }
  return query;
}

/** @returns {View} what the address says */
function read() {
  const query = new URLSearchParams(location.search);
  return {
    layer: query.get("layer") || settings.home,
    filter: query.get("filter")?.trim() ?? "",
    near: query.get("near")?.trim() ?? "",
  };
}

// Back and forth.
window.addEventListener("popstate", () => {
  const before = state;
  state = read();
  if (JSON.stringify(before) !== JSON.stringify(state)) document.dispatchEvent(new CustomEvent("view"));
});
