/** What the chain does to the next token, as numbers and words for a picture of it. Pure. */

import { numberText } from "../format.js";
import { visible } from "./values.js";

/** @typedef {import("../protocol.js").Look} Look */
/** @typedef {{id: number, shown: string, before: number, after: number}} Bar probabilities from 0 to 1 */

/** So much may be missing from a whole for numbers that were rounded. */
const ROUNDED = 0.0005;
const FULL = [0.05, 0.1, 0.25, 0.5, 1];

/** @param {Look} look @returns {Bar[]} those that were likeliest before the chain first */
export const barsOf = ({ tokens }) =>
  tokens.map(([id, text, logprob, after, , , shown]) => ({
    id,
    shown: visible(shown || text || "") || `#${id}`,
    before: logprob === null ? 0 : Math.exp(logprob),
    after: after ?? 0,
  }));

/** @param {Bar[]} bars @returns {number} the probability that a bar of full length stands for */
export function fullLength(bars) {
  const most = Math.max(0, ...bars.flatMap(({ before, after }) => [before, after]));
  return FULL.find((full) => most <= full) ?? 1;
}

/** @param {number} share @returns {string} with as many digits as tell anything */
export function shareText(share) {
  if (share === 0) return "–";
  const percent = share * 100;
  if (percent < 0.1) return "< 0.1 %";
  return `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/**
 * @param {Bar[]} bars
 * @param {number | undefined} vocabulary so many tokens the model has
 * @returns {string} what the picture shows, in a sentence
 */
export function inWords(bars, vocabulary) {
  const left = bars.filter(({ after }) => after > 0);
  const of = vocabulary ? ` of ${numberText(vocabulary)}` : "";
  if (!left.length)
    return bars.length ? `After this chain none of these ${bars.length} tokens can come.` : "";
  const sum = left.reduce((all, { after }) => all + after, 0);
  const top = Math.max(...left.map(({ after }) => after));
  const takes = `the likeliest takes ${shareText(top)}`;
  if (sum < 1 - ROUNDED) {
    const rest = `these ${left.length} hold ${shareText(sum)}`;
    return `After this chain more than ${left.length}${of} tokens can come; ${takes}, ${rest}.`;
  }
  if (left.length === 1) return `After this chain only one${of} tokens can come.`;
  return `After this chain ${left.length}${of} tokens can come; ${takes}.`;
}
