// The sheet prints by the browser's own dialogue; without this script by its menu.

const button = document.getElementById("print");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
