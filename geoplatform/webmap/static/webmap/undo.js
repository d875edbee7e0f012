// "Saved. Undo": for ten seconds beside what was just saved, by pointer, Tab or Ctrl+Z; later in "My contributions".

import { sendForm } from "./send.js";
import { text } from "./settings.js";
import { say } from "./status.js";

const SECONDS = 10;

/** @type {HTMLElement | null} */
let strip = null;
let timer = 0;

document.addEventListener("keydown", (event) => {
  const typing = /** @type {Element} */ (event.target).closest("input, textarea, select");
  if (!strip || typing || event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  strip.querySelector("form")?.requestSubmit();
});

/**
 * Offers to take back what a page says was saved, in a strip in front of `place`.
 * @param {ParentNode} page that holds the form to undo, if it can be undone
 * @param {HTMLElement} place
 * @param {string} message what was done, which is said aloud, too
 * @param {() => void} undone is told when it was taken back
 */
export function offerUndo(page, place, message, undone) {
  endUndo();
  const form = /** @type {HTMLFormElement | null} */ (page.querySelector("#undo-form"));
  say(form ? `${message} ${text("undoHint")}` : message);
  if (!form) return;
  for (const said of page.querySelectorAll(".acts > .saved")) said.remove();
  const made = document.createElement("div");
  made.className = "undo-strip";
  const words = document.createElement("p");
  words.textContent = message;
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  // The seconds are for the eye: said aloud each second, they would drown everything.
  button.setAttribute("aria-label", button.textContent ?? "");
  made.append(words, form);
  place.before(made);
  strip = made;
  let left = SECONDS;
  const tell = () => (button.textContent = text("undoIn", { seconds: left }));
  tell();
  timer = window.setInterval(() => {
    // Whoever is on the button has the time they need.
    if (made.contains(document.activeElement) || made.matches(":hover")) return;
    left -= 1;
    if (left > 0) tell();
    else endUndo();
  }, 1000);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    void takeBack(form, undone);
  });
}

export function endUndo() {
  window.clearInterval(timer);
  strip?.remove();
  strip = null;
}

/**
 * @param {HTMLFormElement} form
 * @param {() => void} undone
 */
async function takeBack(form, undone) {
  try {
    const answer = await sendForm(form);
    if (answer.queued) return;
    const said = answer.page.getElementById("undone");
    endUndo();
    if (answer.status === 200) undone();
    say(said?.textContent?.trim() || text("offline"));
  } catch (error) {
    console.warn(error);
    say(text("offline"));
  }
}
