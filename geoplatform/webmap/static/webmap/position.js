// The position of a new feature: a pin on the map and two fields, always the same place.

import { settings } from "./settings.js";
import { Marker } from "../pages/vendor/maplibre-gl.mjs";

/** @import { Map as MapLibreMap } from "../pages/vendor/maplibre-gl.mjs" */
/** @typedef {{lng: number, lat: number}} Position */

const DIGITS = 6; // of a degree: about a decimetre

/**
 * @param {MapLibreMap} map
 * @param {(position: Position) => void} moved is told when the pin was moved by hand or key
 */
export function makePin(map, moved) {
  const pin = new Marker({ draggable: true, color: "#8a1c4a" });
  let shown = false;
  pin.on("drag", () => moved(pin.getLngLat()));
  pin.on("dragend", () => moved(pin.getLngLat()));
  return {
    /** @param {Position} position */
    put(position) {
      pin.setLngLat(position);
      if (!shown) pin.addTo(map);
      shown = true;
      if (!map.getBounds().contains(position) && isNear(position)) map.easeTo({ center: position });
    },
    remove() {
      pin.remove();
      shown = false;
    },
    focus() {
      pin.getElement().focus({ preventScroll: true });
    },
  };
}

/**
 * Degrees as people of this language type them: `53.6288` or `53,6288`; both in one field are taken apart.
 * @param {string} latitude
 * @param {string} longitude
 * @returns {Position | null}
 */
export function readPosition(latitude, longitude) {
  const pair = /^\s*(-?\d+(?:[.,]\d+)?)(?:\s*[;/ ]\s*|,\s+)(-?\d+(?:[.,]\d+)?)\s*$/.exec(latitude);
  const [lat, lng] = pair && !longitude.trim() ? [pair[1], pair[2]] : [latitude, longitude];
  const position = { lat: degrees(lat), lng: degrees(lng) };
  return Math.abs(position.lat) <= 90 && Math.abs(position.lng) <= 180 ? position : null;
}

/** @param {string} text */
function degrees(text) {
  const plain = text.trim().replace("°", "").replace(",", ".");
  return plain ? Number(plain) : NaN;
}

/** @param {number} value */
export function writeDegrees(value) {
  return value.toFixed(DIGITS).replace(".", settings.language === "de" ? "," : ".");
}

/**
 * Whether the map may go there: a slip of the keyboard must not take the reader out of the city.
 * @param {Position} position
 */
function isNear({ lng, lat }) {
  const [west, south, east, north] = settings.box ?? [-180, -90, 180, 90];
  return west <= lng && lng <= east && south <= lat && lat <= north;
}
