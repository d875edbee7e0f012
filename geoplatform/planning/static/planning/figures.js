// The figures of a drawing: asked of the server after each step, as the form itself would, and put into the page.

const PAUSE = 250; // ms without another step
const AGAIN = 3000; // ms where others are being answered

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} place where the answer goes
 * @param {(words: string) => void} say
 * @param {Record<string, string>} words
 */
export function makeFigures(form, place, say, words) {
  /** @type {AbortController | null} */
  let running = null;
  let waiting = 0;

  async function ask() {
    running?.abort();
    const own = new AbortController();
    running = own;
    place.setAttribute("aria-busy", "true");
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    body.set("part", "figures");
    try {
      const answer = await fetch(form.action, { method: "POST", body, signal: own.signal });
      if (answer.status === 503) {
        say(words.busy);
        later(AGAIN);
        return;
      }
      place.innerHTML = await answer.text();
      say(place.querySelector("[role=alert], #headline")?.textContent ?? "");
    } catch (error) {
      if (own.signal.aborted) return; // a later question is on its way
      console.warn(error);
      say(words.offline);
    }
    if (running === own) place.removeAttribute("aria-busy");
  }

  /** @param {number} pause */
  function later(pause) {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => void ask(), pause);
  }

  return { ask: () => later(PAUSE) };
}
