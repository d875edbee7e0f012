// Lines and areas drawn on the map with terra-draw, which is loaded with this module, when somebody draws.

import { TerraDrawMapLibreGLAdapter } from "./vendor/terra-draw-adapter.mjs";
import { TerraDraw, TerraDrawLineStringMode, TerraDrawPolygonMode, TerraDrawSelectMode } from "./vendor/terra-draw.mjs";
import { makeSnapping } from "./snap.js";

/** @import { Map as MapLibreMap } from "./vendor/maplibre-gl.mjs" */
/** @import { Corner } from "./snap.js" */
/** @typedef {{set: (parts: Corner[][]) => void, more: () => void, stop: () => void}} Drawing */

const COLOR = "#8a1c4a";
const DIGITS = 9; // what terra-draw takes at most

/**
 * @param {MapLibreMap} map
 * @param {{polygon: boolean, several: boolean, outlines: string[], changed: (parts: Corner[][]) => void}} options
 *   outlines: the layers whose outlines corners snap to; changed: is told what is drawn now
 * @returns {Drawing}
 */
export function makeDrawing(map, { polygon, several, outlines, changed }) {
  const mode = polygon ? "polygon" : "linestring";
  const snapping = { toCustom: makeSnapping(map, outlines) };
  const coordinates = { draggable: true, midpoints: true, deletable: true, snappable: snapping };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map }),
    modes: [
      polygon
        ? new TerraDrawPolygonMode({ snapping, styles: { fillColor: COLOR, outlineColor: COLOR, closingPointColor: COLOR } })
        : new TerraDrawLineStringMode({ snapping, styles: { lineStringColor: COLOR } }),
      new TerraDrawSelectMode({
        flags: { [mode]: { feature: { draggable: false, coordinates } } },
        styles: { selectedPolygonColor: COLOR, selectedPolygonOutlineColor: COLOR, selectedLineStringColor: COLOR },
      }),
    ],
  });
  draw.start();
  draw.setMode(mode);
  draw.on("finish", (id, { action }) => {
    if (action === "draw") {
      // One more part, or the corners of this one.
      if (!several) draw.removeFeatures(drawn().filter((each) => each.id !== id).map((each) => each.id ?? ""));
      window.setTimeout(() => draw.selectFeature(id));
    }
    changed(drawn().map(corners));
  });

  return {
    set(parts) {
      draw.clear();
      const whole = parts.filter((part) => part.length > (polygon ? 2 : 1));
      draw.addFeatures(whole.map(feature));
      const [first] = drawn();
      if (first?.id) draw.selectFeature(first.id);
      else draw.setMode(mode);
      if (first) comeNear(whole.flat());
    },
    // The next click begins one part more.
    more() {
      draw.setMode(mode);
    },
    stop() {
      draw.stop();
    },
  };

  /** Only what is drawn, without the handles. */
  function drawn() {
    return draw.getSnapshot().filter((each) => each.properties.mode === mode && !each.properties.currentlyDrawing);
  }

  /** @param {Corner[]} part */
  function feature(part) {
    const line = part.map(([lng, lat]) => [Number(lng.toFixed(DIGITS)), Number(lat.toFixed(DIGITS))]);
    return {
      type: /** @type {const} */ ("Feature"),
      geometry: polygon
        ? { type: /** @type {const} */ ("Polygon"), coordinates: [[...line, line[0]]] }
        : { type: /** @type {const} */ ("LineString"), coordinates: line },
      properties: { mode },
    };
  }

  /**
   * @param {{geometry: {type: string, coordinates: any}}} each
   * @returns {Corner[]}
   */
  function corners({ geometry }) {
    return polygon ? geometry.coordinates[0].slice(0, -1) : geometry.coordinates;
  }

  /** @param {Corner[]} all */
  function comeNear(all) {
    const bounds = map.getBounds();
    if (all.every((corner) => bounds.contains(corner))) return;
    const [lngs, lats] = [all.map((corner) => corner[0]), all.map((corner) => corner[1])];
    map.fitBounds([Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)], { padding: 60, maxZoom: 19 });
  }
}
