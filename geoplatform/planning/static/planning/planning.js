// What the planner's pages do besides working without scripts: a quarter pointed at in the map or a plot is marked in the
// table too, and the report can be printed by a button.

const MARKED = "marked";

/** @param {EventTarget | null} target  @returns {string | null} the id of the quarter that was pointed at */
function quarter(target) {
  if (!(target instanceof Element)) return null;
  const drawn = target.closest("[data-row]");
  const row = target.closest("tr[id^='q-']");
  return drawn?.getAttribute("data-row") ?? row?.id.slice(2) ?? null;
}

/** @param {string | null} id */
function mark(id) {
  for (const each of document.querySelectorAll(`.${MARKED}`)) each.classList.remove(MARKED);
  if (id === null) return;
  document.getElementById(`q-${id}`)?.classList.add(MARKED);
  for (const each of document.querySelectorAll(`[data-row="${CSS.escape(id)}"]`)) each.classList.add(MARKED);
}

document.addEventListener("pointerover", (event) => mark(quarter(event.target)));
document.addEventListener("click", (event) => {
  const drawn = event.target instanceof Element ? event.target.closest("[data-row]") : null;
  const row = drawn && document.getElementById(`q-${drawn.getAttribute("data-row")}`);
  row?.scrollIntoView({ block: "center" });
});

const onPaper = document.getElementById("print");
if (onPaper) {
  onPaper.hidden = false;
  onPaper.addEventListener("click", () => window.print());
}
