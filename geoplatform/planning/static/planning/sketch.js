// The drawing of a scenario: a list of GeoJSON features, as the form's field has it, with the steps back and forth.

/** @import { Corner } from "../pages/snap.js" */
/** @typedef {{type: string, coordinates: any}} Geometry */
/** @typedef {{act?: string, layer?: string, kind?: string, name?: string, number?: number, crown_m?: number, public_access?: boolean}} Said */
/** @typedef {{type: "Feature", id?: string | null, geometry: Geometry | null, properties: Said}} Part */

const DIGITS = 7;

/**
 * @param {HTMLTextAreaElement} field holds what counts, so that it can be written, read and corrected by hand, too
 * @param {() => void} changed is told after each step
 */
export function makeSketch(field, changed) {
  /** @type {string[]} */
  const past = [];
  /** @type {string[]} */
  let future = [];
  let now = field.value;
  let written = 0;
  field.addEventListener("change", () => step(field.value));

  /** @param {string} text */
  function step(text) {
    if (text === now) return;
    past.push(now);
    future = [];
    show(text);
  }

  /** @param {string} text */
  function show(text) {
    now = text;
    field.value = text;
    changed();
  }

  /** @param {Part[]} parts */
  function write(parts) {
    step(parts.length ? JSON.stringify({ type: "FeatureCollection", features: parts }) : "");
  }

  return {
    /** @returns {Part[]} nothing where the field holds something else, which the server reads all the same */
    get parts() {
      try {
        const { features } = JSON.parse(now);
        return Array.isArray(features) ? features.filter((each) => each?.type === "Feature").map((each) => ({ ...each, properties: each.properties ?? {} })) : [];
      } catch {
        return [];
      }
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    /** @param {Part[]} parts  @returns {number} where the first of them stands */
    add(...parts) {
      const before = this.parts;
      const named = parts.map((each) => ({ ...each, id: each.id ?? `drawn-${++written}-${before.length}` }));
      write([...before, ...named]);
      return before.length;
    },
    /** @param {number} index  @param {(part: Part) => Part} change */
    replace(index, change) {
      write(this.parts.map((each, n) => (n === index ? change(each) : each)));
    },
    /** @param {number} index */
    remove(index) {
      write(this.parts.filter((_each, n) => n !== index));
    },
    undo() {
      const text = past.pop();
      if (text === undefined) return;
      future.push(now);
      show(text);
    },
    redo() {
      const text = future.pop();
      if (text === undefined) return;
      past.push(now);
      show(text);
    },
  };
}

/**
 * The geometry of what was drawn; nothing where there are too few corners.
 * @param {string} shape area, line or point
 * @param {Corner[][]} lines
 * @returns {Geometry | null}
 */
export function geometryOf(shape, lines) {
  const short = lines.map((line) => line.map((each) => each.map((degrees) => Number(degrees.toFixed(DIGITS)))));
  if (shape === "point") return short[0]?.[0] ? { type: "Point", coordinates: short[0][0] } : null;
  if (shape === "line") return short[0]?.length > 1 ? { type: "LineString", coordinates: short[0] } : null;
  const rings = short.filter((line) => line.length > 2).map((line) => [[...line, line[0]]]);
  if (!rings.length) return null;
  return rings.length === 1 ? { type: "Polygon", coordinates: rings[0] } : { type: "MultiPolygon", coordinates: rings };
}

/**
 * The lines of a geometry that can be drawn again, open where they are rings; null where one has holes.
 * @param {Geometry | null} geometry
 * @returns {Corner[][] | null}
 */
export function linesOf(geometry) {
  if (!geometry) return [];
  const { type, coordinates } = geometry;
  if (type === "Point") return [[coordinates]];
  if (type === "LineString") return [coordinates];
  const polygons = type === "MultiPolygon" ? coordinates : [coordinates];
  if (polygons.some((/** @type {Corner[][]} */ rings) => rings.length !== 1)) return null;
  return polygons.map((/** @type {Corner[][]} */ [ring]) => ring.slice(0, -1));
}
