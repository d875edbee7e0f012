// "Waiting to be sent": what this browser keeps until the network is back, and the questions that came back with it.

import { showDetails } from "./details.js";
import { discard, drain, entries, keep } from "./outbox.js";
import { sendForm } from "./send.js";
import { element, text } from "./settings.js";
import { say } from "./status.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */
/** @import { Entry } from "./outbox.js" */

const PERIOD = 20_000; // milliseconds between tries while something waits
const NAMES = ["id", "for", "list", "aria-describedby", "aria-labelledby"];

/** @param {MapLibreMap | null} map null where the browser cannot draw one */
export function makeWaiting(map) {
  const section = element("outbox");
  const question = element("outbox-question");
  /** @type {Promise<void> | null} */
  let sending = null;

  document.addEventListener("outbox", () => void show());
  document.addEventListener("queued", () => say(text("queued")));
  document.addEventListener("visibilitychange", () => void look());
  window.addEventListener("online", () => void send());
  element("outbox-send").addEventListener("click", () => void send(true));
  section.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("button[data-do]"));
    if (button) void act(button);
  });
  question.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const { target, submitter } = event;
    void answer(/** @type {HTMLFormElement} */ (target), submitter);
  });
  void look();
  window.setInterval(() => void look(), PERIOD);

  /** What other tabs have put here shows, and goes. */
  async function look() {
    if (document.hidden) return;
    await show();
    if (!section.hidden && navigator.onLine !== false) await send();
  }

  /** @param {boolean} [asked] somebody pressed the button and waits for a word */
  async function send(asked = false) {
    if (sending && !asked) return;
    await sending;
    sending = sendAll(asked);
    await sending;
    sending = null;
  }

  /** @param {boolean} asked */
  async function sendAll(asked) {
    try {
      const { sent, asks } = await drain();
      if (asks) say(text("asked"));
      else if (sent) say(text(sent === 1 ? "sentOne" : "sentMany", { count: sent }));
      else if (asked && !section.hidden) say(text("offline"));
    } catch (error) {
      console.info(error); // a browser that keeps nothing has nothing to send
    }
  }

  async function show() {
    const found = await entries().catch(() => []);
    const list = element("outbox-list");
    const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest("#outbox-list li"))?.dataset.id;
    list.replaceChildren(...found.map(line));
    if (!found.length && section.contains(document.activeElement)) element("panel").focus({ preventScroll: true });
    section.hidden = found.length === 0;
    element("outbox-send").hidden = !found.some((each) => each.state === "waits");
    if (focused) {
      const again = /** @type {HTMLElement | null} */ (list.querySelector(`li[data-id="${CSS.escape(focused)}"] button`));
      (again ?? element("outbox-title")).focus({ preventScroll: true });
    }
  }

  /** @param {HTMLElement} button */
  async function act(button) {
    const id = button.closest("li")?.dataset.id;
    const entry = (await entries()).find((each) => each.id === id);
    if (!entry) return;
    if (button.dataset.do === "open") open(entry);
    else if (button.dataset.sure === undefined) {
      // Nothing is undone afterwards, so it takes two presses.
      button.dataset.sure = "";
      button.textContent = text("deleteSure");
      say(text("deleteSure"));
    } else {
      if (question.dataset.id === id) close();
      await discard(entry.id);
      say(text("deleted"));
    }
  }

  /** @param {Entry} entry */
  function open(entry) {
    const asked = entry.answer ? parsed(entry.answer).querySelector("main#content") : null;
    const form = asked?.querySelector("form[method=post]") ? null : filled(entry);
    const content = document.createElement("div");
    const close_ = button(text("close"), "close");
    close_.addEventListener("click", close);
    content.append(close_);
    if (asked) content.append(...(form ? [paragraph(asked.textContent ?? "")] : asked.children));
    if (form) content.append(heading(entry.title), form);
    // Tools and ways that belong to the page's own form.
    for (const other of content.querySelectorAll("nav, .with-map, form [type=button]")) other.remove();
    renamed(content);
    question.replaceChildren(content);
    question.dataset.id = entry.id;
    question.hidden = false;
    const wrong = question.querySelector("[aria-invalid=true]") ?? question.querySelector(".form-error");
    const first = wrong ?? question.querySelector("h1, h2, h3");
    if (first instanceof HTMLElement) {
      if (first.tabIndex < 0) first.tabIndex = -1;
      first.focus();
    }
  }

  function close() {
    const { id } = question.dataset;
    question.hidden = true;
    question.replaceChildren();
    delete question.dataset.id;
    const back = /** @type {HTMLElement | null} */ (section.querySelector(`li[data-id="${CSS.escape(id ?? "")}"] button`));
    (back ?? (section.hidden ? element("panel") : element("outbox-title"))).focus({ preventScroll: true });
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} submitter
   */
  async function answer(form, submitter) {
    const entry = (await entries()).find((each) => each.id === question.dataset.id);
    if (!entry) return;
    const known = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("id"))?.value;
    const sent = await sendForm(form, { submitter });
    if (sent.queued) {
      if (known !== entry.id) await discard(entry.id);
      close();
      return;
    }
    if (sent.status !== 200 && sent.status !== 202) {
      const asks = { ...entry, state: /** @type {const} */ ("asks"), answer: sent.page.documentElement.outerHTML };
      await keep(asks);
      open(asks);
      return;
    }
    await discard(entry.id);
    close();
    const article = sent.page.getElementById("feature");
    if (map && article) showDetails(map, article);
    say(text("sentOne"));
  }
}

/** @param {Entry} entry */
function line(entry) {
  const item = document.createElement("li");
  item.dataset.id = entry.id;
  const title = document.createElement("span");
  title.className = "title";
  title.textContent = entry.title;
  const state = document.createElement("span");
  state.className = "badge";
  state.textContent = text(entry.state === "asks" ? "stateAsks" : "stateWaits");
  const open = button(text(entry.state === "asks" ? "answer" : "edit"));
  open.dataset.do = "open";
  const remove = button(text("delete"));
  remove.dataset.do = "delete";
  for (const each of [open, remove]) {
    const about = document.createElement("span");
    about.className = "sr";
    about.textContent = ` ${entry.title}`;
    each.append(about);
  }
  item.append(title, " ", state, " ", open, " ", remove);
  if (entry.tries && entry.state === "waits") item.append(paragraph(text("perhapsSent"), "help"));
  return item;
}

/**
 * The form as it was sent, to be looked at and sent again.
 * @param {Entry} entry
 */
function filled(entry) {
  const form = /** @type {HTMLFormElement} */ (parsed(entry.form).querySelector("form"));
  form.removeAttribute("hidden");
  for (const pressed of form.querySelectorAll("[aria-disabled]")) pressed.removeAttribute("aria-disabled"); // it was on its way
  for (const field of form.elements) {
    if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
      field.checked = entry.body.some(([name, value]) => name === field.name && value === field.value);
    } else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement) {
      const said = entry.body.find(([name]) => name === field.name);
      if (said) field.value = said[1];
    }
  }
  for (const more of form.querySelectorAll("details")) more.open = true;
  return form;
}

/**
 * Names of its own for what refers to each other within: the page may hold the same form.
 * @param {HTMLElement} content
 */
function renamed(content) {
  const known = new Set([...content.querySelectorAll("[id]")].map((each) => each.id));
  for (const name of NAMES) {
    for (const each of content.querySelectorAll(`[${name}]`)) {
      const names = (each.getAttribute(name) ?? "").split(/\s+/);
      each.setAttribute(name, names.map((one) => (known.has(one) ? `waiting-${one}` : one)).join(" "));
    }
  }
}

/** @param {string} html */
function parsed(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const script of page.querySelectorAll("script")) script.remove();
  return page;
}

/** @param {string} words @param {string} [name] */
function button(words, name = "quiet") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.textContent = words;
  return made;
}

/** @param {string} words @param {string} [name] */
function paragraph(words, name = "") {
  const made = document.createElement("p");
  made.className = name;
  made.textContent = words.trim().replace(/\s+/g, " ");
  return made;
}

/** @param {string} words */
function heading(words) {
  const made = document.createElement("h3");
  made.textContent = words;
  return made;
}
