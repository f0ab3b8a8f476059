/** Where values stand in a chart: scales, ticks, bars. Pure. */

import { clamped } from "../format.js";

/** @typedef {import("./statistics.js").Bins} Bins */
/** @typedef {import("./statistics.js").Side} Side */
/** @typedef {{kind: "uniform" | "log", low: number, high: number}} Domain */

/**
 * @param {Domain} domain
 * @returns {(value: number) => number} where a value stands: 0 at its low end, 1 at its high one, never outside
 */
export function placeIn({ kind, low, high }) {
  const scaled = kind === "log" ? Math.log : Number;
  const begin = scaled(low);
  const length = scaled(high) - begin;
  return (value) => (length > 0 ? clamped((scaled(value) - begin) / length, 0, 1) : 0.5);
}

/** @param {Bins[]} all of one parameter, at least one @returns {Domain} in which all of them stand */
export function domainOf(all) {
  const low = Math.min(...all.map(({ edges }) => edges[0]));
  const high = Math.max(...all.map(({ edges }) => edges[edges.length - 1]));
  const kind = low > 0 && all.some(({ scale }) => scale === "log") ? "log" : "uniform";
  return { kind, low, high };
}

/** @param {number[]} weights @returns {number[]} as fractions of their sum */
export function sharesOf(weights) {
  const sum = weights.reduce((total, one) => total + one, 0);
  return weights.map((one) => (sum > 0 ? one / sum : 0));
}

/** @param {Bins[]} all @returns {number} the highest bar of either side, as a fraction */
export const highestShare = (all) =>
  Math.max(
    0.01,
    ...all.flatMap(({ chosen, rejected }) => [...sharesOf(chosen), ...sharesOf(rejected)]),
  );

/**
 * @param {Domain} domain
 * @param {number} most
 * @returns {number[]} round numbers within, up to `most` of them
 */
export function ticksOf({ kind, low, high }, most) {
  if (!(high > low)) return [low];
  const found = kind === "log" ? logTicks(low, high, most) : evenTicks(low, high, most);
  return found.length > 1 || kind !== "log" ? found : evenTicks(low, high, most);
}

/** @param {number} low @param {number} high @param {number} most */
function evenTicks(low, high, most) {
  const rough = (high - low) / Math.max(1, most - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 5, 10, 20, 50]) {
    const step = factor * power;
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    if (last - first + 1 > most) continue;
    const ticks = Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
    return ticks.map((tick) => Number(tick.toPrecision(12)));
  }
  return [];
}

/** @param {number} low @param {number} high @param {number} most */
function logTicks(low, high, most) {
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const factor of factors) {
        const tick = Number((factor * 10 ** power).toPrecision(12));
        if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
      }
    if (ticks.length <= most) return ticks;
  }
  return [];
}

/** @param {number} tick @returns {string} as short as it can be */
export const tickText = (tick) => String(Number(tick.toPrecision(6)));

/**
 * @param {{chosen: Side | null, rejected: Side | null, mean: number | null}[]} slots
 * @param {"uniform" | "log"} kind
 * @param {[number, number]} half the places of quantiles between which the middle half lies
 * @returns {Domain | null} in which means and middle halves stand, with a little air; null where there are none
 */
export function reachOf(slots, kind, [from, to]) {
  const values = slots.flatMap(({ chosen, rejected, mean }) => [
    ...(mean === null ? [] : [mean]),
    ...[chosen, rejected].flatMap((side) =>
      side ? [side.quantiles[from], side.quantiles[to]] : [],
    ),
  ]);
  if (!values.length) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const log = kind === "log" && low > 0;
  if (high <= low) return { kind: "uniform", low: low - 0.5, high: high + 0.5 };
  const air = log ? (high / low) ** 0.06 : (high - low) * 0.06;
  return log
    ? { kind: "log", low: low / air, high: high * air }
    : { kind: "uniform", low: low - air, high: high + air };
}

/** @param {number} num places @param {number} width of all of them @param {number} least of a label @returns {number} each how many-th is labelled */
export function labelEvery(num, width, least) {
  const needed = (least * num) / Math.max(1, width);
  return [1, 2, 5, 10, 20, 50, 100].find((every) => every >= needed) ?? 200;
}
