// The list of a drawing: a row for each of its parts, with what can be said of it.

/** @import { Part, Said } from "./sketch.js" */
/** @import { Subject } from "./there.js" */

/**
 * @param {HTMLElement} list
 * @param {Subject[]} subjects
 * @param {Record<string, string>} words
 * @param {{said: (index: number, said: Said) => void, edit: (index: number) => void, drop: (index: number) => void}} acts
 */
export function makeRows(list, subjects, words, { said, edit, drop }) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("part-row"));

  /** @param {Part} part  @param {number} index */
  function row(part, index) {
    const { act = "add", layer = subjects[0].layer, kind, name = "", number = 1 } = part.properties;
    const subject = subjects.find((each) => each.layer === layer) ?? subjects[0];
    const item = /** @type {HTMLElement} */ (template.content.cloneNode(true));
    const one = (/** @type {string} */ which) => /** @type {any} */ (item.querySelector(`.part-${which}`));
    const called = `${index + 1}: ${subject.title}`;
    one("what").textContent = `${words[`is-${act}`] ?? act}: ${subject.title}`;
    const kinds = Object.entries(subject.kinds);
    if (act === "remove" || !kinds.length) one("kind").remove();
    else {
      if (act === "change") one("kind").append(new Option(words.asItIs, ""));
      one("kind").append(...kinds.map(([value, title]) => new Option(title, value)));
      one("kind").value = kind ?? (act === "add" ? subject.usual : "");
      one("kind").addEventListener("change", (/** @type {any} */ event) => said(index, { kind: event.target.value || undefined }));
    }
    if (subject.shape !== "point" || act === "remove") one("number").remove();
    else {
      one("number").value = String(number);
      one("number").addEventListener("change", (/** @type {any} */ event) => said(index, { number: Number(event.target.value) }));
    }
    one("name").value = name;
    one("name").addEventListener("change", (/** @type {any} */ event) => said(index, { name: event.target.value || undefined }));
    if (act === "remove") one("edit").remove();
    else one("edit").addEventListener("click", () => edit(index));
    one("drop").addEventListener("click", () => drop(index));
    for (const each of item.querySelectorAll("select, input, button")) each.setAttribute("aria-label", `${each.getAttribute("data-label")} ${called}`);
    return item;
  }

  return {
    /** @param {Part[]} parts */
    show(parts) {
      // Whoever has just changed something stays where they were.
      const before = document.activeElement;
      const at = before && list.contains(before) ? [...list.querySelectorAll("select, input, button")].indexOf(before) : -1;
      list.replaceChildren(...parts.map(row));
      if (at >= 0) /** @type {HTMLElement | undefined} */ ([...list.querySelectorAll("select, input, button")][at])?.focus();
    },
  };
}
