// What just happened, said aloud by screen readers and shown for a while.

import { element } from "./settings.js";

const SECONDS = 8;
let timer = 0;

/**
 * @param {string} message
 * @param {{aloud?: boolean}} [how] aloud: only for those who do not see it anyhow
 */
export function say(message, { aloud = false } = {}) {
  const status = element("status");
  status.classList.toggle("aloud", aloud);
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
