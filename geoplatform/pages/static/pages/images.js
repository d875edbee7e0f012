// Marker shapes and patterns that MapLibre has no layer type for, drawn when a style asks for them:
// `triangle-#6a1b9a-#ffffff-0.107` is shape, fill, outline and the outline's share of the size; `hatch-#8a7a4a` a pattern.

/** @import { Map as MapLibreMap } from "./vendor/maplibre-gl.mjs" */

const SIZE = 32; // CSS pixels (rendering/maplibre.py)
const DENSITY = 2;

/** @type {Record<string, [number, number][]>} corners in a unit square around the middle */
const SHAPES = {
  square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  triangle: [[0, -1], [1, 0.9], [-1, 0.9]],
  diamond: [[0, -1], [1, 0], [0, 1], [-1, 0]],
  cross: [[-1, -0.6], [-0.6, -1], [0, -0.4], [0.6, -1], [1, -0.6], [0.4, 0], [1, 0.6], [0.6, 1], [0, 0.4], [-0.6, 1], [-1, 0.6], [-0.4, 0]],
};

const SQUARE = 8; // CSS pixels: the square that a pattern repeats (rendering/scale.py)

/** @type {Record<string, (pen: CanvasRenderingContext2D) => void>} patterns, drawn in a square of SQUARE */
const PATTERNS = {
  hatch(pen) {
    // The corners are the ends of the neighbours' lines.
    for (const left of [-SQUARE, 0, SQUARE]) {
      pen.moveTo(left - 1, SQUARE + 1);
      pen.lineTo(left + SQUARE + 1, -1);
    }
    pen.stroke();
  },
  dots(pen) {
    for (const at of [SQUARE / 4, (SQUARE * 3) / 4]) {
      pen.moveTo(at + 1.1, at);
      pen.arc(at, at, 1.1, 0, 2 * Math.PI);
    }
    pen.fill();
  },
};

/** @param {MapLibreMap} map */
export function drawMissingImages(map) {
  map.setMissingStyleImageResolver((id) => {
    const [, shape, color, outline, rim] = /^(\w+)-(#[0-9a-f]{6})(?:-(#[0-9a-f]{6})-([0-9.]+))?$/i.exec(id) ?? [];
    if (map.hasImage(id)) return;
    if (shape in SHAPES) map.addImage(id, draw(SHAPES[shape], color, outline, Number(rim)), { pixelRatio: DENSITY });
    if (shape in PATTERNS) map.addImage(id, repeated(PATTERNS[shape], color), { pixelRatio: DENSITY });
  });
}

/**
 * @param {(pen: CanvasRenderingContext2D) => void} paint
 * @param {string} color
 */
function repeated(paint, color) {
  const size = SQUARE * DENSITY;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(DENSITY, DENSITY);
  pen.strokeStyle = pen.fillStyle = color;
  pen.lineWidth = 1;
  pen.beginPath();
  paint(pen);
  return pen.getImageData(0, 0, size, size);
}

/**
 * @param {[number, number][]} corners
 * @param {string} color
 * @param {string} outline
 * @param {number} rim
 */
function draw(corners, color, outline, rim) {
  const size = SIZE * DENSITY;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const wide = size * rim;
  const reach = (size - wide) / 2 - 1;
  pen.beginPath();
  for (const [x, y] of corners) pen.lineTo(size / 2 + x * reach, size / 2 + y * reach);
  pen.closePath();
  pen.lineJoin = "round";
  pen.fillStyle = color;
  pen.strokeStyle = outline;
  pen.lineWidth = wide;
  pen.fill();
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}
