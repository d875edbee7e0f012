// The place in a form and on the map are one: a pin for points, a drawing for lines and areas, fields for both.

import { makePin, readPosition, writeDegrees } from "./position.js";
import { readShape, writeShape } from "../pages/shape.js";
import { text } from "./settings.js";
import { say } from "./status.js";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */
/** @import { Position } from "./position.js" */
/** @import { Drawing } from "../pages/draw.js" */

/**
 * @param {MapLibreMap} map
 * @param {() => HTMLFormElement | null} current the form in sight that asks for a place, if any
 */
export function makePlace(map, current) {
  const pin = makePin(map, write);
  /** @type {Drawing | null} */
  let drawing = null;
  /** @type {HTMLFormElement | null} the form that the drawing belongs to */
  let drawn = null;

  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button[id^=place-]");
    if (button && button.closest("form") === current()) press(button.id);
  });
  document.addEventListener("change", (event) => {
    const { name, form } = /** @type {HTMLInputElement} */ (event.target);
    if (form && form === current() && ["latitude", "longitude", "shape"].includes(name)) show();
  });

  return { wantsPosition, setPosition, show, stop };

  /** Whether a click on the map is about the place in a form. */
  function wantsPosition() {
    return isPoint(current()) || (drawing !== null && drawn === current());
  }

  /** @param {Position} position */
  function setPosition(position) {
    if (!isPoint(current())) return; // the drawing has heard of it itself
    pin.put(position);
    write(position);
  }

  /** The map shows what stands in the form in sight, if anything does. */
  function show() {
    const form = current();
    if (drawing && drawn !== form) stop();
    if (isPoint(form)) {
      const position = readPosition(field("latitude").value, field("longitude").value);
      if (!position) return;
      pin.put(position);
      field("latitude").value = field("latitude").value.trim() && writeDegrees(position.lat);
      field("longitude").value = writeDegrees(position.lng);
      return;
    }
    pin.remove();
    if (form && field("shape").value.trim()) void draw();
  }

  function stop() {
    pin.remove();
    drawing?.stop();
    drawing = drawn = null;
  }

  /** @param {string} id of a button */
  function press(id) {
    const middle = map.getCenter();
    if (id === "place-pin") {
      setPosition(middle);
      pin.focus();
    } else if (id === "place-me") {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => setPosition({ lng: coords.longitude, lat: coords.latitude }),
        () => say(text("noPosition")),
        { enableHighAccuracy: true, timeout: 15_000 },
      );
    } else if (id === "place-draw") {
      void draw();
    } else if (id === "place-clear") {
      drawing?.set([]);
      field("shape").value = "";
    } else if (id === "place-corner") {
      const [parts, complete] = readShape(field("shape").value);
      if (!complete) return;
      (parts.at(-1) ?? parts[parts.push([]) - 1]).push([middle.lng, middle.lat]);
      field("shape").value = writeShape(parts);
      say(text("corners", { count: parts.at(-1)?.length ?? 0 }));
      if (drawing) drawing.set(parts);
    }
  }

  async function draw() {
    const form = current();
    if (!form) return;
    const parts = readShape(field("shape").value)[0];
    if (!drawing) {
      const { makeDrawing } = await import("../pages/draw.js").catch(() => ({ makeDrawing: null }));
      if (!makeDrawing || form !== current()) {
        if (!makeDrawing) say(text("noDrawing"));
        return;
      }
      const { shape = "", layer = "", holder = "" } = form.dataset;
      drawn = form;
      drawing = makeDrawing(map, {
        polygon: shape.endsWith("POLYGON"),
        several: shape.startsWith("MULTI"),
        outlines: [holder, layer].filter(Boolean),
        changed: (found) => {
          field("shape").value = writeShape(found);
          say(text("corners", { count: found.reduce((sum, part) => sum + part.length, 0) }));
        },
      });
    }
    drawing.set(parts);
    if (!parts.length) say(text("drawing"));
  }

  /** @param {Position} position */
  function write(position) {
    const [latitude, longitude] = [writeDegrees(position.lat), writeDegrees(position.lng)];
    field("latitude").value = latitude;
    field("longitude").value = longitude;
    say(text("pinAt", { latitude, longitude }));
  }

  /** @param {string} name */
  function field(name) {
    return /** @type {HTMLInputElement} */ (current()?.elements.namedItem(name));
  }
}

/** @param {HTMLFormElement | null} form */
function isPoint(form) {
  return form?.dataset.shape === "POINT";
}
