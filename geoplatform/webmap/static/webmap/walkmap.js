// The map of a walk's own page: the stops with their numbers, and the straight line through them.

import { boxAround, canDraw, makeSmallMap, readSettings } from "../pages/map.js";
import { drawWalk } from "./walkline.js";

/** @import { MapSettings } from "../pages/map.js" */
/** @typedef {MapSettings & {style: string, stops: {place: [number, number], title: string}[]}} Settings */

/** @type {Settings} what the page tells (walk_views.py) */
const settings = readSettings();
const container = document.getElementById("map");

if (container) {
  if (canDraw()) {
    const places = settings.stops.map((each) => each.place);
    const bounds = boxAround(places.map((coordinates) => ({ coordinates })));
    const map = makeSmallMap(container, settings, { style: settings.style, bounds, padding: 50, maxZoom: 16 });
    map.once("load", () => drawWalk(map, places));
  } else {
    container.closest("figure")?.classList.add("no-map");
  }
}
