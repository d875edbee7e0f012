// Marker shapes that MapLibre has no layer type for, drawn when a style asks for them: `triangle-#6a1b9a`.

/** @import { Map as MapLibreMap } from "./vendor/maplibre-gl.mjs" */

const SIZE = 32; // CSS pixels (rendering/maplibre.py)
const DENSITY = 2;

/** @type {Record<string, [number, number][]>} corners in a unit square around the middle */
const SHAPES = {
  square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  triangle: [[0, -1], [1, 0.9], [-1, 0.9]],
  diamond: [[0, -1], [1, 0], [0, 1], [-1, 0]],
};

/** @param {MapLibreMap} map */
export function drawMissingImages(map) {
  map.setMissingStyleImageResolver((id) => {
    const [, shape, color] = /^(\w+)-(#[0-9a-f]{6})$/i.exec(id) ?? [];
    if (shape in SHAPES && !map.hasImage(id)) {
      map.addImage(id, draw(SHAPES[shape], color), { pixelRatio: DENSITY });
    }
  });
}

/**
 * @param {[number, number][]} corners
 * @param {string} color
 */
function draw(corners, color) {
  const size = SIZE * DENSITY;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const outline = size / 9;
  const reach = (size - outline) / 2 - 1;
  pen.beginPath();
  for (const [x, y] of corners) pen.lineTo(size / 2 + x * reach, size / 2 + y * reach);
  pen.closePath();
  pen.lineJoin = "round";
  pen.fillStyle = color;
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = outline;
  pen.fill();
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}
