// Names as one types them (ARIA Authoring Practices, combobox with a list that is chosen from by hand). The suggestions
// are the hits of the search's own page.

import { fetchPage } from "./pages.js";
import { element, settings, text } from "./settings.js";
import { say } from "./status.js";

const PAUSE = 200; // milliseconds of rest before the server is asked
const SHORTEST = 2; // letters
const EACH = 5; // suggestions of a layer

/**
 * @typedef {object} Hit
 * @property {string} layer
 * @property {string} id
 * @property {[number, number] | null} position
 * @property {number} zoom
 * @property {string} address of its page
 * @property {string} view address of the map with what is of its kind, if any
 */

/** @param {(hit: Hit) => void} choose shows what was chosen */
export function makeSearch(choose) {
  const input = /** @type {HTMLInputElement} */ (element("search-text"));
  const list = element("search-list");
  /** @type {Map<Element, Hit>} */
  let hits = new Map();
  let timer = 0;
  let turn = 0;
  list.setAttribute("role", "listbox");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) {
    input.setAttribute(name, value);
  }
  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    turn += 1;
    if (input.value.trim().length < SHORTEST) close();
    else timer = window.setTimeout(() => void suggest(), PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    const options = [...hits.keys()];
    const here = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "Escape" && !list.hidden) {
      // The details stay open: this key was for the list.
      event.stopPropagation();
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" && list.hidden && input.value.trim().length >= SHORTEST) {
      event.preventDefault();
      void suggest();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !list.hidden) {
      event.preventDefault();
      // Beyond either end lies the text itself.
      const next = event.key === "ArrowDown" ? here + 1 : here < 0 ? options.length - 1 : here - 1;
      select(options[next] ?? null);
    } else if (event.key === "Enter" && here >= 0) {
      event.preventDefault();
      take(options[here]);
    }
  });
  input.addEventListener("blur", () => window.setTimeout(close, 150));
  // The text keeps the keyboard while the list is clicked.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = /** @type {Element} */ (event.target).closest("[role=option]");
    if (option) take(option);
  });

  async function suggest() {
    const mine = ++turn;
    const { status, page } = await fetchPage(`${settings.search}?${new URLSearchParams({ q: input.value.trim() })}`).catch(() => ({ status: 0, page: null }));
    if (mine !== turn || !page || status !== 200) return;
    hits = new Map();
    list.replaceChildren(...[...page.querySelectorAll("#hits section")].map(group));
    if (hits.size) {
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      select(null);
      say(text("suggestions", { count: hits.size }), { aloud: true });
    } else {
      close();
      say(text("noSuggestions"));
    }
  }

  /** @param {Element} section of the search's page */
  function group(section) {
    const title = section.querySelector("h2")?.textContent ?? "";
    const item = document.createElement("li");
    item.setAttribute("role", "none");
    const heading = document.createElement("div");
    heading.className = "of";
    heading.textContent = title;
    heading.setAttribute("aria-hidden", "true");
    const options = document.createElement("ul");
    options.setAttribute("role", "group");
    options.setAttribute("aria-label", title);
    for (const each of /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll(".hits > li"))) {
      if (options.childElementCount === EACH) break;
      options.append(option(each));
    }
    item.append(heading, options);
    return item;
  }

  /** @param {HTMLElement} entry of the search's page */
  function option(entry) {
    const made = document.createElement("li");
    made.id = `suggestion-${hits.size}`;
    made.setAttribute("role", "option");
    const link = /** @type {HTMLAnchorElement} */ (entry.querySelector("a.hit"));
    const about = document.createElement("span");
    about.className = "about";
    about.textContent = entry.querySelector(".about")?.textContent ?? "";
    made.append(link.textContent ?? "", " ", about);
    const { layer = "", id = "", lon, lat, zoom } = entry.dataset;
    hits.set(made, {
      layer,
      id,
      position: lon && lat ? [Number(lon), Number(lat)] : null,
      zoom: Number(zoom),
      address: link.getAttribute("href") ?? "",
      view: /** @type {HTMLElement | null} */ (entry.querySelector("a.where"))?.dataset.map ?? "",
    });
    return made;
  }

  /** @param {Element | null} option */
  function select(option) {
    for (const each of hits.keys()) each.setAttribute("aria-selected", String(each === option));
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Element} option */
  function take(option) {
    const hit = hits.get(option);
    input.value = option.firstChild?.textContent ?? "";
    turn += 1;
    close();
    if (hit) choose(hit);
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
}
