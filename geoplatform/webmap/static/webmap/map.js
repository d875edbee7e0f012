// The map itself: library, style, ground, controls. What people do with it lives in the other modules.

import {
  AttributionControl,
  GeolocateControl,
  Map as MapLibreMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "../pages/vendor/maplibre-gl.mjs";
import { drawMissingImages } from "../pages/images.js";
import { byNight, withGround } from "../pages/map.js";
import { settings, text } from "./settings.js";
import { say } from "./status.js";
import { withFilter } from "./tiles.js";

/**
 * The map in an element; nothing stands in it before its "load" event.
 * @param {HTMLElement} container
 */
export function makeMap(container) {
  setWorkerUrl(new URL(settings.worker, location.href).href);
  const linked = location.hash.includes("map=");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new MapLibreMap({
    container,
    style: settings.style,
    transformStyle: (_previous, style) => withGround(byNight(withFilter(style)), settings.basemap),
    bounds: settings.box ?? [5.9, 47.2, 15.1, 55.1],
    fitBoundsOptions: { padding: 24 },
    // `#map=zoom/latitude/longitude`: a link shows the same view to another.
    hash: "map",
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: calm ? 0 : 200,
    attributionControl: false,
    locale: {
      "Map.Title": text("map"),
      "Marker.Title": text("pin"),
      "NavigationControl.ZoomIn": text("zoomIn"),
      "NavigationControl.ZoomOut": text("zoomOut"),
      "GeolocateControl.FindMyLocation": text("findMe"),
      "GeolocateControl.LocationNotAvailable": text("noPosition"),
      "AttributionControl.ToggleAttribution": text("attribution"),
      "ScaleControl.Meters": text("m"),
      "ScaleControl.Kilometers": text("km"),
    },
  });
  // Where the city does not fit, better a part of it with something on it.
  if (!linked && map.getZoom() < settings.zoom) map.jumpTo({ zoom: settings.zoom });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new GeolocateControl({ positionOptions: { enableHighAccuracy: true } }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
  map.addControl(new AttributionControl({ compact: true }), "bottom-right");
  drawMissingImages(map);
  tellOnce(map);
  return map;
}

/**
 * A tile that fails is said once, not for each of a hundred tiles.
 * @param {MapLibreMap} map
 */
function tellOnce(map) {
  let told = false;
  map.on("error", ({ error }) => {
    console.warn(error);
    // Without a network everybody knows why, and what is said about what they do is worth more.
    if (told || !navigator.onLine) return;
    say(text("mapFailed"));
    told = true;
  });
}
