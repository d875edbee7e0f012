// Contributions without leaving the map: the forms' own pages, shown beside it and sent from here.

import { closeDetails, openPane, showDetails } from "./details.js";
import { refreshList } from "./list.js";
import { fetchPage } from "./pages.js";
import { refreshPending } from "./pending.js";
import { makePlace } from "./place.js";
import { newId, sendForm } from "./send.js";
import { element, settings, text } from "./settings.js";
import { say } from "./status.js";
import { shownTab } from "./tabs.js";
import { endUndo, offerUndo } from "./undo.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

/** @param {MapLibreMap | null} map null where the browser cannot draw one: then forms are pages of their own */
export function makeContributing(map) {
  const none = { wantsPosition: () => false, setPosition: () => {}, isBusy: () => false };
  if (!map) return none;
  const chart = map;
  const place = makePlace(chart, current);
  // Each form that is filled in here is one of its own, whatever a cache or an old page says.
  const first = document.getElementById("add-form");
  if (first instanceof HTMLFormElement) renew(first);

  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("#add form.contribution, #details form.contribution")) return;
    event.preventDefault();
    void send(form, /** @type {SubmitEvent} */ (event).submitter);
  });
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("#details a[data-form], #what a"));
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void open(link);
  });
  document.addEventListener("tab", seen);
  document.addEventListener("pane", seen);

  return { wantsPosition: place.wantsPosition, setPosition: place.setPosition, isBusy };

  /** The form in sight that asks for a place. */
  function current() {
    const pane = element("details");
    const shown = pane.hidden ? (shownTab() === "add" ? element("add") : null) : pane;
    return /** @type {HTMLFormElement | null} */ (shown?.querySelector("form[data-shape]:has(.position)") ?? null);
  }

  function seen() {
    document.documentElement.classList.toggle("adding", current() !== null);
    if (current()) place.show();
    else place.stop();
  }

  /** Whether a form beside the map is being filled in, which opening something else would lose. */
  function isBusy() {
    const form = /** @type {HTMLFormElement | null} */ (element("details").querySelector("#contribution form"));
    return !element("details").hidden && form !== null && isTouchedAny(form);
  }

  /** @param {HTMLAnchorElement} link to the page of a form */
  async function open(link) {
    const { status, page } = await fetchPage(link.href).catch(() => ({ status: 0, page: null }));
    const section = page?.getElementById("contribution");
    if (status !== 200 || !section) {
      say(text("offline"));
      return;
    }
    endUndo();
    if (link.closest("#what")) replaceAdd(section);
    else showForm(section);
  }

  /** @param {HTMLElement} section of another layer's page to add something */
  function replaceAdd(section) {
    for (const id of ["what", "add-form"]) {
      const fresh = section.querySelector(`#${id}`);
      if (fresh) element(id).replaceWith(fresh);
    }
    /** @type {HTMLElement | null} */ (document.querySelector("#what [aria-current]"))?.focus();
    seen();
  }

  /** @param {HTMLElement} section */
  function showForm(section) {
    openPane(chart, section);
    focusOn(section.querySelector("[aria-invalid=true]") ?? section.querySelector(".form-error[tabindex], #alike, h1"));
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} submitter
   */
  async function send(form, submitter) {
    const button = submitter ?? /** @type {HTMLElement | null} */ (form.querySelector("[type=submit]"));
    // Not `disabled`: the keyboard would lose its place.
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    say(text("saving"));
    try {
      const answer = await sendForm(form, { submitter });
      if (answer.queued) {
        say(text("queued"));
        taken(form);
      } else answered(form, answer.status, answer.page);
    } catch (error) {
      console.warn(error);
      say(text("offline"));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  /**
   * @param {HTMLFormElement} form
   * @param {number} status
   * @param {Document} page
   */
  function answered(form, status, page) {
    const article = page.getElementById("feature");
    const waiting = page.getElementById("waiting");
    const again = page.getElementById("contribution");
    if (status === 200 && article) {
      done(form);
      showDetails(chart, article);
      offerUndo(element("details"), article, page.querySelector(".acts > .saved")?.textContent?.trim() ?? text("saved"), undone);
    } else if (status === 202 && waiting) {
      done(form);
      openPane(chart, waiting);
      offerUndo(element("details"), waiting, text("received"), undone);
    } else if (again) {
      refused(form, again);
    } else if (page.getElementById("undone")) {
      undone();
      say(page.getElementById("undone")?.textContent?.trim() ?? "");
    } else say(text("offline"));
  }

  function undone() {
    closeDetails(chart);
    refresh();
  }

  /** @param {HTMLFormElement} form that the server has answered */
  function done(form) {
    taken(form);
    refresh();
  }

  /** @param {HTMLFormElement} form that somebody else has now: the server, or the outbox */
  function taken(form) {
    place.stop();
    if (isAddForm(form)) void startAnew(form);
  }

  /**
   * An empty form for the next one, from the server; without a network this one, emptied.
   * @param {HTMLFormElement} form
   */
  async function startAnew(form) {
    blank(form);
    const { page } = await fetchPage(form.action).catch(() => ({ page: null }));
    const fresh = page?.getElementById("add-form");
    if (!(fresh instanceof HTMLElement) || isTouchedAny(form)) return;
    form.replaceWith(fresh);
    renew(/** @type {HTMLFormElement} */ (fresh));
  }

  function refresh() {
    for (const source of Object.keys(settings.titles)) if (chart.getSource(source)) chart.refreshTiles(source);
    void refreshList(chart);
    void refreshPending(chart);
  }

  /**
   * The same form with what was typed and the errors beside the fields; or a question: is it one of these, which of two.
   * @param {HTMLFormElement} form
   * @param {HTMLElement} section
   */
  function refused(form, section) {
    const question = ["alike", "conflict"].find((id) => section.querySelector(`#${id}`));
    say(text(question ?? "checkForm"));
    if (isAddForm(form) && section.querySelector("#add-form")) {
      form.replaceWith(/** @type {Element} */ (section.querySelector("#add-form")));
      seen();
      focusOn(document.querySelector("#add [aria-invalid=true]") ?? document.querySelector("#add .form-error, #alike"));
    } else showForm(section);
  }
}

/**
 * Emptied, also of what the server filled in again.
 * @param {HTMLFormElement} form
 */
function blank(form) {
  renew(form);
  for (const each of form.elements) {
    if (each instanceof HTMLTextAreaElement) each.value = each.defaultValue = "";
    if (each instanceof HTMLInputElement && /text|number|url/.test(each.type)) each.value = each.defaultValue = "";
    if (each instanceof HTMLSelectElement) each.selectedIndex = 0;
    each.removeAttribute("aria-invalid");
  }
  for (const error of form.querySelectorAll(".errorlist, .form-error, .alike")) error.remove();
  for (const invalid of form.querySelectorAll(".invalid")) invalid.classList.remove("invalid");
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[type=submit][hidden]"))) button.hidden = false;
}

/**
 * Not by `form.id`: that is the field of this name.
 * @param {HTMLFormElement} form
 */
function isAddForm(form) {
  return form.matches("#add-form");
}

/** @param {HTMLFormElement} form */
function isTouchedAny(form) {
  return [...form.elements].some(isTouched);
}

/** @param {HTMLFormElement} form */
function renew(form) {
  /** @type {HTMLInputElement} */ (form.elements.namedItem("id")).value = newId();
}

/** @param {Element} each */
function isTouched(each) {
  if (each instanceof HTMLTextAreaElement) return each.value !== each.defaultValue;
  if (each instanceof HTMLInputElement) return each.value !== each.defaultValue || each.checked !== each.defaultChecked;
  return each instanceof HTMLSelectElement && [...each.options].some((option) => option.selected !== option.defaultSelected);
}

/** @param {Element | null} found */
function focusOn(found) {
  if (found instanceof HTMLElement) found.focus();
}
