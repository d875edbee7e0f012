// What is proposed and waits: question marks and dashed outlines over the map, never in its tiles; and its list.

import { readKey } from "../pages/key.js";
import { isNight } from "../pages/map.js";
import { sinceWritten } from "../pages/written.js";
import { fetchPage } from "./pages.js";
import { element, settings } from "./settings.js";
import { showTab } from "./tabs.js";

/** @import { GeoJSONSource, Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */

const SOURCE = "proposals";
const MARK = "proposal-mark";
const MINE = "proposal-mine";
const SIZE = 26; // CSS pixels
const DENSITY = 2;
const PAUSE = 400; // milliseconds of rest before the server is asked

/** @param {MapLibreMap} map */
export function makePending(map) {
  map.addImage(MARK, draw("#ffffff", "#5b2a86"), { pixelRatio: DENSITY });
  map.addImage(MINE, draw("#5b2a86", "#ffffff"), { pixelRatio: DENSITY });
  map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({
    id: "proposal-outlines",
    type: "line",
    source: SOURCE,
    filter: ["!=", ["geometry-type"], "Point"],
    paint: { "line-color": isNight() ? "#cfa8f2" : "#5b2a86", "line-width": 3, "line-dasharray": [2, 1.5] },
  });
  map.addLayer({
    id: "proposal-marks",
    type: "symbol",
    source: SOURCE,
    filter: ["==", ["geometry-type"], "Point"],
    layout: { "icon-image": ["case", ["get", "mine"], MINE, MARK], "icon-allow-overlap": true, "icon-anchor": "bottom-left", "icon-offset": [7, -7] },
  });
  let timer = 0;
  map.on("moveend", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void refreshPending(map), PAUSE);
  });
  void refreshPending(map);
}

/**
 * The proposal whose mark is at a place, opened in the list; false: none is there.
 * @param {MapLibreMap} map
 * @param {{x: number, y: number}} place in pixels
 */
export function openPending(map, place) {
  if (!map.getLayer("proposal-marks")) return false;
  const [hit] = map.queryRenderedFeatures([place.x, place.y], { layers: ["proposal-marks"] });
  const link = hit && document.querySelector(`[data-proposal="${hit.properties.id}"] a`);
  if (!(link instanceof HTMLElement)) return false;
  showTab("list");
  link.focus();
  link.scrollIntoView({ block: "nearest" });
  return true;
}

let latest = 0;

/** @param {MapLibreMap} map */
export async function refreshPending(map) {
  const turn = ++latest;
  const [west, south, east, north] = map.getBounds().toArray().flat();
  const bounded = [Math.max(west, -180), Math.max(south, -90), Math.min(east, 180), Math.min(north, 90)];
  const bbox = bounded.map((n) => n.toFixed(6)).join(",");
  try {
    const { status, page } = await fetchPage(`${settings.pending}?bbox=${bbox}`);
    const fresh = page.getElementById("pending");
    if (turn !== latest || status !== 200 || !fresh) return;
    const old = element("pending");
    // Not under the hands of somebody who reads it.
    if (!old.contains(document.activeElement)) old.replaceWith(fresh);
    const entries = /** @type {NodeListOf<HTMLElement>} */ (fresh.querySelectorAll("[data-proposal]"));
    const [shapes, own] = entries.length ? await Promise.all([outlines(bbox), mine()]) : [[], new Set()];
    if (turn !== latest) return;
    const marks = [...entries].flatMap(({ dataset }) => {
      if (!dataset.lon || !dataset.lat) return [];
      const coordinates = [Number(dataset.lon), Number(dataset.lat)];
      const properties = { id: dataset.proposal, mine: own.has(dataset.proposal ?? "") };
      return [{ type: "Feature", geometry: { type: "Point", coordinates }, properties }];
    });
    for (const entry of entries) {
      const badge = entry.querySelector(".mine");
      if (badge instanceof HTMLElement) badge.hidden = !own.has(entry.dataset.proposal ?? "");
    }
    const source = /** @type {GeoJSONSource | undefined} */ (map.getSource(SOURCE));
    // @ts-ignore: GeoJSON as it comes
    source?.setData({ type: "FeatureCollection", features: [...marks, ...shapes] });
    document.documentElement.dataset.proposals = String(entries.length);
  } catch (error) {
    console.warn(error); // the marks of before stay
  }
}

/**
 * Proposed lines and areas.
 * @param {string} bbox
 */
async function outlines(bbox) {
  const answer = await fetch(`/api/proposals?limit=100&bbox=${bbox}`, { credentials: "omit", headers: sinceWritten() });
  if (!answer.ok) return [];
  const { features } = /** @type {{features: {geometry: {type: string} | null}[]}} */ (await answer.json());
  return features.filter(({ geometry }) => geometry && geometry.type !== "Point");
}

/** The ids of what this browser proposed: its key goes along only where there is one. */
async function mine() {
  const key = readKey();
  if (!key) return new Set();
  const answer = await fetch("/api/proposals?author=me&state=held,open,conflict", {
    credentials: "omit",
    headers: { "Contributor-Key": key },
  });
  if (!answer.ok) return new Set();
  const { features } = /** @type {{features: {id: string}[]}} */ (await answer.json());
  return new Set(features.map(({ id }) => id));
}

/**
 * A speech bubble with a question mark: no shape of any layer.
 * @param {string} ground
 * @param {string} ink
 */
function draw(ground, ink) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * DENSITY;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(DENSITY, DENSITY);
  pen.beginPath();
  pen.roundRect(4, 1, SIZE - 5, SIZE - 9, 5);
  pen.moveTo(6, SIZE - 10);
  pen.lineTo(1, SIZE - 1);
  pen.lineTo(14, SIZE - 8.5);
  pen.fillStyle = ground;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = ground === "#ffffff" ? ink : "#ffffff";
  pen.beginPath();
  pen.roundRect(4, 1, SIZE - 5, SIZE - 9, 5);
  pen.stroke();
  pen.fillStyle = ink;
  pen.font = "bold 13px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText("?", SIZE / 2 + 1.5, SIZE / 2 - 3);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}
