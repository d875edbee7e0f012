// Shortcuts of one key each. They can be switched off (WCAG 2.1.4), and never act while somebody types.

const KEPT = "review-keys"; // in this browser: "off" or nothing

/**
 * @param {Record<string, (event: KeyboardEvent) => void>} actions by `KeyboardEvent.key`
 */
export function makeKeys(actions) {
  const help = /** @type {HTMLElement | null} */ (document.querySelector(".keys"));
  const button = /** @type {HTMLInputElement | null} */ (document.getElementById("keys-on"));
  if (!help || !button) return;
  help.hidden = false;
  button.checked = localStorage.getItem(KEPT) !== "off";
  button.addEventListener("change", () => {
    if (button.checked) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, "off");
  });
  document.addEventListener("keydown", (event) => {
    const typing = /** @type {Element} */ (event.target).closest("textarea, select, input:not([type=checkbox], [type=radio]), .maplibregl-map");
    if (!button.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing) {
      if (event.key === "Escape") /** @type {HTMLElement} */ (typing).blur();
      return;
    }
    const act = actions[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}
