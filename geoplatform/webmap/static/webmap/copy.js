// Addresses to copy: a button beside each, since a phone makes marking text tedious.

import { text } from "./settings.js";
import { say } from "./status.js";

export function makeCopying() {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button.copy"))) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const code = button.parentElement?.querySelector("code");
  const address = code?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(address);
    say(text("copied", { address }));
  } catch {
    // Without TLS, or without leave, there is no clipboard: mark the address instead.
    if (code) window.getSelection()?.selectAllChildren(code);
    say(text("notCopied"));
  }
}
