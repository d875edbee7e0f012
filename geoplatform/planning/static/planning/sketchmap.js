// The map of a scenario: what is there, the drawing upon it, and the one shape that is being drawn.

import { boxAround, makeSmallMap } from "../pages/map.js";
import { makeDrawing } from "../pages/draw.js";

/** @import { MapSettings } from "../pages/map.js" */
/** @import { Corner } from "../pages/snap.js" */
/** @import { Part } from "./sketch.js" */
/** @typedef {MapSettings & {style: string, outlines: string[]}} Settings */

const REACH = 10; // pixels around a click
const COLORS = /** @type {any} */ (["match", ["get", "act"], "remove", "#b4541a", "change", "#2b6f93", "#14502e"]);
const NOTHING = /** @type {const} */ ({ type: "FeatureCollection", features: [] });

/**
 * @param {HTMLElement} container
 * @param {Settings} settings
 * @param {{drawn: (lines: Corner[][]) => void, clicked: (at: Corner, box: number[]) => void}} options
 *   drawn: the shape being drawn is this now; clicked: nothing is being drawn, and this place was clicked
 */
export function makeSketchMap(container, settings, { drawn, clicked }) {
  const map = makeSmallMap(container, settings, { style: settings.style });
  /** @type {ReturnType<typeof makeDrawing> | null} */
  let drawing = null;
  /** @type {any} */
  let shown = NOTHING;
  let loaded = false;
  let turn = 0;
  const ready = map.once("load").then(() => {
    map.addSource("sketch", { type: "geojson", data: shown });
    const removed = /** @type {any} */ (["==", ["get", "act"], "remove"]);
    map.addLayer({ id: "sketch-areas", type: "fill", source: "sketch", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": COLORS, "fill-opacity": 0.35 } });
    map.addLayer({ id: "sketch-lines", type: "line", source: "sketch", filter: ["!", removed], paint: { "line-color": COLORS, "line-width": 3 } });
    map.addLayer({ id: "sketch-gone", type: "line", source: "sketch", filter: removed, paint: { "line-color": COLORS, "line-width": 3, "line-dasharray": [2, 1.5] } });
    map.addLayer({ id: "sketch-points", type: "circle", source: "sketch", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": COLORS, "circle-radius": 7, "circle-stroke-color": "#fff", "circle-stroke-width": 2 } });
    loaded = true;
  });
  map.on("click", ({ lngLat, point }) => {
    if (drawing) return;
    const [a, b] = [map.unproject([point.x - REACH, point.y + REACH]), map.unproject([point.x + REACH, point.y - REACH])];
    clicked([lngLat.lng, lngLat.lat], [a.lng, a.lat, b.lng, b.lat]);
  });

  return {
    /** @returns {Corner} */
    get middle() {
      const { lng, lat } = map.getCenter();
      return [lng, lat];
    },
    /** The parts with a geometry, but for the one that is being drawn. @param {(Part & {shown?: any})[]} parts  @param {number | null} except */
    show(parts, except) {
      const features = parts.flatMap((each, n) => {
        const geometry = each.geometry ?? each.shown;
        return geometry && n !== except ? [{ type: "Feature", geometry, properties: { act: each.properties.act ?? "add" } }] : [];
      });
      shown = { type: "FeatureCollection", features };
      const source = loaded ? map.getSource("sketch") : null;
      if (source && "setData" in source) /** @type {any} */ (source).setData(shown);
    },
    /** @param {Part[]} parts */
    comeTo(parts) {
      const box = boxAround(parts.map((each) => each.geometry));
      if (box) map.fitBounds(box, { padding: 60, maxZoom: 17, animate: false });
    },
    /** Draw a shape, or change it. @param {string} shape  @param {Corner[][]} lines */
    draw(shape, lines) {
      this.stop();
      if (shape === "point") return;
      const several = lines.length > 1;
      const own = ++turn;
      void ready.then(() => {
        if (own !== turn) return; // something else is drawn by now
        drawing = makeDrawing(map, { polygon: shape === "area", several, outlines: settings.outlines, changed: drawn });
        if (lines.length) drawing.set(lines);
      });
    },
    /** The shape that is being drawn is another one now. @param {Corner[][]} lines */
    set(lines) {
      drawing?.set(lines);
    },
    stop() {
      turn++;
      drawing?.stop();
      drawing = null;
    },
  };
}
