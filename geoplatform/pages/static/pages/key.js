// A contributor's key: made with the first contribution, kept in this browser alone, sent with contributions alone.

const NAME = "geoplatform-key";
const BYTES = 32;

/** @returns {string | null} null where there is none, or the browser keeps nothing */
export function readKey() {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

/**
 * The key of this browser, made if there is none: call it when something is sent, never before.
 * @returns {string} empty where the browser keeps nothing: what is sent then belongs to nobody
 */
export function takeKey() {
  const known = readKey();
  if (known) return known;
  const random = crypto.getRandomValues(new Uint8Array(BYTES));
  const key = btoa(String.fromCharCode(...random)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  try {
    localStorage.setItem(NAME, key);
  } catch {
    return "";
  }
  return key;
}

export function forgetKey() {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // Nothing is kept here, so there is nothing to forget.
  }
}
