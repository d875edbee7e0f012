// "My contributions": shows what belongs to the key of this browser, and sends its forms with the key.

import { forgetKept } from "../pages/kept.js";
import { forgetKey, readKey } from "../pages/key.js";

const section = document.getElementById("browser");
if (section && readKey()) void show(new URLSearchParams());

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const field = form.querySelector("input[name=key]");
  const key = readKey();
  if (!(field instanceof HTMLInputElement) || !key) return;
  if ("native" in form.dataset) {
    field.value = key; // a file that the browser saves
    setTimeout(() => (field.value = ""));
    return;
  }
  event.preventDefault();
  void show(new URLSearchParams(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)))));
});

/** @param {URLSearchParams} asked */
async function show(asked) {
  asked.set("key", readKey() ?? "");
  const answer = await fetch(location.pathname, { method: "POST", body: asked });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("browser");
  const shown = document.getElementById("browser");
  if (!found || !shown) return;
  shown.replaceWith(document.adoptNode(found));
  if ("erased" in found.dataset) {
    forgetKey();
    await forgetKept();
  }
}
