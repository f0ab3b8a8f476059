/**
 * Surprise and entropy along the story, in columns: mean, least and most of the tokens that reach into each. Pure.
 */

import { inBits, surpriseOf } from "./numbers.js";

/** @typedef {import("./scored_text.js").ScoredText} ScoredText */
/**
 * @typedef {object} Column of so many units of text
 * @property {number} count of tokens; 0: nothing is known
 * @property {number} surprise mean, in bits
 * @property {number} least
 * @property {number} most
 * @property {number} entropy mean, in bits
 */

/**
 * @param {(see: (token: import("./scored_text.js").Scored) => void) => void} eachToken
 * @param {number} length of the text in UTF-16 units
 * @param {number} num of columns
 * @returns {Column[]}
 */
export function columnsOf(eachToken, length, num) {
  const columns = Array.from({ length: num }, () => ({
    ...{ count: 0, surprise: 0, least: Infinity, most: 0, entropy: 0 },
  }));
  eachToken(({ from, to, logprob, entropy }) => {
    const surprise = surpriseOf(logprob);
    if (surprise === null) return;
    const last = columnAt(Math.max(from, to - 1), length, num);
    for (let at = columnAt(from, length, num); at <= last; at++)
      addTo(columns[at], surprise, inBits(entropy));
  });
  for (const column of columns) {
    column.surprise /= column.count || 1;
    column.entropy /= column.count || 1;
  }
  return columns;
}

/** @param {Column} column @param {number} surprise @param {number} entropy */
function addTo(column, surprise, entropy) {
  column.count += 1;
  column.surprise += surprise;
  column.entropy += entropy;
  column.least = Math.min(column.least, surprise);
  column.most = Math.max(column.most, surprise);
}

/** @param {number} at @param {number} length @param {number} num */
export const columnAt = (at, length, num) =>
  Math.max(0, Math.min(num - 1, Math.floor((at / Math.max(1, length)) * num)));

/** @param {Column[]} columns @returns {number} bits that the chart reaches up to: a multiple of 4 */
export function highestOf(columns) {
  const most = columns.reduce((high, { most }) => Math.max(high, most), 0);
  return Math.max(8, Math.ceil(most / 4) * 4);
}

/**
 * @param {(see: (token: import("./scored_text.js").Scored) => void) => void} eachToken
 * @param {number} num
 * @returns {import("./scored_text.js").Scored[]} the most surprising ones, most surprising first
 */
export function mostSurprising(eachToken, num) {
  /** @type {import("./scored_text.js").Scored[]} */
  const found = [];
  eachToken((token) => {
    if (token.logprob === null) return;
    const least = found.at(-1)?.logprob ?? 0;
    if (found.length === num && token.logprob >= least) return;
    const before = found.findIndex(
      ({ logprob }) => /** @type {number} */ (logprob) > Number(token.logprob),
    );
    found.splice(before < 0 ? found.length : before, 0, token);
    if (found.length > num) found.pop();
  });
  return found;
}
