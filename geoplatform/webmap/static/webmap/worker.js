// The service worker's work (loaded by /sw.js, which says version and addresses): the page, its style and the tiles seen,
// for when there is no network. With one, the network is always asked first. A script, no module: older browsers load it so.

/** @typedef {Event & {waitUntil: (done: Promise<unknown>) => void}} Waiting */
/** @typedef {Waiting & {request: Request, respondWith: (answer: Promise<Response>) => void}} Asked */
/** @typedef {{version: string, assets: string[], pages: string[], missing: Record<string, string>, layers: string[]}} Told */

(() => {
  const worker = /** @type {any} */ (self);
  /** @type {Told} */
  const told = worker.told;
  const STATIC = `geoplatform-static-${told.version}`;
  const SEEN = `geoplatform-seen-${told.version}`;
  const TAKEN = "geoplatform-taken"; // pages/kept.js; it stays until its owner takes it away
  const MOST_BYTES = 60_000_000;
  const MOST_ENTRIES = 3000;
  const LARGEST = 3_000_000; // bytes of one answer
  const EVERY = 50; // answers kept, then what is too much goes
  const PATIENCE = 8000; // milliseconds, where there is a copy to give instead

  const TILE = /^\/tiles\/[\w-]+\/\d+\/\d+\/\d+\.mvt$/;
  const DRAWING = /^\/(tiles|styles)\/[\w-]+\.json$/;
  const ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
  // Pages of the map alone: what belongs to one person stands at none of these addresses.
  const PAGE = new RegExp(`^(/en)?/((${told.layers.join("|")})/(new|${ID}(/(correct|move|report|confirm))?)?|offline)?$`);

  let kept = 0;

  worker.addEventListener("install", (/** @type {Waiting} */ event) => {
    event.waitUntil(install());
  });
  worker.addEventListener("activate", (/** @type {Waiting} */ event) => {
    event.waitUntil(activate());
  });
  worker.addEventListener("message", (/** @type {Waiting & {data: {keep?: string[]}}} */ event) => {
    event.waitUntil(keepSeen(event.data.keep ?? []));
  });
  worker.addEventListener("fetch", (/** @type {Asked} */ event) => {
    const { request } = event;
    const { origin, pathname, search } = new URL(request.url);
    if (request.method !== "GET" || origin !== location.origin || request.headers.has("Range")) return;
    // Who asks so wants to know what the server says now.
    if (request.cache === "no-store") return;
    if (told.assets.includes(pathname)) event.respondWith(asset(request));
    else if (TILE.test(pathname) || DRAWING.test(pathname)) event.respondWith(fresh(event, request, search));
    else if (PAGE.test(pathname)) event.respondWith(page(event, request, pathname, search));
  });

  async function install() {
    const [assets, seen] = await Promise.all([caches.open(STATIC), caches.open(SEEN)]);
    await assets.addAll(told.assets);
    await Promise.all(told.pages.map((address) => keep(seen, address)));
    await worker.skipWaiting();
  }

  /** What an earlier version has kept ends with it. */
  async function activate() {
    for (const name of await caches.keys()) {
      if (name.startsWith("geoplatform-") && ![STATIC, SEEN, TAKEN].includes(name)) await caches.delete(name);
    }
    await worker.clients.claim();
  }

  /** @param {string[]} addresses that the page has fetched before there was a worker */
  async function keepSeen(addresses) {
    const seen = await caches.open(SEEN);
    const fitting = addresses.map((each) => new URL(each, location.href)).filter((each) => each.origin === location.origin);
    for (const { pathname, search } of fitting) {
      if (TILE.test(pathname) || DRAWING.test(pathname)) await keep(seen, pathname + search);
    }
    await trim();
  }

  /**
   * As anybody gets it: without cookies.
   * @param {Cache} cache
   * @param {string} address
   */
  async function keep(cache, address) {
    try {
      const answer = await fetch(address, { credentials: "omit" });
      if (isForAll(answer)) await cache.put(address, answer);
    } catch {
      // Then it is kept when it is seen.
    }
  }

  /** @param {Request} request */
  async function asset(request) {
    return (await caches.match(request.url, { cacheName: STATIC })) ?? fetch(request);
  }

  /**
   * @param {Asked} event
   * @param {Request} request
   * @param {string} pathname
   * @param {string} search
   */
  async function page(event, request, pathname, search) {
    // Lists of a view, filters and the like are many: the page itself is kept once.
    try {
      return await fresh(event, request, search, search === "");
    } catch (error) {
      if (request.mode !== "navigate") throw error;
      const language = pathname.startsWith("/en/") ? "en" : "de";
      const instead = (await copy(pathname)) ?? (await copy(told.missing[language]));
      if (instead) return instead;
      throw error;
    }
  }

  /**
   * From the network, else the copy; where that takes long and there is a copy, the copy.
   * @param {Asked} event
   * @param {Request} request
   * @param {string} search
   * @param {boolean} [keeps]
   */
  async function fresh(event, request, search, keeps = true) {
    const address = new URL(request.url).pathname + search;
    const asked = fetch(request).then(async (answer) => {
      if (keeps && isForAll(answer)) event.waitUntil(store(address, answer.clone()));
      return answer;
    });
    const known = await copy(address);
    if (!known) return asked;
    asked.catch(() => {}); // too late to matter
    return Promise.race([asked.catch(() => known), after(PATIENCE, known)]);
  }

  /** @param {string} address */
  async function copy(address) {
    return (await caches.match(address, { cacheName: SEEN })) ?? (await caches.match(address, { cacheName: TAKEN }));
  }

  /** @param {string} address @param {Response} answer */
  async function store(address, answer) {
    const seen = await caches.open(SEEN);
    await seen.put(address, answer);
    kept += 1;
    if (kept % EVERY === 0) await trim();
  }

  /**
   * Whole, ours, and the same for everybody.
   * @param {Response} answer
   */
  function isForAll(answer) {
    const rules = answer.headers.get("Cache-Control") ?? "";
    const depends = answer.headers.get("Vary") ?? "";
    return (
      answer.status === 200 &&
      answer.type === "basic" &&
      !answer.redirected &&
      !/private|no-store/i.test(rules) &&
      !/cookie|\*/i.test(depends) &&
      Number(answer.headers.get("Content-Length") ?? 0) <= LARGEST
    );
  }

  /** What was kept longest ago goes first. */
  async function trim() {
    const seen = await caches.open(SEEN);
    const keys = await seen.keys();
    let bytes = 0;
    let count = 0;
    for (const request of [...keys].reverse()) {
      const answer = await seen.match(request);
      bytes += Number(answer?.headers.get("Content-Length") ?? 30_000);
      count += 1;
      const always = told.pages.includes(new URL(request.url).pathname);
      if (!always && (bytes > MOST_BYTES || count > MOST_ENTRIES)) await seen.delete(request);
    }
  }

  /**
   * @template T
   * @param {number} milliseconds
   * @param {T} value
   * @returns {Promise<T>}
   */
  function after(milliseconds, value) {
    return new Promise((resolve) => setTimeout(() => resolve(value), milliseconds));
  }
})();
