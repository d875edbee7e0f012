// An area drawn on a map instead of written: map and tools are loaded when somebody asks for them. The field holds what
// counts, so that it can be written, read and corrected without a map, too.

/** @import { MapSettings } from "../pages/map.js" */
/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */
/** @import { Corner } from "../pages/snap.js" */
/** @import { Drawing } from "../pages/draw.js" */
/** @typedef {MapSettings & {style: string, outlines: string[], words: Record<string, string>}} Settings (planning/features.py) */

const DIGITS = 7;

const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("f-area"));
const tools = /** @type {HTMLElement} */ (document.getElementById("area-tools"));
const told = /** @type {HTMLElement} */ (document.getElementById("area-status"));

/** @type {MapLibreMap | null} */
let map = null;
/** @type {Drawing | null} */
let drawing = null;
/** @type {Corner[]} */
let corners = [];
/** @type {Record<string, string>} */
let words = {};

tools.hidden = false;
tools.addEventListener("click", (event) => {
  const id = event.target instanceof Element ? event.target.closest("button")?.id : "";
  if (id === "area-draw") void open();
  else if (id === "area-corner" && map) {
    const { lng, lat } = map.getCenter();
    show([...corners, [lng, lat]]);
    write();
  } else if (id === "area-clear") {
    show([]);
    write();
  }
});
field.addEventListener("input", () => show(read()));

async function open() {
  const container = /** @type {HTMLElement} */ (document.getElementById("map"));
  if (map) return;
  const [maps, { makeDrawing }] = await Promise.all([import("../pages/map.js"), import("../pages/draw.js")]);
  const settings = /** @type {Settings} */ (maps.readSettings());
  words = settings.words;
  if (!maps.canDraw()) {
    told.textContent = words.noMap;
    return;
  }
  container.hidden = false;
  const made = maps.makeSmallMap(container, settings, { style: settings.style });
  map = made;
  for (const each of tools.querySelectorAll("button")) each.hidden = each.id === "area-draw";
  made.getCanvas().focus();
  made.once("load", () => {
    const changed = (/** @type {Corner[][]} */ [found = []]) => {
      corners = found;
      write();
    };
    drawing = makeDrawing(made, { polygon: true, several: false, outlines: settings.outlines, changed });
    show(read());
    told.textContent = words.drawing;
  });
}

/** @param {Corner[]} found */
function show(found) {
  corners = found;
  drawing?.set(found.length ? [found] : []);
}

/** What is drawn, into the field; the question is then about it. */
function write() {
  const ring = [...corners, ...corners.slice(0, 1)].map((each) => each.map((degrees) => Number(degrees.toFixed(DIGITS))));
  field.value = corners.length > 2 ? JSON.stringify({ type: "Polygon", coordinates: [ring] }) : "";
  const per = /** @type {HTMLSelectElement} */ (document.getElementById("f-per"));
  if (field.value) per.value = "area";
  told.textContent = words.corners.replace("%(count)s", String(corners.length));
}

/** The one ring of what stands in the field; nothing where it is no polygon of one ring, which the server reads all the same. */
function read() {
  try {
    const { type, coordinates } = JSON.parse(field.value);
    return type === "Polygon" && coordinates.length === 1 ? /** @type {Corner[]} */ (coordinates[0].slice(0, -1)) : [];
  } catch {
    return [];
  }
}
