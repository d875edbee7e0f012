// Pages of ours, fetched for a part of them: words and markup are made in one place, on the server.

/**
 * A page as a document of its own; nothing in it runs.
 * @param {string} address
 * @param {RequestInit} [options]
 * @returns {Promise<{status: number, address: string, page: Document}>}
 */
export async function fetchPage(address, options = {}) {
  const response = await fetch(address, { credentials: "omit", ...options });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { status: response.status, address: response.url, page };
}
