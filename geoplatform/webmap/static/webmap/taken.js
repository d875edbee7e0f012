// A quarter that was taken along: list and details without a network, from what the server made while there was one.

import { settings, text } from "./settings.js";
import { all, get } from "./store.js";

/**
 * @typedef {object} Kept a feature of a quarter that was taken along
 * @property {string} layer
 * @property {string} id
 * @property {string} quarter
 * @property {number} lon
 * @property {number} lat
 * @property {string} line its line in the list, as HTML
 * @property {string} details its article, as HTML
 */

const SHOWN = 50;

/**
 * What the server would answer, as far as it was taken along; null where it was not.
 * @param {string} address
 * @returns {Promise<Document | null>}
 */
export async function keptPage(address) {
  const { pathname, searchParams } = new URL(address, location.href);
  try {
    if (pathname === listing() && searchParams.has("bbox")) return await list((searchParams.get("bbox") ?? "").split(",").map(Number));
    const [, layer, id] = /\/([\w-]+)\/([0-9a-f-]{36})$/.exec(pathname) ?? [];
    const kept = /** @type {Kept | undefined} */ (id ? await get("entries", [layer, id]) : undefined);
    return kept ? page(`<main id="content">${kept.details}</main>`) : null;
  } catch {
    return null; // a browser that keeps nothing
  }
}

function listing() {
  return settings.listing.replace("LAYER", settings.layer);
}

/** @param {number[]} box west, south, east, north */
async function list([west, south, east, north]) {
  const every = /** @type {Kept[]} */ (await all("entries")).filter((each) => each.layer === settings.layer);
  if (!every.length) return null;
  const found = every.filter(({ lon, lat }) => west <= lon && lon <= east && south <= lat && lat <= north);
  const [x, y] = [(west + east) / 2, (south + north) / 2];
  const narrow = Math.cos((y * Math.PI) / 180);
  /** @param {Kept} each */
  const distance = ({ lon, lat }) => Math.hypot((lon - x) * narrow, lat - y);
  found.sort((a, b) => distance(a) - distance(b));
  const made = page('<div id="list-content"><h2 id="list-title"></h2><p class="count"></p><ol class="entries"></ol></div>');
  const [title, count, entries] = /** @type {HTMLElement[]} */ ([...made.querySelectorAll("h2, p, ol")]);
  title.textContent = settings.titles[settings.layer];
  count.textContent = text("takenInView", { count: found.length, shown: Math.min(found.length, SHOWN) });
  entries.innerHTML = found.slice(0, SHOWN).map(({ line }) => line).join("");
  return made;
}

/** @param {string} html */
function page(html) {
  return new DOMParser().parseFromString(html, "text/html");
}
