// A contribution on its way: one POST of one form, answered by a page. Whoever sends knows nothing of the network.

import { takeKey } from "../pages/key.js";
import { fetchPage } from "./pages.js";

/** @typedef {{status: number, address: string, page: Document, queued?: false}} Answer */
/** @typedef {{queued: true}} Queued the form waits in this browser and is sent when the network is back */

/**
 * Sends a form as the browser itself would (no file, so no multipart), with the key of this browser and an id.
 *
 * The answer is a page: 200 with the feature, 202 "it waits", 409 with both versions and a form to choose,
 * 422 the form with its errors. The same id with the same content is answered as the first time, and done once.
 * Rejects where the server does not answer.
 * @param {HTMLFormElement} form its `action` says where to, its hidden field `id` is taken when none is given
 * @param {{id?: string, submitter?: HTMLElement | null}} [options] submitter: the button, whose name and value go along
 * @returns {Promise<Answer | Queued>}
 */
export async function sendForm(form, { id, submitter = null } = {}) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) if (typeof value === "string") body.append(name, value);
  body.set("id", id ?? (body.get("id") || newId()));
  body.set("key", takeKey());
  const answer = await fetchPage(form.action, { method: "POST", body });
  if (answer.status === 200) document.dispatchEvent(new CustomEvent("contributed"));
  return answer;
}

/** A random UUID (RFC 9562, version 4); `crypto.randomUUID` itself is missing where the page came without TLS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
