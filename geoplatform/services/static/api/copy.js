// A button beside each command that copies it; without scripts, people select the text themselves.

for (const list of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-copy]"))) {
  const { copy = "", copied = "" } = list.dataset;
  for (const code of list.querySelectorAll("code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = copy;
    button.addEventListener("click", async () => {
      if (await put(code)) {
        button.textContent = copied;
        setTimeout(() => (button.textContent = copy), 2000);
      }
    });
    code.closest(".code")?.append(button);
  }
}

/**
 * The clipboard is there on secure pages alone; elsewhere the text is at least selected.
 * @param {HTMLElement} code
 */
async function put(code) {
  getSelection()?.selectAllChildren(code);
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    return true;
  } catch {
    return false;
  }
}
