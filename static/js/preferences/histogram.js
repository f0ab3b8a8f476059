/** A parameter's values on cards that were taken, as bars, against those passed over, as an outline. */

import { percentText } from "../format.js";
import { domainOf, highestShare, placeIn, sharesOf, tickText, ticksOf } from "./scales.js";
import { rounded, svg } from "./svg.js";
import { PARAMETERS, meansWords, missing, valueText } from "./words.js";

/** @typedef {import("./statistics.js").Bins} Bins */
/** @typedef {import("./statistics.js").ParameterStatistics} ParameterStatistics */

const SIDE = 12;
const TOP = 16;
const BASE = 112;
const HEIGHT = 146;
const LABEL_PX = 48;

/**
 * @param {string} name
 * @param {ParameterStatistics & {bins: Bins}} found
 * @param {Bins[]} beside all charts' bins that share its scales, its own among them
 * @param {string} whose "yours" or a file's name
 * @returns {import("./chart.js").Content}
 */
export function histogram(name, found, beside, whose) {
  const { edges, chosen, rejected } = found.bins;
  const taken = sharesOf(chosen);
  const passed = sharesOf(rejected);
  const range = (/** @type {number} */ at) =>
    `${valueText(name, edges[at])} to ${valueText(name, edges[at + 1])}`;
  const places = taken.map((share, at) => ({
    words: `${range(at)}: ${percentText(share)} of those taken, ${percentText(passed[at])} of those passed over`,
    cells: [range(at), percentText(share), percentText(passed[at])],
  }));
  return {
    label: `${PARAMETERS[name].title}: taken against passed over, ${whose}`,
    rest: meansWords(name, found),
    height: HEIGHT,
    places,
    columns: [PARAMETERS[name].title, "Taken", "Passed over"],
    draw: (width) => drawing(found, beside, width),
  };
}

/**
 * @param {ParameterStatistics & {bins: Bins}} found
 * @param {Bins[]} beside
 * @param {number} width
 * @returns {import("./chart.js").Drawing}
 */
function drawing(found, beside, width) {
  const domain = domainOf(beside);
  const place = placeIn(domain);
  const x = (/** @type {number} */ value) => SIDE + place(value) * (width - 2 * SIDE);
  const most = highestShare(beside);
  const y = (/** @type {number} */ share) => BASE - (share / most) * (BASE - TOP - 6);
  const edges = found.bins.edges.map(x);
  /** @type {[number, number][]} */
  const spans = edges.slice(1).map((to, at) => [edges[at], to]);
  const bars = sharesOf(found.bins.chosen).map((share, at) => {
    const [from, to] = spans[at];
    const box = {
      x: from + 1,
      y: y(share),
      width: Math.max(1, to - from - 2),
      height: BASE - y(share),
    };
    return svg("rect", { class: "chart-taken", ...box });
  });
  const outline = sharesOf(found.bins.rejected)
    .map((share, at) => `V ${rounded(y(share))} H ${rounded(edges[at + 1])}`)
    .join(" ");
  const ticks = ticksOf(domain, Math.max(2, Math.floor((width - 2 * SIDE) / LABEL_PX)));
  return {
    spans,
    nodes: [
      ...bars,
      svg("path", {
        class: "chart-passed-line",
        d: `M ${rounded(edges[0])} ${BASE} ${outline} V ${BASE}`,
      }),
      svg("path", { class: "chart-axis", d: `M ${SIDE} ${BASE + 0.5} H ${width - SIDE}` }),
      ...means(found, x),
      ...best(found, x),
      ...ticks.map((tick) => label(x(tick), tickText(tick))),
    ],
  };
}

/** @param {ParameterStatistics} found @param {(value: number) => number} x */
function means({ chosen, rejected }, x) {
  const mark = (/** @type {number} */ at, /** @type {string} */ name) =>
    svg("path", { class: name, d: `M ${rounded(at)} ${BASE + 3} l 4.5 8 h -9 z` });
  return [
    ...(rejected ? [mark(x(rejected.mean), "chart-passed-mark")] : []),
    ...(chosen ? [mark(x(chosen.mean), "chart-taken-mark")] : []),
  ];
}

/** @param {ParameterStatistics} found @param {(value: number) => number} x */
function best({ best: top, chosen }, x) {
  if (!top || missing(chosen?.num ?? 0)) return [];
  const at = 6;
  const { low, high } = top;
  const reach =
    low === null || high === null
      ? []
      : [
          svg("path", {
            class: "chart-best-reach",
            d: `M ${rounded(x(low))} ${at} H ${rounded(x(high))}`,
          }),
        ];
  return [...reach, svg("circle", { class: "chart-best", cx: x(top.value), cy: at, r: 3.5 })];
}

/** @param {number} at @param {string} text */
const label = (at, text) =>
  svg("text", { class: "chart-label", x: at, y: HEIGHT - 6, "text-anchor": "middle" }, text);
