// Use without a network: the service worker, asked for or with the first contribution; and a quarter taken along.

import { TAKEN, forgetKept } from "../pages/kept.js";
import { element, settings, text } from "./settings.js";
import { say } from "./status.js";
import { all, put, remove } from "./store.js";
import { tilesIn } from "./tiling.js";

/** @import { Map as MapLibreMap, VectorTileSource } from "../pages/vendor/maplibre-gl.mjs" */
/** @import { Kept } from "./taken.js" */
/** @typedef {{id: string, name: string, box: [number, number, number, number]}} Quarter */
/** @typedef {Quarter & {taken: number, bytes: number, addresses: string[]}} Taken */

const ZOOMS = /** @type {const} */ ([12, 16]);
const MOST_TILES = 3000;
const MOST_BYTES = 40_000_000;
const AT_ONCE = 4;
const SAMPLE = 14; // the zoom whose tiles are weighed beforehand
// All zooms together against that one: nearer by they say more of each feature, and there are more of them.
const FACTOR = 5;

/** @param {MapLibreMap | null} map null where the browser cannot draw one */
export function makeOffline(map) {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  const section = element("offline");
  section.hidden = false;
  document.addEventListener("contributed", () => void useOffline());
  document.addEventListener("queued", () => void useOffline());
  element("offline-use").addEventListener("click", () => void use());
  element("offline-forget").addEventListener("click", () => void forget());
  const take = element("offline-take");
  take.hidden = !map;
  if (map) take.addEventListener("click", () => void plan(map));
  element("offline-quarters").addEventListener("click", (event) => {
    const id = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("button[data-id]"))?.dataset.id;
    if (id) void leave(id);
  });
  void show();

  async function use() {
    await useOffline().catch(console.warn);
    await show();
    say(text((await isUsed()) ? "offlineReady" : "offlineFailed"));
  }

  async function forget() {
    await forgetKept();
    await show();
    element("offline-use").focus();
    say(text("offlineForgotten"));
  }

  async function show() {
    const used = await isUsed();
    element("offline-use").hidden = used;
    element("offline-forget").hidden = !used;
    const quarters = /** @type {Taken[]} */ (await all("quarters").catch(() => []));
    element("offline-quarters").replaceChildren(...quarters.map(line));
  }

  /** @param {MapLibreMap} map */
  async function plan(map) {
    say(text("weighing"));
    try {
      const quarter = await quarterAt(map);
      if (!quarter) {
        say(text("noQuarter"));
        return;
      }
      const addresses = planned(map, quarter);
      const bytes = await weighed(addresses);
      ask(quarter, addresses, bytes);
    } catch (error) {
      console.warn(error);
      say(text("offline"));
    }
  }

  /**
   * @param {Quarter} quarter
   * @param {string[]} addresses
   * @param {number} bytes
   */
  function ask(quarter, addresses, bytes) {
    const plan = element("offline-plan");
    const words = document.createElement("p");
    words.textContent = text("plan", { name: quarter.name, megabytes: megabytes(bytes), most: megabytes(MOST_BYTES) });
    const yes = document.createElement("button");
    yes.type = "button";
    yes.className = "primary";
    yes.textContent = text("takeAlong");
    yes.addEventListener("click", () => {
      yes.remove();
      void bring(quarter, addresses, plan);
    });
    plan.replaceChildren(words, yes);
    plan.hidden = false;
    yes.focus();
    say(words.textContent ?? "");
  }

  /**
   * @param {Quarter} quarter
   * @param {string[]} addresses
   * @param {HTMLElement} plan
   */
  async function bring(quarter, addresses, plan) {
    const bar = document.createElement("progress");
    bar.max = addresses.length;
    bar.setAttribute("aria-label", text("takeAlong"));
    plan.append(bar);
    try {
      await useOffline();
      const entries = await features(quarter);
      const { bytes, kept } = await download(addresses, (done) => (bar.value = done));
      await put("entries", ...entries);
      await put("quarters", { ...quarter, taken: Date.now(), bytes, addresses: kept });
      say(text(kept.length < addresses.length ? "takenPartly" : "taken", { name: quarter.name, megabytes: megabytes(bytes) }));
    } catch (error) {
      console.warn(error);
      say(text("offlineFailed"));
    } finally {
      plan.hidden = true;
      plan.replaceChildren();
      await show();
      element("offline-take").focus();
    }
  }

  /** @param {string} id */
  async function leave(id) {
    const quarters = /** @type {Taken[]} */ (await all("quarters"));
    const others = new Set(quarters.filter((each) => each.id !== id).flatMap((each) => each.addresses));
    const cache = await caches.open(TAKEN);
    for (const address of quarters.find((each) => each.id === id)?.addresses ?? []) {
      if (!others.has(address)) await cache.delete(address);
    }
    const entries = /** @type {Kept[]} */ (await all("entries")).filter((each) => each.quarter === id);
    await remove("entries", ...entries.map((each) => [each.layer, each.id]));
    await remove("quarters", id);
    await show();
    element("offline-take").focus();
    say(text("deleted"));
  }
}

/** Starts the worker, and hands it what this page has fetched already. */
export async function useOffline() {
  if (await isUsed()) return;
  await navigator.serviceWorker.register(settings.offline.worker, { scope: "/", updateViaCache: "none" });
  const { active } = await navigator.serviceWorker.ready;
  const fetched = performance.getEntriesByType("resource").map((each) => each.name);
  active?.postMessage({ keep: [...new Set(fetched)] });
  document.documentElement.classList.add("offline-ready");
}

async function isUsed() {
  return Boolean(await navigator.serviceWorker.getRegistration("/"));
}

/** @param {MapLibreMap} map @returns {Promise<Quarter | null>} the one in the middle of the map */
async function quarterAt(map) {
  const { lng, lat } = map.getCenter();
  const answer = await fetch(`${settings.offline.quarter}?at=${lng.toFixed(6)},${lat.toFixed(6)}`, { credentials: "omit" });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/**
 * Addresses of the tiles of all layers that are switched on.
 * @param {MapLibreMap} map
 * @param {Quarter} quarter
 */
function planned(map, { box }) {
  const found = [];
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (element("layers").querySelectorAll("input[name=layer]:checked"));
  for (let deepest = ZOOMS[1]; deepest >= ZOOMS[0]; deepest -= 1) {
    found.length = 0;
    for (const { value } of boxes) {
      const source = /** @type {VectorTileSource | undefined} */ (map.getSource(value));
      if (!source?.tiles) continue;
      const from = Math.max(ZOOMS[0], source.minzoom);
      for (let z = from; z <= Math.min(deepest, source.maxzoom); z += 1) {
        for (const { x, y } of tilesIn(box, z)) found.push(filled(source.tiles[0], z, x, y));
      }
    }
    if (found.length <= MOST_TILES) break;
  }
  return found;
}

/** @param {string} template @param {number} z @param {number} x @param {number} y */
function filled(template, z, x, y) {
  const { pathname, search } = new URL(template.replace("{z}", String(z)).replace("{x}", String(x)).replace("{y}", String(y)), location.href);
  return pathname + search;
}

/** @param {string[]} addresses @returns {Promise<number>} about how many bytes they have together */
async function weighed(addresses) {
  const sample = addresses.filter((each) => each.includes(`/${SAMPLE}/`));
  let bytes = 0;
  await inTurn(sample, async (address) => {
    const answer = await fetch(address, { method: "HEAD", credentials: "omit" });
    bytes += Number(answer.headers.get("Content-Length") ?? 0);
  });
  return Math.min(MOST_BYTES, Math.max(100_000, bytes * FACTOR));
}

/**
 * @param {Quarter} quarter
 * @returns {Promise<Kept[]>}
 */
async function features({ id: quarter, box }) {
  const address = `${settings.offline.along.replace("LAYER", settings.layer)}?bbox=${box.map((n) => n.toFixed(6)).join(",")}`;
  const answer = await fetch(address, { credentials: "omit" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  const { list, details } = /** @type {{list: string, details: Record<string, string>}} */ (await answer.json());
  const page = new DOMParser().parseFromString(list, "text/html");
  const lines = /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("li[data-id]"));
  return [...lines].map((each) => {
    const { id = "", lon, lat } = each.dataset;
    // The distance was one from the middle of the quarter.
    each.querySelector(".distance")?.remove();
    return { layer: settings.layer, id, quarter, lon: Number(lon), lat: Number(lat), line: each.outerHTML, details: details[id] ?? "" };
  });
}

/**
 * @param {string[]} addresses
 * @param {(done: number) => void} tell
 * @returns {Promise<{bytes: number, kept: string[]}>}
 */
async function download(addresses, tell) {
  const cache = await caches.open(TAKEN);
  /** @type {string[]} */
  const kept = [];
  let bytes = 0;
  await inTurn(addresses, async (address) => {
    if (bytes > MOST_BYTES) return;
    const answer = await fetch(address, { credentials: "omit" });
    if (answer.status !== 200) throw new Error(`${address}: ${answer.status}`);
    bytes += Number(answer.headers.get("Content-Length") ?? 0);
    await cache.put(address, answer);
    kept.push(address);
    tell(kept.length);
  });
  return { bytes, kept };
}

/**
 * A few at a time, so that the server has room for others.
 * @template T
 * @param {T[]} all_
 * @param {(each: T) => Promise<void>} act
 */
async function inTurn(all_, act) {
  const left = all_.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const each of left) await act(each);
    }),
  );
}

/** @param {Taken} quarter */
function line({ id, name, bytes, taken }) {
  const item = document.createElement("li");
  const words = document.createElement("span");
  const date = new Date(taken).toLocaleDateString(settings.language);
  words.textContent = text("quarterLine", { name, megabytes: megabytes(bytes), date });
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.dataset.id = id;
  button.textContent = text("delete");
  const about = document.createElement("span");
  about.className = "sr";
  about.textContent = ` ${name}`;
  button.append(about);
  item.append(words, " ", button);
  return item;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toLocaleString(settings.language, { maximumFractionDigits: bytes < 1e7 ? 1 : 0 });
}
