// The form that narrows the layer down. The server reads it: sent, it leads to the address of a view, and what that
// address says becomes the state of this page.

import { fetchPage } from "./pages.js";
import { element, settings, text } from "./settings.js";
import { setView, view, viewQuery } from "./state.js";
import { say } from "./status.js";
import { showTab } from "./tabs.js";

/** @param {boolean} live whether map and list on this page follow; else the form leads to a page of its own */
export function makeFind(live) {
  const panel = element("find");
  ready();
  panel.addEventListener("input", (event) => {
    const slider = /** @type {HTMLInputElement} */ (event.target);
    if (slider.type === "range") slide(slider, true);
  });
  if (!live) return;
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    const { submitter } = /** @type {SubmitEvent} */ (event);
    void ask(/** @type {HTMLFormElement} */ (event.target), /** @type {HTMLButtonElement | null} */ (submitter));
  });
  panel.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const layer = /** @type {HTMLElement | null} */ (target.closest("#find-layers a"))?.dataset.layer;
    if (layer || target.closest(".everything")) {
      event.preventDefault();
      setView({ layer: layer ?? view().layer, filter: "", near: "" });
    }
    if (target.closest("#from-here")) fromHere();
  });
  element("list").addEventListener("click", (event) => {
    if (!(/** @type {Element} */ (event.target).closest(".everything"))) return;
    event.preventDefault();
    setView({ filter: "" });
    element("list").focus({ preventScroll: true });
  });
  document.addEventListener("view", () => void refresh());
}

/** What a fresh form needs: the words of its slider, and the way to say where one is. */
function ready() {
  for (const slider of /** @type {NodeListOf<HTMLInputElement>} */ (element("find").querySelectorAll("input[type=range]"))) {
    slide(slider, false);
  }
  const here = element("from-here");
  here.hidden = !("geolocation" in navigator);
}

/**
 * A half month in words, seen and heard; who moves the slider means to choose by it.
 * @param {HTMLInputElement} slider
 * @param {boolean} choose
 */
function slide(slider, choose) {
  const words = (slider.dataset.halfMonths ?? "").split("|")[(Number(slider.value) - 1) * 2] ?? "";
  slider.setAttribute("aria-valuetext", words);
  const fieldset = slider.closest("fieldset");
  const output = fieldset?.querySelector("output");
  if (output) output.textContent = words;
  const at = /** @type {HTMLInputElement | null} */ (fieldset?.querySelector("input[value=at]"));
  if (choose && at) at.checked = true;
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement | null} submitter
 */
async function ask(form, submitter) {
  const query = new URLSearchParams(/** @type {Record<string, string>} */ (/** @type {unknown} */ ([...new FormData(form)])));
  if (submitter?.name) query.set(submitter.name, submitter.value);
  const { status, address, page } = await fetchPage(`${form.action}?${query}`).catch(() => ({ status: 0, address: "", page: null }));
  if (status === 422 && page) {
    show(page);
    say(text("checkForm"));
    /** @type {HTMLElement | null} */ (element("find-form").querySelector(".invalid input, .form-error"))?.focus();
    return;
  }
  if (status !== 200) {
    say(text("offline"));
    return;
  }
  const found = new URL(address).searchParams;
  setView({ layer: form.dataset.layer ?? settings.home, filter: found.get("filter") ?? "", near: found.get("near") ?? "" });
  showTab("list");
  element("panel").scrollTop = 0;
  element("tabs").scrollIntoView({ block: "nearest" });
  element("tab-list").focus({ preventScroll: true });
}

function fromHere() {
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const near = /** @type {HTMLInputElement} */ (element("find-near"));
      near.value = `${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)}`;
      /** @type {HTMLInputElement} */ (element("find-place-name")).value = "";
      say(text("placeTaken"));
    },
    () => say(text("noPosition")),
    { enableHighAccuracy: true, timeout: 10_000 },
  );
}

let latest = 0;

/** The form as it says the view that the address has now. */
async function refresh() {
  const turn = ++latest;
  const query = viewQuery();
  const address = `${settings.find.replace("LAYER", view().layer)}${query.size ? `?${query}` : ""}`;
  const { status, page } = await fetchPage(address).catch(() => ({ status: 0, page: null }));
  if (turn === latest && page && status === 200) show(page);
}

/** @param {Document} page */
function show(page) {
  for (const id of ["find-layers", "find-form"]) {
    const fresh = page.getElementById(id);
    if (!fresh) continue;
    const old = element(id);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const [name, layer] = [focused?.id, /** @type {HTMLElement | null} */ (focused)?.dataset.layer];
    old.replaceWith(fresh);
    const again = name ? document.getElementById(name) : layer ? fresh.querySelector(`[data-layer="${layer}"]`) : null;
    if (focused) (again instanceof HTMLElement ? again : element("tab-find")).focus({ preventScroll: true });
  }
  ready();
}
