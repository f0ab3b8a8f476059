/** Probabilities, surprise and entropy in words and figures. Pure. Entropies come in nats and are shown in bits. */

const NAT_IN_BITS = 1 / Math.LN2;

/** @param {number | null} logprob natural @returns {number | null} bits */
export const surpriseOf = (logprob) =>
  logprob === null ? null : Math.max(0, -logprob * NAT_IN_BITS);

/** @param {number} nats */
export const inBits = (nats) => nats * NAT_IN_BITS;

/** @param {number} share from 0 to 1 @returns {string} two figures, or that it is less than can be said */
export function shareText(share) {
  const percent = share * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.01) return "< 0.01 %";
  if (percent > 99.9) return percent > 99.995 ? "100 %" : "> 99.9 %";
  const digits = percent > 99 ? 1 : percent >= 9.95 ? 0 : percent >= 0.995 ? 1 : 2;
  return `${percent.toFixed(digits)} %`;
}

/** @param {number} bits */
export const bitsText = (bits) => `${bits.toFixed(bits < 9.95 ? 1 : 0)} bits`;

/** @param {number} nats @returns {number} between as many equal choices one would hesitate as much */
const choices = (nats) => Math.exp(nats);

/** @param {number} count */
const roundly = (count) => {
  if (count < 20) return Math.round(count);
  const scale = 10 ** (Math.floor(Math.log10(count)) - 1);
  return Math.round(count / scale) * scale;
};

/**
 * @param {number} entropy in nats, before the sampler chain
 * @param {number} after it
 * @returns {string}
 */
export function hesitation(entropy, after) {
  const [before, then] = [choices(entropy), choices(after)];
  if (before < 1.15) return "The model is all but sure";
  const first = before < 1.5 ? "The model is nearly sure" : `The model hesitates ${among(before)}`;
  if (Math.round(then * 10) >= Math.round(before * 9)) return first;
  const left = then < 1.5 ? "one" : roundly(then).toLocaleString("en");
  return `${first}, ${left} after sampling`;
}

/** @param {number} count */
const among = (count) => {
  const whole = Math.max(2, roundly(count));
  return `between about ${whole.toLocaleString("en")} tokens`;
};
