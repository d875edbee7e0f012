// A contribution on its way: one POST of one form, answered by a page. Whoever sends knows nothing of the network.

import { post } from "./outbox.js";

/** @typedef {{status: number, address: string, page: Document, queued?: false}} Answer */
/** @typedef {{queued: true}} Queued the form waits in this browser and is sent when the network is back */

/**
 * Sends a form as the browser itself would (no file, so no multipart), with the key of this browser and an id.
 *
 * The answer is a page: 200 with the feature, 202 "it waits", 409 with both versions and a form to choose,
 * 422 the form with its errors. The same id with the same content is answered as the first time, and done once.
 * Where the server does not answer, the form waits in this browser (outbox.js). Rejects where that is impossible, too.
 * @param {HTMLFormElement} form its `action` says where to, its hidden field `id` is taken when none is given
 * @param {{id?: string, submitter?: HTMLElement | null}} [options] submitter: the button, whose name and value go along
 * @returns {Promise<Answer | Queued>}
 */
export async function sendForm(form, { id, submitter = null } = {}) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) if (typeof value === "string") body.append(name, value);
  const known = id ?? (body.get("id") || newId());
  body.set("id", known);
  const answer = await post({
    id: known,
    address: new URL(form.action).pathname,
    body: [...body],
    title: titleOf(form),
    form: form.outerHTML,
    made: Date.now(),
    tries: 0,
    state: "waits",
  });
  if (answer.queued) {
    // It is kept; what is typed next is another one.
    form.reset();
    const field = form.elements.namedItem("id");
    if (field instanceof HTMLInputElement) field.value = newId();
    document.dispatchEvent(new CustomEvent("queued"));
  } else if (answer.status === 200) document.dispatchEvent(new CustomEvent("contributed"));
  return answer;
}

/**
 * What it is, as the page calls it: the heading above the form, and the first thing that was typed.
 * @param {HTMLFormElement} form
 */
function titleOf(form) {
  const heading = form.closest("section, article, main")?.querySelector("h1, h2, h3")?.textContent?.trim();
  const typed = [...form.elements].find(
    (each) =>
      (each instanceof HTMLInputElement && ["text", "search", "number"].includes(each.type) && each.tabIndex >= 0 && each.value) ||
      (each instanceof HTMLTextAreaElement && each.value),
  );
  return [heading, /** @type {HTMLInputElement | undefined} */ (typed)?.value].filter(Boolean).join(": ").slice(0, 200);
}

/** A random UUID (RFC 9562, version 4); `crypto.randomUUID` itself is missing where the page came without TLS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
