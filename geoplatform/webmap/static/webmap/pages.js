// Pages of ours, fetched for a part of them: words and markup are made in one place, on the server.

import { rememberWritten, sinceWritten } from "../pages/written.js";
import { keptPage } from "./taken.js";

/**
 * A page as a document of its own; nothing in it runs. Without a network what was taken along, where it was.
 * @param {string} address
 * @param {RequestInit} [options]
 * @returns {Promise<{status: number, address: string, page: Document}>}
 */
export async function fetchPage(address, options = {}) {
  try {
    const response = await fetch(address, { credentials: "omit", headers: sinceWritten(), ...options });
    rememberWritten(response);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return { status: response.status, address: response.url, page };
  } catch (error) {
    const page = options.method || options.cache ? null : await keptPage(address);
    if (!page) throw error;
    return { status: 200, address, page };
  }
}
