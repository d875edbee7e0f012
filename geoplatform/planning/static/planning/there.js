// What is there already: looked up at a place, so that it can be taken away or given another outline.

import { sinceWritten } from "../pages/written.js";

/** @typedef {{layer: string, title: string, kinds: Record<string, string>, usual: string, shape: string}} Subject shape: area, line or point */
/** @typedef {{layer: string, id: string, title: string, geometry: any, kind: string}} There */

const MOST = 8; // of a layer

/**
 * @param {Subject[]} subjects
 * @param {number[]} box west, south, east, north in degrees
 * @returns {Promise<There[]>}
 */
export async function lookThere(subjects, box) {
  const found = await Promise.all(
    subjects.map(async (each) => {
      const address = `/api/collections/${each.layer}/items?f=json&limit=${MOST}&bbox=${box.map((n) => n.toFixed(7)).join(",")}`;
      const answer = await fetch(address, { credentials: "omit", headers: sinceWritten() });
      if (!answer.ok) return [];
      const { features } = /** @type {{features: any[]}} */ (await answer.json());
      return features.filter((one) => one.properties.status !== "gone").map((one) => thing(each, one));
    }),
  );
  return found.flat();
}

/**
 * The geometry of something that is there, to be shown where it goes.
 * @param {string} layer
 * @param {string} id
 */
export async function geometryThere(layer, id) {
  const answer = await fetch(`/api/collections/${layer}/items/${id}?f=json`, { credentials: "omit", headers: sinceWritten() });
  return answer.ok ? (await answer.json()).geometry : null;
}

/** @param {Subject} subject  @param {any} one  @returns {There} */
function thing(subject, one) {
  const { kind = "", name = "", species_de = "" } = one.properties;
  const called = [subject.kinds[kind] ?? kind, name || species_de].filter(Boolean).join(" ");
  return { layer: subject.layer, id: one.id, title: `${subject.title}: ${called || one.id.slice(0, 8)}`, geometry: one.geometry, kind };
}
