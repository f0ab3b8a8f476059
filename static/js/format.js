/** Numbers, sizes and times as a reader says them. Pure. */

const COUNT = new Intl.NumberFormat("en");
const DAY_S = 86_400;

/** @param {number} value */
export const numberText = (value) => COUNT.format(value);

/** @param {number} share from 0 to 1 */
export const percentText = (share) => `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`;

/** @param {number} value @param {number} low @param {number} high */
export const clamped = (value, low, high) => Math.min(high, Math.max(low, value));

/** @param {number} count @param {string} noun in the singular; an s makes it plural */
export const counted = (count, noun) => `${numberText(count)} ${noun}${count === 1 ? "" : "s"}`;

/** @param {number} value in bytes */
export function bytesText(value) {
  if (value < 1e6) return `${Math.round(value / 1e3)} KB`;
  if (value < 1e9) return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB`;
  return `${(value / 1e9).toFixed(1)} GB`;
}

/** @param {number} seconds @param {number} [decimals] of a short time */
export function durationText(seconds, decimals = 1) {
  if (seconds < 10) return `${seconds.toFixed(decimals)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/**
 * @param {number} then seconds since the epoch
 * @param {number} now seconds since the epoch
 * @returns {string} "just now", "5 min ago", "14:32", "yesterday", or a date
 */
export function agoText(then, now) {
  const past = now - then;
  if (past < 60) return "just now";
  if (past < 3600) return `${Math.floor(past / 60)} min ago`;
  const date = new Date(then * 1000);
  const today = new Date(now * 1000);
  if (date.toDateString() === today.toDateString()) return `at ${clockText(date)}`;
  const yesterday = new Date((now - DAY_S) * 1000);
  if (date.toDateString() === yesterday.toDateString()) return `yesterday at ${clockText(date)}`;
  return date.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}

/** @param {Date} date */
const clockText = (date) => date.toTimeString().slice(0, 5);
