/** What the card of a token says. Pure. */

import { bitsText, inBits, shareText, surpriseOf } from "./numbers.js";

/** @typedef {import("./scored_text.js").Scored} Scored */

/** @param {Scored} token @returns {[name: string, value: string, line: string][]} a line explains the name */
export function tokenFacts(token) {
  const { logprob, rank, entropy, after } = token;
  const surprise = surpriseOf(logprob);
  if (logprob === null || surprise === null)
    return [["Probability", "none: nothing stands before it", ""]];
  const bits = inBits(entropy);
  const among = Math.max(1, Math.round(2 ** bits)).toLocaleString("en");
  return [
    ["Probability", shareText(Math.exp(logprob)), "How probable the model found it here"],
    ["After sampling", after > 0 ? shareText(after) : "left out", "After your sampling parameters"],
    ["Rank", rank.toLocaleString("en"), "1 is the likeliest"],
    ["Surprise", bitsText(surprise), "One bit more is half as probable"],
    [
      "Entropy",
      `${bitsText(bits)}, as among ${among}`,
      "How undecided the model was before this token",
    ],
  ];
}

/** @param {Scored} token @returns {string} for those who hear the page */
export const spokenFacts = (token) =>
  tokenFacts(token)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

/**
 * Where a card is to lie, so that it covers no letter of its token.
 *
 * @param {{left: number, top: number, bottom: number}} token in the window
 * @param {{width: number, height: number}} card
 * @param {{width: number, top: number, bottom: number}} room
 * @returns {{left: number, top: number | null, bottom: number | null, height: number}} `bottom` from the room's lower
 *   edge where it lies above the token; `height` at most
 */
export function besideToken(token, card, room) {
  const gap = 6;
  const left = Math.max(8, Math.min(token.left - 12, room.width - card.width - 8));
  const below = room.bottom - token.bottom - gap;
  const above = token.top - room.top - gap;
  if (below >= card.height || below >= above)
    return { left, top: token.bottom + gap, bottom: null, height: Math.max(0, below) };
  return { left, top: null, bottom: room.bottom - token.top + gap, height: Math.max(0, above) };
}
