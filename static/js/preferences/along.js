/** A parameter along steps or groups: the mean of what was taken, and where the middle half of each side lies. */

import { numberText } from "../format.js";
import { FEWEST_IN_SLOT } from "./groups.js";
import { labelEvery, placeIn, tickText, ticksOf } from "./scales.js";
import { MIDDLE_HALF } from "./statistics.js";
import { rounded, svg } from "./svg.js";
import { PARAMETERS, valueText } from "./words.js";

/** @typedef {import("./groups.js").Slot} Slot */
/** @typedef {import("./scales.js").Domain} Domain */
/** @typedef {import("./statistics.js").Side} Side */

const LEFT = 40;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 132;
const COUNTS = { top: 160, bottom: 178 };
const HEIGHT = 196;
const WIDEST_BAND = 44;
const NARROW = 7;

/**
 * @typedef {object} Along
 * @property {string} name of the parameter
 * @property {Slot[]} slots
 * @property {number} num places, those without a slot among them
 * @property {Domain} domain of the values
 * @property {boolean} joined whether it is along steps
 * @property {boolean} few whether there are too few to draw a line through
 * @property {number} most counted in any slot beside
 */

/** @param {Along} along @param {string} how @param {string} whose @returns {import("./chart.js").Content} */
export function alongChart(along, how, whose) {
  const { name, slots, joined } = along;
  const value = (/** @type {number | null | undefined} */ one) =>
    one === null || one === undefined ? "–" : valueText(name, one);
  const half = (/** @type {Side | null} */ side) =>
    side
      ? `${value(side.quantiles[MIDDLE_HALF[0]])} to ${value(side.quantiles[MIDDLE_HALF[1]])}`
      : "–";
  const places = slots.map(({ title, mean, chosen, rejected, num }) => ({
    words: `${title}: ${mean === null ? "nothing taken" : `${value(mean)}, half of those taken ${half(chosen)}`}; passed over ${half(rejected)}; ${numberText(num)} taken`,
    cells: [title, value(mean), half(chosen), half(rejected), numberText(num)],
  }));
  return {
    label: `${PARAMETERS[name].title} ${how}, ${whose}`,
    rest: restWords(along),
    height: HEIGHT,
    places,
    columns: [
      joined ? "Step" : "Group",
      "Mean of those taken",
      "Half of them",
      "Half of those passed over",
      "Taken",
    ],
    draw: (width) => drawing(along, width),
  };
}

/** @param {Along} along @returns {string} means that are not of few: of steps the first and the last */
function restWords({ name, slots, joined }) {
  const known = slots.filter(({ mean, num }) => mean !== null && num >= FEWEST_IN_SLOT);
  const told = known.filter((_, at) => !joined || at === 0 || at === known.length - 1);
  const words = told.map(({ title, mean }) => `${title}: ${valueText(name, Number(mean))}`);
  return words.join(" · ");
}

/** @param {Along} along @param {number} width @returns {import("./chart.js").Drawing} */
function drawing({ slots, num, domain, joined, few, most }, width) {
  const step = (width - LEFT - RIGHT) / Math.max(1, num);
  const place = placeIn(domain);
  const y = (/** @type {number} */ value) => BOTTOM - place(value) * (BOTTOM - TOP);
  const middle = (/** @type {Slot} */ slot) => LEFT + (slot.at + 0.5) * step;
  const band = Math.min(step, joined ? Infinity : WIDEST_BAND);
  const ends = (/** @type {Slot} */ slot) => [middle(slot) - band / 2, middle(slot) + band / 2];
  const ticks = ticksOf(domain, 4).map((tick) => gridLine(y(tick), tickText(tick), width));
  const every = labelEvery(num, width - LEFT - RIGHT, joined ? 26 : 1);
  const labelled = slots.filter(({ at }) => at % every === 0 || (every > 1 && at === 0));
  const inked = slots.filter(({ mean }) => mean !== null);
  const points = inked.map((slot) => ({ slot, x: middle(slot), y: y(Number(slot.mean)) }));
  const line = points.map(({ x, y: at }) => `${rounded(x)},${rounded(at)}`).join(" ");
  const dots = step < NARROW && joined ? [] : points;
  return {
    spans: slots.map((slot) => [LEFT + slot.at * step, LEFT + (slot.at + 1) * step]),
    nodes: [
      ...ticks.flat(),
      ...slots.flatMap((slot) => bandOf(slot.rejected, ends(slot), y, "chart-passed")),
      ...slots.flatMap((slot) => bandOf(slot.chosen, ends(slot), y, "chart-taken")),
      ...(joined && !few ? [svg("polyline", { class: "chart-line", points: line })] : []),
      ...dots.map(({ slot, x, y: cy }) => {
        const few = slot.num < FEWEST_IN_SLOT ? " is-few" : "";
        return svg("circle", { class: `chart-dot${few}`, cx: x, cy, r: 3 });
      }),
      ...labelled.map((slot) => text(middle(slot), BOTTOM + 18, slot.label)),
      svg("path", {
        class: "chart-axis",
        d: `M ${LEFT} ${COUNTS.bottom + 0.5} H ${width - RIGHT}`,
      }),
      ...slots.map((slot) => countBar(slot, middle(slot), Math.min(band, 24), most)),
      ...labelled.map((slot) => text(middle(slot), HEIGHT - 4, numberText(slot.num))),
    ],
  };
}

/**
 * @param {Side | null} side
 * @param {number[]} ends
 * @param {(value: number) => number} y
 * @param {string} kind
 */
function bandOf(side, [from, to], y, kind) {
  if (!side) return [];
  const [low, high] = MIDDLE_HALF.map((at) => y(side.quantiles[at]));
  const box = { x: from, y: high, width: to - from, height: Math.max(1, low - high) };
  const edges = `M ${rounded(from)} ${rounded(low)} H ${rounded(to)} M ${rounded(from)} ${rounded(high)} H ${rounded(to)}`;
  const area = svg("rect", { class: `${kind}-band`, ...box });
  // Of many narrow places the edges would be dust.
  return box.width < NARROW ? [area] : [area, svg("path", { class: `${kind}-edge`, d: edges })];
}

/** @param {Slot} slot @param {number} middle @param {number} width @param {number} most */
function countBar({ num }, middle, width, most) {
  const gap = width < NARROW ? 0 : 1;
  const height = (num / Math.max(1, most)) * (COUNTS.bottom - COUNTS.top);
  const box = {
    x: middle - (width - gap) / 2,
    y: COUNTS.bottom - height,
    width: width - gap,
    height,
  };
  return svg("rect", { class: "chart-count", ...box });
}

/** @param {number} y @param {string} label @param {number} width */
const gridLine = (y, label, width) => [
  svg("path", { class: "chart-grid", d: `M ${LEFT} ${rounded(y)} H ${width - RIGHT}` }),
  svg("text", { class: "chart-label", x: LEFT - 8, y: y + 4, "text-anchor": "end" }, label),
];

/** @param {number} x @param {number} y @param {string} words */
const text = (x, y, words) =>
  svg("text", { class: "chart-label", x, y, "text-anchor": "middle" }, words);
