// Which tiles (XYZ in EPSG:3857) a box in degrees touches.

/**
 * @param {[number, number, number, number]} box west, south, east, north
 * @param {number} z
 * @returns {{x: number, y: number}[]}
 */
export function tilesIn([west, south, east, north], z) {
  const found = [];
  for (let x = column(west, z); x <= column(east, z); x += 1) {
    for (let y = row(north, z); y <= row(south, z); y += 1) found.push({ x, y });
  }
  return found;
}

/** @param {number} longitude @param {number} z */
function column(longitude, z) {
  return within(Math.floor(((longitude + 180) / 360) * 2 ** z), z);
}

/** @param {number} latitude @param {number} z */
function row(latitude, z) {
  const angle = (latitude * Math.PI) / 180;
  return within(Math.floor(((1 - Math.asinh(Math.tan(angle)) / Math.PI) / 2) * 2 ** z), z);
}

/** @param {number} n @param {number} z */
function within(n, z) {
  return Math.min(Math.max(n, 0), 2 ** z - 1);
}
