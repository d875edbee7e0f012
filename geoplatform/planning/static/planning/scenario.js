// The page of a scenario: tools, map, list and figures. The form's field holds what counts; every step is written there.

import { canDraw, readSettings } from "../pages/map.js";
import { readShape, writeShape } from "../pages/shape.js";
import { makeFigures } from "./figures.js";
import { makeRows } from "./rows.js";
import { geometryOf, linesOf, makeSketch } from "./sketch.js";
import { geometryThere, lookThere } from "./there.js";

/** @import { Corner } from "../pages/snap.js" */
/** @import { Part } from "./sketch.js" */
/** @import { Subject, There } from "./there.js" */
/** @import { Settings as MapPart } from "./sketchmap.js" */
/** @typedef {MapPart & {subjects: Subject[], words: Record<string, string>}} Settings */
/** @typedef {{layer: string, index: number | null}} Current what is being drawn; "there": what is looked up */

const THERE = "there"; // the tool that looks instead of drawing
const NEAR = 0.0001; // degrees around a place that is written

/** @template {HTMLElement} T  @param {string} id  @returns {T} */
const found = (id) => /** @type {T} */ (document.getElementById(id));
const settings = /** @type {Settings} */ (readSettings());
const { words, subjects } = settings;
const form = /** @type {HTMLFormElement} */ (found("scenario-form"));
const panel = found("corners");
const text = /** @type {HTMLTextAreaElement} */ (found("corners-text"));
const status = found("sketch-status");
const shapeOf = (/** @type {string} */ layer) => subjects.find((each) => each.layer === layer)?.shape ?? "area";
/** @type {Current | null} */
let current = null;
/** @type {Awaited<ReturnType<typeof openMap>> | null} */
let map = null;
/** Geometries of what is taken away, by id. @type {Map<string, any>} */
const gone = new Map();

const say = (/** @type {string} */ said) => (status.textContent = said);
const figures = makeFigures(form, found("moved"), say, words);
const sketch = makeSketch(found("s-overlay"), () => {
  show();
  figures.ask();
});
const rows = makeRows(found("parts"), subjects, words, {
  said: (index, said) => sketch.replace(index, (part) => ({ ...part, properties: { ...part.properties, ...said } })),
  edit: (index) => edit(index),
  drop: (index) => {
    stop();
    sketch.remove(index);
  },
});

found("sketch").hidden = false;
/** @type {HTMLDetailsElement} */ (found("as-text")).open = false;
found("sketch").addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!button) return;
  const { tool } = button.dataset;
  if (tool) choose(tool, event.detail === 0);
  else if (button.id === "undo" || button.id === "redo") {
    stop();
    sketch[button.id]();
  } else if (button.id === "corner-here" && map) {
    text.value = `${text.value.trimEnd()}\n${writeShape([[map.middle]])}`.trimStart();
    preview();
  } else if (button.id === "corners-done") finish();
});
text.addEventListener("input", preview);
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
  if (typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  stop();
  if (event.shiftKey) sketch.redo();
  else sketch.undo();
});
// Other questions about the same drawing. Another indicator has other parameters: the form is asked for anew.
found("ask").addEventListener("change", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (["name", "note", "sure"].includes(field.name)) return;
  if (field.name === "indicator" && sketch.parts.length) form.requestSubmit(found("figures-button"));
  else if (sketch.parts.length) figures.ask();
});
// Until it is kept, the drawing is in this page alone.
let sent = false;
form.addEventListener("submit", () => (sent = true));
addEventListener("beforeunload", (event) => {
  const unkept = sketch.canUndo || (location.pathname.endsWith("/draw") && sketch.parts.length > 0);
  if (unkept && !sent) event.preventDefault();
});
void openMap().then((made) => {
  map = made;
  map?.comeTo(sketch.parts);
  show();
});
show();

async function openMap() {
  if (!canDraw()) {
    found("map").hidden = true;
    found("corner-here").hidden = true;
    say(words.noMap);
    return null;
  }
  const { makeSketchMap } = await import("./sketchmap.js");
  return makeSketchMap(found("map"), settings, { drawn: put, clicked });
}

/** The tool that is pressed; pressed again it is put down. @param {string} layer  @param {boolean} byKey */
function choose(layer, byKey) {
  const again = current?.index === null && current.layer === layer;
  stop();
  if (again) return;
  begin({ layer, index: null }, []);
  // By a tap it would call up the keyboard of a phone.
  if (byKey) text.focus({ preventScroll: true });
}

/** @param {Current} now  @param {Corner[][]} lines */
function begin(now, lines) {
  current = now;
  panel.hidden = false;
  text.value = writeShape(lines);
  found("corners-done").textContent = now.layer === THERE ? words.look : words.done;
  say(words[`draw-${now.layer === THERE ? THERE : shapeOf(now.layer)}`]);
  for (const each of document.querySelectorAll("[data-tool]")) each.setAttribute("aria-pressed", String(now.index === null && each.getAttribute("data-tool") === now.layer));
  if (now.layer !== THERE) map?.draw(shapeOf(now.layer), lines);
  show();
}

function stop() {
  current = null;
  panel.hidden = true;
  found("found").replaceChildren();
  for (const each of document.querySelectorAll("[data-tool]")) each.setAttribute("aria-pressed", "false");
  map?.stop();
  show();
}

/** What is drawn goes into the drawing at once. @param {Corner[][]} lines */
function put(lines) {
  if (!current) return;
  text.value = writeShape(lines);
  const geometry = geometryOf(shapeOf(current.layer), lines);
  if (!geometry) return;
  if (current.index === null) {
    current.index = sketch.add(fresh(current.layer, geometry));
    show();
  } else sketch.replace(current.index, (part) => ({ ...part, geometry }));
}

/** @param {string} layer  @param {any} geometry  @returns {Part} */
function fresh(layer, geometry) {
  const usual = subjects.find((each) => each.layer === layer)?.usual;
  const said = shapeOf(layer) === "point" ? { number: 1 } : { kind: usual };
  return { type: "Feature", geometry, properties: { act: "add", layer, ...said } };
}

/** What is written shows on the map while it is written. */
function preview() {
  const [lines, understood] = readShape(text.value);
  if (understood && current && current.layer !== THERE) map?.set(lines);
}

function finish() {
  const [lines, understood] = readShape(text.value);
  if (!current) return;
  if (!understood || !lines.length) {
    say(words.corners);
    text.focus();
    return;
  }
  const { layer, index } = current;
  if (layer === THERE) {
    const [[lng, lat]] = lines[0];
    void look([lng - NEAR, lat - NEAR, lng + NEAR, lat + NEAR]);
  } else if (shapeOf(layer) === "point" && index === null) {
    stop();
    sketch.add(...lines.flat().map((place) => fresh(layer, { type: "Point", coordinates: place })));
  } else if (!geometryOf(shapeOf(layer), lines)) say(words.corners);
  else {
    put(lines);
    stop();
  }
}

/** @param {Corner} at  @param {number[]} box */
function clicked(at, box) {
  if (current?.layer === THERE) void look(box);
  else if (current && shapeOf(current.layer) === "point") {
    if (current.index === null) sketch.add(fresh(current.layer, { type: "Point", coordinates: at }));
    else put([[at]]);
  }
}

/** @param {number} index */
function edit(index) {
  const part = sketch.parts[index];
  const lines = linesOf(part.geometry);
  stop();
  if (!lines) say(words.holes);
  else begin({ layer: part.properties.layer ?? subjects[0].layer, index }, lines);
}

/** @param {number[]} box */
async function look(box) {
  const there = await lookThere(subjects, box).catch(() => []);
  found("found").replaceChildren(...there.map(offer));
  say(there.length ? words.found : words.nothing);
}

/** What is there, with what can be done about it. @param {There} one */
function offer(one) {
  const item = document.createElement("li");
  item.append(one.title, " ");
  const acts = shapeOf(one.layer) === "point" ? ["remove"] : ["remove", "change"];
  for (const act of acts) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words[act];
    button.setAttribute("aria-label", `${words[act]}: ${one.title}`);
    button.addEventListener("click", () => {
      stop();
      gone.set(one.id, one.geometry);
      const said = { act, layer: one.layer, name: one.title.slice(0, 200) };
      const index = sketch.add({ type: "Feature", id: one.id, geometry: act === "remove" ? null : one.geometry, properties: said });
      if (act === "change") edit(index);
    });
    item.append(button, " ");
  }
  return item;
}

/** Everything that follows from the drawing. */
function show() {
  const parts = sketch?.parts ?? [];
  rows?.show(parts);
  /** @type {HTMLButtonElement} */ (found("undo")).disabled = !sketch?.canUndo;
  /** @type {HTMLButtonElement} */ (found("redo")).disabled = !sketch?.canRedo;
  map?.show(parts.map((each) => ({ ...each, shown: gone.get(each.id ?? "") })), current?.index ?? null);
  for (const { id, geometry, properties } of parts) {
    if (geometry || !id || !properties.layer || gone.has(id)) continue;
    gone.set(id, null);
    void geometryThere(properties.layer, id).then((shape) => {
      gone.set(id, shape);
      show();
    }, console.warn);
  }
}
