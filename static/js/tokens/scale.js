/**
 * The steps of colour by surprise, shared by the text, the chart and the legend. Pure.
 *
 * A step holds a band of bits: twice as unlikely is one bit more. The colours are in heat.css.
 */

/** Where each step after the first begins, in bits. */
export const STEPS = [1, 2, 4, 6, 8, 11];

export const NUM_STEPS = STEPS.length + 1;

/** @param {number | null} logprob natural @returns {number} step from 0, the likeliest; a token without one is at 0 */
export function stepOf(logprob) {
  return logprob === null || Number.isNaN(logprob) ? 0 : stepOfBits(-logprob / Math.LN2);
}

/** @param {number} bits @returns {number} */
export function stepOfBits(bits) {
  let step = 0;
  while (step < STEPS.length && bits >= STEPS[step]) step += 1;
  return step;
}

/** Words of the legend: the probability down to which a step reaches. */
export const LEGEND = ["50 %", "25 %", "6 %", "1.6 %", "0.4 %", "0.05 %", "less"];
