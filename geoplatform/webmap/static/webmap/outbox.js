// Contributions on their way. Each is kept here before it is sent and forgotten when the server has answered, so that
// neither a lost network nor a closed browser loses one. Its id is the server's: sent twice it is done once.

import { takeKey } from "../pages/key.js";
import { fetchPage } from "./pages.js";
import { all, get, put, remove } from "./store.js";

/** @import { Answer, Queued } from "./send.js" */
/**
 * @typedef {object} Entry a form that waits
 * @property {string} id
 * @property {string} address where it goes
 * @property {[string, string][]} body without the key, which is added when it is sent
 * @property {string} title what it is, for people
 * @property {string} form the form's own HTML, to fill it in again
 * @property {number} made milliseconds
 * @property {number} tries how often it was on its way: what became of the last time is not known
 * @property {"waits" | "asks"} state asks: the server wants to know something first
 * @property {string} [answer] the page with that question
 */

const PATIENCE = 60_000; // milliseconds for an answer, after which it counts as lost
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);
const busy = new Set();

/**
 * Sends an entry at once, with somebody looking.
 * @param {Entry} entry
 * @returns {Promise<Answer | Queued>}
 */
export async function post(entry) {
  try {
    await put("outbox", entry);
  } catch (error) {
    console.info(error);
    return deliver(entry); // a browser that keeps nothing: as if there were no outbox
  }
  const answer = await exclusively(entry.id, () => attempt(entry.id));
  tell();
  if (!answer || answer.status >= 500 || !isOurs(answer)) return { queued: true };
  await remove("outbox", entry.id);
  tell();
  return answer;
}

/**
 * Sends all that waits, one after the other, oldest first.
 * @returns {Promise<{sent: number, asks: number}>}
 */
export async function drain() {
  const done = { sent: 0, asks: 0 };
  for (const { id } of await waiting()) {
    const result = await exclusively(id, () => settle(id));
    if (result === "sent") done.sent += 1;
    else if (result === "asks") done.asks += 1;
    else if (result === "later") break;
  }
  if (done.sent) document.dispatchEvent(new CustomEvent("contributed"));
  if (done.sent || done.asks) tell();
  return done;
}

/** @returns {Promise<Entry[]>} */
export async function entries() {
  const found = /** @type {Entry[]} */ (await all("outbox"));
  return found.sort((a, b) => a.made - b.made);
}

/** @param {Entry} entry */
export async function keep(entry) {
  await put("outbox", entry);
  tell();
}

/** @param {string} id */
export async function discard(id) {
  await remove("outbox", id);
  tell();
}

async function waiting() {
  return (await entries()).filter((each) => each.state === "waits");
}

/**
 * @param {string} id
 * @returns {Promise<"sent" | "asks" | "later" | "gone">}
 */
async function settle(id) {
  const answer = await attempt(id, { renew: true });
  const entry = /** @type {Entry | undefined} */ (await get("outbox", id));
  if (!entry) return "gone";
  if (!answer || AGAIN.has(answer.status) || !isOurs(answer)) return "later";
  if (answer.status === 200 || answer.status === 202) {
    await remove("outbox", id);
    return "sent";
  }
  await put("outbox", { ...entry, state: "asks", answer: answer.page.documentElement.outerHTML });
  return "asks";
}

/**
 * @param {string} id
 * @param {{renew?: boolean}} [options] renew: with a token of now, for it may have waited for days
 * @returns {Promise<Answer | null>} null where no answer came
 */
async function attempt(id, { renew = false } = {}) {
  // Another tab may have sent it meanwhile, or somebody may have changed it.
  const entry = /** @type {Entry | undefined} */ (await get("outbox", id));
  if (!entry || navigator.onLine === false) return null;
  try {
    if (renew) entry.body = await renewed(entry);
    await put("outbox", { ...entry, tries: entry.tries + 1 });
    return await deliver(entry);
  } catch (error) {
    console.info(error);
    return null;
  }
}

/**
 * @param {Entry} entry
 * @returns {Promise<Answer>}
 */
function deliver(entry) {
  const body = new URLSearchParams(entry.body);
  body.set("key", takeKey());
  return fetchPage(entry.address, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) });
}

/**
 * Its body with a new token, from the form's own page; as it was where there is none.
 * @param {Entry} entry
 * @returns {Promise<[string, string][]>}
 */
async function renewed(entry) {
  if (!entry.body.some(([name]) => name === "token")) return entry.body;
  const { status, page } = await fetchPage(entry.address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  const field = /** @type {HTMLInputElement | null} */ (page.querySelector("form input[name=token]"));
  if (status !== 200 || !field) return entry.body;
  return entry.body.map(([name, value]) => [name, name === "token" ? field.value : value]);
}

/**
 * Whether it was this platform that answered, and not the page of a network that wants to be paid first.
 * @param {Answer} answer
 */
function isOurs({ page }) {
  return page.querySelector("main#content") !== null;
}

/**
 * One tab at a time sends an entry; undefined for who comes second. Browsers without locks send it twice, which does no harm.
 * @template T
 * @param {string} id
 * @param {() => Promise<T>} act
 * @returns {Promise<T | undefined>}
 */
async function exclusively(id, act) {
  if (navigator.locks) {
    return navigator.locks.request(`geoplatform-outbox-${id}`, { ifAvailable: true }, async (lock) =>
      lock ? act() : undefined,
    );
  }
  if (busy.has(id)) return undefined;
  busy.add(id);
  try {
    return await act();
  } finally {
    busy.delete(id);
  }
}

function tell() {
  document.dispatchEvent(new CustomEvent("outbox"));
}
