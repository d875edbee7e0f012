// IndexedDB as promises: three stores (pages/kept.js), a handful of verbs.

import { isKept, openKept } from "../pages/kept.js";

/** @typedef {"outbox" | "entries" | "quarters"} Store */

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/**
 * @template T
 * @param {Store} store
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T> | void} act
 * @returns {Promise<T>} when what was written is on the disk
 */
async function run(store, mode, act) {
  opened ??= openKept();
  /** @type {IDBDatabase} */
  let database;
  try {
    database = await opened;
    return await within(database);
  } catch (error) {
    // Forgotten by another tab, or by the browser: open it anew, once.
    opened = openKept();
    if (!(error instanceof DOMException) || error.name !== "InvalidStateError") throw error;
    return within(await opened);
  }

  /** @param {IDBDatabase} database */
  function within(database) {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const asked = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(/** @type {T} */ (asked ? asked.result : undefined));
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}

/**
 * @param {Store} store
 * @param {IDBValidKey} key
 */
export async function get(store, key) {
  if (!opened && !(await isKept())) return undefined;
  return run(store, "readonly", (each) => each.get(key));
}

/** @param {Store} store */
export async function all(store) {
  if (!opened && !(await isKept())) return [];
  return run(store, "readonly", (each) => each.getAll());
}

/**
 * @param {Store} store
 * @param {object[]} values
 */
export function put(store, ...values) {
  return run(store, "readwrite", (each) => values.forEach((value) => each.put(value)));
}

/**
 * @param {Store} store
 * @param {IDBValidKey[]} keys
 */
export function remove(store, ...keys) {
  return run(store, "readwrite", (each) => keys.forEach((key) => each.delete(key)));
}
