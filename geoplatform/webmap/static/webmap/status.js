// What just happened, said aloud by screen readers and shown for a while.

import { element } from "./settings.js";

const SECONDS = 8;
let timer = 0;

/** @param {string} message */
export function say(message) {
  const status = element("status");
  // The same message again is a new one to screen readers only when the text was gone in between.
  status.textContent = "";
  window.clearTimeout(timer);
  window.setTimeout(() => {
    status.textContent = message;
  }, 50);
  timer = window.setTimeout(() => {
    status.textContent = "";
  }, SECONDS * 1000);
}
