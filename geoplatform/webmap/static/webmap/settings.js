// What the page tells its scripts (page.py), and the words they use.

/**
 * @typedef {object} Settings
 * @property {"de" | "en"} language
 * @property {string} style address of the MapLibre style
 * @property {string} worker address of MapLibre's worker
 * @property {[number, number, number, number] | null} box what the map shows when it opens
 * @property {number} zoom from which on that layer is drawn
 * @property {{url: string, attribution: string} | null} basemap raster ground, where one is configured
 * @property {string} layer the layer that the page's list was made for
 * @property {string} home the layer that the map is about when its address names none
 * @property {Record<string, string[]>} together layers whose tiles follow a layer's filter, itself among them
 * @property {string[]} counted layers whose tiles say how many there are
 * @property {Record<string, string>} titles of all layers
 * @property {string} listing address of a layer's list, with LAYER in it
 * @property {string} pending address of the list of what is proposed
 * @property {string} find address of the form that narrows a layer down, with LAYER in it
 * @property {string} search address of the search for names
 * @property {string} feature address of a feature's page, with LAYER and ID in it
 * @property {{changes: string, cursor: string}} live where to ask what changed, and since when
 * @property {string} walk address of the walk's page
 * @property {{worker: string, quarter: string, along: string}} offline addresses, `along` with LAYER in it
 * @property {Record<string, string>} texts
 */

/** @type {Settings} */
export const settings = JSON.parse(element("map-settings").textContent ?? "{}");

/**
 * A text in the reader's language; `%(name)s` is filled in.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function text(name, values = {}) {
  return settings.texts[name].replace(/%\((\w+)\)s/g, (_all, key) => String(values[key] ?? ""));
}

/**
 * The element with this id, which the template promises.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}`);
  return found;
}

/**
 * @param {string} layer
 * @param {string} id
 */
export function featureAddress(layer, id) {
  return settings.feature.replace("LAYER", layer).replace("ID", id);
}
