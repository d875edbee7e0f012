// "Add to my walk" on the map: stops are chosen in the list and the details, and stand in the address as `#walk=`.
// The walk's own page (walk_views.py) puts them in order; line and numbers follow it.

import { fetchPage } from "./pages.js";
import { element, settings, text } from "./settings.js";
import { say } from "./status.js";
import { drawWalk } from "./walkline.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

const MOST = 25; // walk.py
const NAME = "walk";

/** @param {MapLibreMap} map that is loaded */
export function makeWalk(map) {
  const bar = element("walk-bar");
  let turn = 0;

  document.addEventListener("click", (event) => {
    const chosen = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(".walk-add"));
    if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const carrier = /** @type {HTMLElement | null} */ (chosen.closest("[data-layer][data-id]"));
    if (!carrier) return;
    event.preventDefault();
    event.stopPropagation();
    toggle(`${carrier.dataset.layer}/${carrier.dataset.id}`, titleOf(carrier));
  }, true);
  // The list and the details are made anew again and again.
  new MutationObserver(() => dress()).observe(element("panel"), { childList: true, subtree: true });
  window.addEventListener("hashchange", () => void follow());
  dress();
  void follow();

  /**
   * @param {string} key
   * @param {string} title
   */
  function toggle(key, title) {
    const stops = chosenStops();
    const on = stops.includes(key);
    if (!on && stops.length >= MOST) {
      say(text("walkFull"));
      return;
    }
    choose(on ? stops.filter((each) => each !== key) : [...stops, key]);
    say(text(on ? "walkRemoved" : "walkAdded", { title }));
    dress();
    void follow();
  }

  /** Line, numbers and the bar, as the walk's page has them. */
  async function follow() {
    const mine = ++turn;
    const stops = chosenStops();
    bar.hidden = !stops.length;
    dress();
    if (!stops.length) {
      drawWalk(map, []);
      return;
    }
    const address = `${settings.walk}?${stops.map((each) => `stop=${each}`).join("&")}`;
    const { status, page } = await fetchPage(address).catch(() => ({ status: 0, page: null }));
    if (mine !== turn) return;
    if (status !== 200 || !page) {
      say(text("offline"));
      return;
    }
    const lines = /** @type {HTMLElement[]} */ ([...page.querySelectorAll("#walk-stops > li")]);
    drawWalk(map, lines.map(({ dataset }) => [Number(dataset.lon), Number(dataset.lat)]));
    element("walk-length").textContent = page.getElementById("walk-summary")?.textContent ?? "";
    /** @type {HTMLAnchorElement} */ (element("walk-open")).href = address;
  }
}

/** @returns {string[]} `layer/id` */
function chosenStops() {
  const found = new URLSearchParams(location.hash.slice(1)).get(NAME) ?? "";
  return found.split(",").filter((each) => /^[\w-]+\/[0-9a-f-]{36}$/.test(each)).slice(0, MOST);
}

/** @param {string[]} stops */
function choose(stops) {
  const others = location.hash.slice(1).split("&").filter((each) => each && !each.startsWith(`${NAME}=`));
  const hash = [...others, ...(stops.length ? [`${NAME}=${stops.join(",")}`] : [])].join("&");
  history.replaceState(history.state, "", `${location.pathname}${location.search}${hash ? `#${hash}` : ""}`);
}

/** A button at each entry of the list, and what those and the one of the details say. */
function dress() {
  for (const entry of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#list li[data-id]"))) {
    if (entry.querySelector(".walk-add")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "walk-add";
    entry.append(button);
  }
  const stops = chosenStops();
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#panel .walk-add"))) {
    const carrier = /** @type {HTMLElement | null} */ (button.closest("[data-layer][data-id]"));
    const on = stops.includes(`${carrier?.dataset.layer}/${carrier?.dataset.id}`);
    const words = text(on ? "walkRemove" : "walkAdd");
    const small = button.matches("button");
    const shown = small ? (on ? "✓" : "+") : words;
    if (button.textContent !== shown) button.textContent = shown;
    button.classList.toggle("on", on);
    if (small && carrier) button.setAttribute("aria-label", `${words}: ${titleOf(carrier)}`);
    if (small) button.title = words;
  }
}

/** @param {HTMLElement} carrier */
function titleOf(carrier) {
  const found = carrier.querySelector("#feature-title") ?? carrier.querySelector("a");
  return found?.firstChild?.textContent?.trim() ?? "";
}
