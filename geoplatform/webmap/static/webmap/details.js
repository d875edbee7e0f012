// The details of one feature, beside the map: its own page, without the page around it.

import { highlight, highlightFeature, positionOf } from "./highlight.js";
import { fetchPage } from "./pages.js";
import { element, featureAddress, settings, text } from "./settings.js";
import { say } from "./status.js";
import { shownTab } from "./tabs.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */
/** @typedef {{layer: string, id: string, title: string, several?: [number, number]}} Hit several: the place of a marker that stands for more than one */

/** @type {Element | null} where the keyboard was before the details opened */
let before = null;

/**
 * @param {MapLibreMap} map
 * @param {string} layer
 * @param {string} id
 * @param {Hit[]} [others] what else is at this place
 */
export async function openDetails(map, layer, id, others = []) {
  const { status, page } = await fetchPage(featureAddress(layer, id)).catch(() => ({ status: 0, page: null }));
  const article = page?.getElementById("feature");
  if (status !== 200 || !article) {
    say(text("offline"));
    return;
  }
  showDetails(map, article, others);
}

/**
 * @param {MapLibreMap} map
 * @param {HTMLElement} article as the feature's page holds it
 * @param {Hit[]} [others]
 */
export function showDetails(map, article, others = []) {
  openPane(map, article);
  if (others.length) element("details").append(alsoHere(map, others));
  highlightFeature(map, article);
  const position = positionOf(article);
  if (position && article.dataset.point !== undefined && !map.getBounds().contains(position)) {
    map.easeTo({ center: position });
  }
}

/**
 * Shows something in the pane, in front of the open tab, with a button to close it.
 * @param {MapLibreMap} map
 * @param {HTMLElement} content
 */
export function openPane(map, content) {
  const pane = element("details");
  if (pane.hidden) before = document.activeElement;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.textContent = text("close");
  close.addEventListener("click", () => closeDetails(map));
  pane.replaceChildren(close, content);
  pane.hidden = false;
  const open = document.getElementById(shownTab());
  if (open) open.hidden = true;
  pane.focus({ preventScroll: true });
  // The style sheet's scroll margin leaves a part of the map in sight.
  pane.scrollIntoView({ block: "start" });
  document.dispatchEvent(new CustomEvent("pane"));
}

/** @param {MapLibreMap} map */
export function closeDetails(map) {
  const pane = element("details");
  if (pane.hidden) return;
  pane.hidden = true;
  highlight(map, null);
  const chosen = /** @type {HTMLElement | null} */ (document.querySelector('#tabs [aria-selected="true"]'));
  const panel = document.getElementById(chosen?.getAttribute("aria-controls") ?? "");
  if (panel) panel.hidden = false;
  const back = before?.isConnected && before !== document.body ? before : chosen;
  if (back instanceof HTMLElement) back.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("pane"));
}

/**
 * @param {MapLibreMap} map
 * @param {Hit[]} hits
 */
function alsoHere(map, hits) {
  const box = document.createElement("nav");
  box.className = "also";
  box.setAttribute("aria-label", text("alsoHere"));
  const heading = document.createElement("h3");
  heading.textContent = text("alsoHere");
  const list = document.createElement("ul");
  for (const hit of hits) {
    const link = document.createElement("a");
    link.href = featureAddress(hit.layer, hit.id);
    link.textContent = hit.title ? `${hit.title} – ${settings.titles[hit.layer]}` : settings.titles[hit.layer];
    link.addEventListener("click", (event) => {
      event.preventDefault();
      void openDetails(map, hit.layer, hit.id, hits.filter((other) => other !== hit));
    });
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  box.append(heading, list);
  return box;
}
