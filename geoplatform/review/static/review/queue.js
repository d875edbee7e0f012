// The queue: list and map in step, and everything by keyboard. What it does, the page's own links and buttons do.

import { makeKeys } from "./keys.js";
import { makeMap } from "./map.js";

const lines = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".queue > li")]);
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("many"));
const drawn = makeMap();
let current = -1;

for (const [index, line] of lines.entries()) {
  line.addEventListener("focusin", () => choose(index, false));
  line.addEventListener("mouseenter", () => mark(index));
  const marker = drawn?.markers.get(line.dataset.id ?? "");
  marker?.getElement().addEventListener("click", () => choose(index, true));
}
form?.addEventListener("change", count);
makeKeys({
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  // With the focus elsewhere, on a button perhaps, Enter is that element's own; this one waits for the list.
  o: () => link(current)?.click(),
  x: () => box(current)?.click(),
  a: () => /** @type {HTMLElement | null | undefined} */ (lines[current]?.querySelector("button[name=accept]"))?.click(),
  r: reject,
});
// Back from a proposal, the list stands where it was left.
const from = lines.findIndex((line) => `#${line.id}` === location.hash);
if (from >= 0) choose(from, true);
count();

/** @param {number} by */
function step(by) {
  if (lines.length) choose(Math.min(Math.max(current + by, 0), lines.length - 1), true);
}

/**
 * @param {number} index
 * @param {boolean} focus
 */
function choose(index, focus) {
  mark(index);
  if (focus) link(index)?.focus();
  const marker = drawn?.markers.get(lines[index].dataset.id ?? "");
  if (!drawn || !marker) return;
  if (!drawn.map.getBounds().contains(marker.getLngLat())) drawn.map.easeTo({ center: marker.getLngLat() });
}

/** @param {number} index */
function mark(index) {
  current = index;
  for (const [each, line] of lines.entries()) {
    line.classList.toggle("current", each === index);
    drawn?.markers.get(line.dataset.id ?? "")?.getElement().classList.toggle("current", each === index);
  }
}

/** @param {number} index */
function link(index) {
  return /** @type {HTMLElement | null | undefined} */ (lines[index]?.querySelector("a.open"));
}

/** @param {number} index */
function box(index) {
  return /** @type {HTMLInputElement | null | undefined} */ (lines[index]?.querySelector("input[name=chosen]"));
}

/** The line is chosen, beside those that were, and the reason asked for. */
function reject() {
  const own = box(current);
  if (!own) return;
  own.checked = true;
  count();
  document.getElementById("m-reason")?.focus();
}

/** How many are chosen, beside the buttons that decide about them. */
function count() {
  const told = document.getElementById("chosen-count");
  const number = document.querySelectorAll("input[name=chosen]:checked").length;
  if (told) told.textContent = number ? `(${number})` : "";
}
