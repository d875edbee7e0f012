// "Add a tree": the page's own form, sent without leaving the map.

import { showDetails } from "./details.js";
import { refreshList } from "./list.js";
import { makePin, readPosition, writeDegrees } from "./position.js";
import { newId, sendForm } from "./send.js";
import { element, settings, text } from "./settings.js";
import { say } from "./status.js";
import { shownTab } from "./tabs.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */
/** @import { Position } from "./position.js" */

/** @param {MapLibreMap | null} map null where the browser cannot draw one */
export function makeAdd(map) {
  const none = { wantsPosition: () => false, setPosition: () => {} };
  if (!map || !document.getElementById("add-form")) return none;
  const pin = makePin(map, write);

  element("add").addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  element("add").addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("#place-pin")) {
      setPosition(map.getCenter());
      pin.focus();
    }
  });
  element("add").addEventListener("change", (event) => {
    const { name } = /** @type {HTMLInputElement} */ (event.target);
    if (name === "latitude" || name === "longitude") showTyped();
  });
  document.addEventListener("tab", () => {
    document.documentElement.classList.toggle("adding", wantsPosition());
    if (wantsPosition()) showTyped();
    else pin.remove();
  });

  return { wantsPosition, setPosition };

  function wantsPosition() {
    return shownTab() === "add";
  }

  /** @param {Position} position */
  function setPosition(position) {
    pin.put(position);
    write(position);
  }

  /** @param {Position} position */
  function write(position) {
    const [latitude, longitude] = [writeDegrees(position.lat), writeDegrees(position.lng)];
    field("latitude").value = latitude;
    field("longitude").value = longitude;
    say(text("pinAt", { latitude, longitude }));
  }

  /** The pin goes where the typed coordinates are, if they are any. */
  function showTyped() {
    const position = readPosition(field("latitude").value, field("longitude").value);
    if (!position) return;
    pin.put(position);
    field("latitude").value = field("latitude").value.trim() && writeDegrees(position.lat);
    field("longitude").value = writeDegrees(position.lng);
  }

  /** @param {string} name */
  function field(name) {
    return /** @type {HTMLInputElement} */ (form().elements.namedItem(name));
  }

  function form() {
    return /** @type {HTMLFormElement} */ (element("add-form"));
  }

  async function send() {
    const sent = form();
    const button = /** @type {HTMLButtonElement} */ (sent.querySelector("[type=submit]"));
    // Not `disabled`: the keyboard would lose its place.
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    say(text("saving"));
    try {
      const answer = await sendForm(sent);
      if (answer.queued) return;
      const { status, page } = answer;
      const article = page.getElementById("feature");
      const corrected = page.getElementById("add-form");
      if (status === 200 && article) await saved(article);
      else if (corrected) refused(corrected);
      else say(text("offline"));
    } catch (error) {
      console.warn(error);
      say(text("offline"));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  /** @param {HTMLElement} article of the new feature */
  async function saved(article) {
    if (!map) return;
    form().reset();
    field("id").value = newId();
    for (const error of form().querySelectorAll(".errorlist, .form-error")) error.remove();
    for (const invalid of form().querySelectorAll(".invalid")) invalid.classList.remove("invalid");
    for (const invalid of form().querySelectorAll("[aria-invalid]")) invalid.removeAttribute("aria-invalid");
    pin.remove();
    for (const source of Object.keys(settings.titles)) if (map.getSource(source)) map.refreshTiles(source);
    showDetails(map, article);
    say(text("saved"));
    await refreshList(map);
  }

  /**
   * The same form with what was typed and the errors beside the fields.
   * @param {HTMLElement} corrected
   */
  function refused(corrected) {
    form().replaceWith(corrected);
    say(text("checkForm"));
    const first = corrected.querySelector("[aria-invalid=true], .form-error");
    if (first instanceof HTMLElement) first.focus();
  }
}
