// Where several databases answer, what comes back from a write says how far one must be before this browser may be answered
// from it: else somebody would miss what they have just sent. Pages carry it as a cookie, our scripts, which send none, as a header.

const NAME = "database-position";
const HEADER = "Database-Position";
const SECONDS = 600;

/** Headers to ask with: none unless something was sent from here in the last minutes.
 * @returns {Record<string, string>} */
export function sinceWritten() {
  const found = new RegExp(`(?:^|; )${NAME}=([0-9]+)`).exec(document.cookie);
  return found ? { [HEADER]: found[1] } : {};
}

/** @param {Response} answer to a write */
export function rememberWritten(answer) {
  const position = answer.headers.get(HEADER);
  if (position) document.cookie = `${NAME}=${position}; path=/; max-age=${SECONDS}; samesite=lax`;
}
