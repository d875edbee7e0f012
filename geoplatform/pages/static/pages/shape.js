// Lines and areas as text, as the form has them (shapes.py): a position on each line, an empty line between parts.

/** @import { Corner } from "./snap.js" */

const PAIR = /^\s*(-?\d+(?:[.,]\d+)?)°?(?:\s*[;/ ]\s*|,\s+)(-?\d+(?:[.,]\d+)?)°?\s*$/;
const DIGITS = 7;

/**
 * The parts, each open where it is a ring; and whether every line was understood (WKT is the server's to read).
 * @param {string} text
 * @returns {[Corner[][], boolean]}
 */
export function readShape(text) {
  /** @type {Corner[][]} */
  const parts = [];
  let fresh = true;
  for (const line of text.split("\n")) {
    if (!line.trim()) {
      fresh = true;
      continue;
    }
    const pair = PAIR.exec(line);
    if (!pair) return [[], false];
    if (fresh) parts.push([]);
    fresh = false;
    parts[parts.length - 1].push([number(pair[2]), number(pair[1])]);
  }
  return [parts.map(open), true];
}

/** @param {Corner[][]} parts */
export function writeShape(parts) {
  return parts.map((part) => part.map(([lng, lat]) => `${short(lat)}, ${short(lng)}`).join("\n")).join("\n\n");
}

/** @param {Corner[]} part */
function open(part) {
  const [first, last] = [part[0], part[part.length - 1]];
  return part.length > 3 && first[0] === last[0] && first[1] === last[1] ? part.slice(0, -1) : part;
}

/** @param {string} text */
function number(text) {
  return Number(text.replace(",", "."));
}

/** @param {number} degrees */
function short(degrees) {
  return String(Number(degrees.toFixed(DIGITS)));
}
