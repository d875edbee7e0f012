// One proposal: before and after on the map, the mark that can be moved, and the shortcuts of its buttons.

import { makeKeys } from "./keys.js";
import { makeMap, settings } from "./map.js";

const DIGITS = 6; // of a degree: about a decimetre
const drawn = makeMap();
const latitude = field("v-latitude");
const longitude = field("v-longitude");

if (latitude && longitude) makeMovable(latitude, longitude);
makeKeys({
  a: () => document.getElementById("accept-button")?.click(),
  r: () => document.getElementById("r-reason")?.focus(),
  n: () => document.getElementById("next")?.click(),
  u: () => /** @type {HTMLElement | null} */ (document.querySelector(".trail li:nth-child(2) a"))?.click(),
});
// What went wrong is read first.
/** @type {HTMLElement | null} */ (document.querySelector("main > .form-error"))?.focus();

/** @param {string} name */
function field(name) {
  return /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name="${name}"]`));
}

/**
 * The mark of the proposed position is dragged; the fields say the same.
 * @param {HTMLInputElement} north
 * @param {HTMLInputElement} east
 */
function makeMovable(north, east) {
  const marker = drawn?.markers.get("after") ?? drawn?.markers.get("now");
  if (!marker) return;
  const comma = document.documentElement.lang === "de";
  marker.setDraggable(true);
  // Now it can be reached and moved by keys, so it has a role and a name.
  const element = marker.getElement();
  element.removeAttribute("aria-hidden");
  for (const [name, value] of [["role", "button"], ["tabindex", "0"], ["aria-label", settings.texts["Marker.Title"]]]) {
    element.setAttribute(name, value);
  }
  marker.on("drag", say);
  marker.on("dragend", say);
  for (const input of [north, east]) {
    input.addEventListener("input", () => {
      const [lat, lng] = [north, east].map((each) => Number(each.value.trim().replace(",", ".")));
      if (Math.abs(lat) <= 90 && Math.abs(lng) <= 180) marker.setLngLat([lng, lat]);
    });
  }

  function say() {
    const { lat, lng } = marker?.getLngLat() ?? { lat: 0, lng: 0 };
    for (const [input, value] of /** @type {const} */ ([[north, lat], [east, lng]])) {
      const text = value.toFixed(DIGITS);
      input.value = comma ? text.replace(".", ",") : text;
    }
    const details = north.closest("details");
    if (details) details.open = true;
  }
}
