/**
 * The two lists of a look: the likeliest tokens, and those that were drawn; and what is typed to find one. Pure.
 */

/** @typedef {import("../protocol.js").Look} Look */
/** @typedef {import("../protocol.js").LookToken} LookToken */
/**
 * @typedef {object} Row
 * @property {number} id of the token
 * @property {number} rank among all of its list, from 1
 * @property {string} shown
 * @property {string | null} text what would be put in
 * @property {number} before probability
 * @property {number} after probability
 * @property {number} num how often it was drawn
 * @property {string} reason why it can't be taken; empty where it can
 */

export const NUM_LIKELIEST = 100;
export const NUM_DRAWS = 100;

/** @param {LookToken} token @returns {string} why it can't be taken; empty where it can */
export function reasonNotToTake([, text, , after]) {
  if (text === null) return "This is no text: an end, or a part of a character";
  if (text === "") return "This stands here already";
  return !after ? "Your sampling leaves this one out; it can be taken all the same" : "";
}

/** @param {Row} row @returns {boolean} what the chain leaves out can still be chosen by hand */
export const canBeTaken = (row) => row.text !== null && row.text !== "";

/** @param {LookToken} token @param {number} rank @returns {Row} */
function rowOf(token, rank) {
  const [id, text, logprob, after, , num, shown] = token;
  const before = logprob === null ? 0 : Math.exp(logprob);
  return { id, rank, shown, text, before, after: after ?? 0, num, reason: reasonNotToTake(token) };
}

/** @param {Look} look @returns {Row[]} likeliest first, before the chain */
export const likeliest = (look) =>
  look.tokens.slice(0, NUM_LIKELIEST).map((token, index) => rowOf(token, index + 1));

/** @param {Look} look @returns {Row[]} what came most often first */
export function drawn(look) {
  const found = look.tokens.filter(([, , , , , num]) => num > 0);
  found.sort((a, b) => b[5] - a[5] || Number(b[3]) - Number(a[3]));
  return found.map((token, index) => rowOf(token, index + 1));
}

/**
 * @param {Row[]} rows
 * @param {string} typed a space at its beginning is one; without it, spaces at a token's beginning do not count
 * @returns {Row[]} those that begin so, in any case; where none does, those that have it within
 */
export function filtered(rows, typed) {
  if (!typed) return rows;
  const wanted = folded(typed);
  const led = /^\s/.test(typed);
  const begins = rows.filter(({ shown }) => {
    const text = folded(shown);
    return text.startsWith(wanted) || (!led && text.trimStart().startsWith(wanted));
  });
  return begins.length ? begins : rows.filter(({ shown }) => folded(shown).includes(wanted));
}

/** @param {string} text */
const folded = (text) => text.toLocaleLowerCase().normalize("NFC");

/**
 * @param {number} share from 0 to 1
 * @returns {number} the part of a row's width that stands for it: small ones can still be told apart
 */
export const widthOf = (share) => Math.sqrt(Math.min(1, Math.max(0, share)));
