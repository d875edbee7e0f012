// Edits accepted anywhere appear here: while the page is looked at, the server is asked every few seconds what changed.

import { refreshList } from "./list.js";
import { settings, text } from "./settings.js";
import { view } from "./state.js";
import { say } from "./status.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */
/** @typedef {[number, number, number, number]} Box west, south, east, north */
/** @typedef {{layer: string, boxes: Box[] | null}} Changed boxes in degrees, null for anywhere */

const PERIOD = 3000; // milliseconds from an answer to the next question
const LONGEST = 60_000; // when the server does not answer
const EDGE = 0.05; // of the view's width and height: symbols reach over its edge

/** @param {MapLibreMap} map whose style is loaded */
export function makeLive(map) {
  let cursor = settings.live.cursor;
  let wait = PERIOD;
  let timer = 0;
  let asking = false;
  let told = false;
  /** Whether the newest change is our own, of which the form says enough. */
  let own = false;
  /** @type {Set<string>} layers whose tiles out of view are out of date */
  const later = new Set();

  document.addEventListener("visibilitychange", soon);
  window.addEventListener("online", soon);
  document.addEventListener("contributed", () => {
    own = true;
    soon();
  });
  map.on("moveend", () => {
    refresh(later);
    later.clear();
  });
  plan();

  function plan() {
    window.clearTimeout(timer);
    // Not all the maps of a city at the same moment.
    if (!document.hidden) timer = window.setTimeout(() => void ask(), wait * (0.9 + 0.2 * Math.random()));
  }

  function soon() {
    window.clearTimeout(timer);
    if (document.hidden) return;
    wait = PERIOD;
    void ask();
  }

  async function ask() {
    if (asking) return;
    asking = true;
    const mine = own;
    try {
      const address = `${settings.live.changes}?${new URLSearchParams({ since: cursor })}`;
      const answer = await fetch(address, {
        credentials: "omit",
        headers: { "If-None-Match": `"${cursor}"` },
        signal: AbortSignal.timeout(LONGEST / 2),
      });
      if (answer.status === 200) {
        const body = /** @type {{cursor: string, changed: Changed[]}} */ (await answer.json());
        cursor = body.cursor;
        follow(body.changed, mine);
      } else if (answer.status === 400) {
        // Not a cursor of this server any more: start anew, and look at everything.
        cursor = (await (await fetch(settings.live.changes, { credentials: "omit" })).json()).cursor;
        follow(Object.keys(settings.titles).map((layer) => ({ layer, boxes: null })), mine);
      } else if (answer.status !== 304) {
        throw new Error(`${address}: ${answer.status}`);
      }
      wait = PERIOD;
      if (mine) own = false;
    } catch (error) {
      console.info(error);
      wait = Math.min(wait * 2, LONGEST);
    } finally {
      asking = false;
      plan();
    }
  }

  /**
   * @param {Changed[]} changed
   * @param {boolean} mine
   */
  function follow(changed, mine) {
    const now = new Set();
    for (const { layer, boxes } of changed) {
      if (boxes === null || boxes.some(inView)) now.add(layer);
      else if (boxes.length) later.add(layer);
    }
    for (const layer of now) later.delete(layer);
    refresh(now);
    if (!now.has(view().layer)) return;
    void refreshList(map).catch(console.info);
    if (!mine && !told) say(text("changedInView"));
    told ||= !mine;
  }

  /** @param {Set<string>} layers */
  function refresh(layers) {
    // Whole sources, for that also forgets tiles out of view; what has not changed comes as 304.
    for (const layer of layers) if (map.getSource(layer)) map.refreshTiles(layer);
  }

  /** @param {Box} box */
  function inView([west, south, east, north]) {
    const [[left, bottom], [right, top]] = map.getBounds().toArray();
    const [x, y] = [(right - left) * EDGE, (top - bottom) * EDGE];
    return west <= right + x && east >= left - x && south <= top + y && north >= bottom - y;
  }
}
