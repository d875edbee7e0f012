// The panel beside the map shows one of its sections at a time (ARIA Authoring Practices, tabs).
// Without this script they stand one below the other and the tabs are links to them.

import { element } from "./settings.js";

/** @type {HTMLElement[]} */
let tabs = [];

export function makeTabs() {
  const list = element("tabs");
  tabs = [...list.querySelectorAll("a")];
  list.setAttribute("role", "tablist");
  for (const tab of tabs) {
    const panel = panelOf(tab);
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      showTab(panel.id);
    });
    tab.addEventListener("keydown", move);
  }
  showTab(panelOf(tabs[0]).id);
}

/** @param {HTMLElement} tab */
function panelOf(tab) {
  return element((tab.getAttribute("href") ?? "").slice(1));
}

/** @param {string} id of a section */
export function showTab(id) {
  for (const tab of tabs) {
    const panel = panelOf(tab);
    const chosen = panel.id === id;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    panel.hidden = !chosen;
  }
  element("details").hidden = true;
  document.dispatchEvent(new CustomEvent("tab", { detail: id }));
}

/** Which section is in sight. */
export function shownTab() {
  return tabs.map(panelOf).find((panel) => !panel.hidden)?.id ?? "";
}

/** @param {KeyboardEvent} event */
function move(event) {
  const here = tabs.indexOf(/** @type {HTMLElement} */ (event.currentTarget));
  const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (next === undefined && event.key !== " ") return;
  event.preventDefault();
  const tab = tabs[((next ?? here) + tabs.length) % tabs.length];
  showTab(panelOf(tab).id);
  tab.focus();
}
