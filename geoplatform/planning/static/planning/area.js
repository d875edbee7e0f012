// An area, or several, drawn on a map instead of written: map and tools are loaded when somebody asks for them. The field
// holds what counts, so that it can be written, read and corrected without a map, too.

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
const several = tools.hasAttribute("data-several");
/** @type {Corner[][]} The last one is being drawn. */
let parts = [];
/** @type {Record<string, string>} */
let words = {};

tools.hidden = false;
tools.addEventListener("click", (event) => {
  const id = event.target instanceof Element ? event.target.closest("button")?.id : "";
  if (id === "area-draw") void open();
  else if (id === "area-corner" && map) {
    const { lng, lat } = map.getCenter();
    parts = [...parts.slice(0, -1), [...(parts.at(-1) ?? []), [lng, lat]]];
    if ((parts.at(-1) ?? []).length > 2) drawing?.set(parts);
    write();
  } else if (id === "area-next") {
    parts = [...parts, []];
    drawing?.more();
    told.textContent = words.drawing;
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
    const changed = (/** @type {Corner[][]} */ found) => {
      parts = found;
      write();
    };
    drawing = makeDrawing(made, { polygon: true, several, outlines: settings.outlines, changed });
    show(read());
    told.textContent = words.drawing;
  });
}

/** @param {Corner[][]} found */
function show(found) {
  parts = found;
  drawing?.set(found);
}

/** What is drawn, into the field; the question is then about it. */
function write() {
  const rings = parts
    .filter((part) => part.length > 2)
    .map((part) => [...part, part[0]].map((each) => each.map((degrees) => Number(degrees.toFixed(DIGITS)))));
  const area = rings.length > 1 ? { type: "MultiPolygon", coordinates: rings.map((ring) => [ring]) } : { type: "Polygon", coordinates: rings };
  field.value = rings.length ? JSON.stringify(area) : "";
  const per = document.getElementById("f-per");
  if (field.value && per instanceof HTMLSelectElement) per.value = "area";
  told.textContent = words.corners.replace("%(count)s", String(parts.flat().length));
}

/** The rings of what stands in the field; nothing where an area has holes, or it is none, which the server reads all the same. */
function read() {
  try {
    const { type, coordinates } = JSON.parse(field.value);
    const areas = /** @type {Corner[][][]} */ (type === "Polygon" ? [coordinates] : several && type === "MultiPolygon" ? coordinates : []);
    return areas.every((rings) => rings.length === 1) ? areas.map(([ring]) => ring.slice(0, -1)) : [];
  } catch {
    return [];
  }
}
