// What this browser keeps for use without a network: names that all scripts share, and how to forget it.

export const DATABASE = "geoplatform-offline";
export const VERSION = 1;
export const CACHES = "geoplatform-"; // all of ours begin so
export const TAKEN = "geoplatform-taken";

/** @returns {Promise<IDBDatabase>} rejects where the browser keeps nothing */
export function openKept() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, VERSION);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("outbox", { keyPath: "id" });
      opening.result.createObjectStore("entries", { keyPath: ["layer", "id"] });
      opening.result.createObjectStore("quarters", { keyPath: "id" });
    };
    opening.onsuccess = () => {
      // Another tab that forgets everything must not wait for this one.
      opening.result.onversionchange = () => opening.result.close();
      resolve(opening.result);
    };
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error("blocked"));
  });
}

/** Forgets everything but contributions that still wait to be sent. */
export async function forgetKept() {
  try {
    for (const each of await navigator.serviceWorker.getRegistrations()) await each.unregister();
    for (const name of await caches.keys()) if (name.startsWith(CACHES)) await caches.delete(name);
  } catch {
    // Without TLS there is neither; nothing was kept.
  }
  try {
    if (await waits()) return;
    await new Promise((resolve) => {
      const deleting = indexedDB.deleteDatabase(DATABASE);
      deleting.onsuccess = deleting.onerror = deleting.onblocked = resolve;
    });
  } catch {
    // Nothing is kept here.
  }
}

/** Whether anything was ever kept here: who only looks must not be left a database by our asking. */
export async function isKept() {
  const known = await indexedDB.databases();
  return known.some(({ name }) => name === DATABASE);
}

async function waits() {
  if (!(await isKept())) return 0;
  const database = await openKept();
  const count = await new Promise((resolve, reject) => {
    const asking = database.transaction("outbox").objectStore("outbox").count();
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error);
  });
  database.close();
  return count;
}
