/** Where a plot's curves, points, columns, axes and intervals stand, as SVG. Pure but for making the shapes. */

import { placeIn, tickText, ticksOf } from "../../preferences/scales.js";
import { rounded, svg } from "../../preferences/svg.js";

/** @typedef {{name: string, x: (number | null)[], y: (number | null)[], low?: (number | null)[], high?: (number | null)[], hints?: string[]}} Series */
/** @typedef {{form: "line" | "points" | "columns", series: Series[], x_label: string, y_label: string, picked: number | null}} Plot */
/** @typedef {{series: number, point: number, x: number, y: number | null}} Entry one point of a series */
/** @typedef {{x: (value: number) => number, y: (value: number) => number, left: number, right: number, top: number, bottom: number}} Frame */

export const HEIGHT = 264;
const RIGHT = 14;
const FIGURE_PX = 6.6;
const LABEL_PX = 56;
/** Points nearer to each other than this get no marks of their own. */
const NARROW_PX = 8;
const DASHES = ["", "7 4", "2 4", "10 3 2 3", "4 2", "1 3"];

/** @param {Plot} plot @returns {Entry[]} all that can be read, in the order of x */
export function entriesOf({ series }) {
  const all = series.flatMap(({ x, y }, at) =>
    x.flatMap((value, point) =>
      value === null ? [] : [{ series: at, point, x: value, y: y[point] ?? null }],
    ),
  );
  return all.sort((one, other) => one.x - other.x || one.series - other.series);
}

/** @param {Plot} plot @param {Entry[]} entries @returns {Entry[][]} those that are read together */
export function placesOf({ form }, entries) {
  if (form === "points") return entries.map((entry) => [entry]);
  /** @type {Entry[][]} */
  const places = [];
  for (const entry of entries) {
    const last = places.at(-1);
    if (last && last[0].x === entry.x) last.push(entry);
    else places.push([entry]);
  }
  return places;
}

/** @param {number[]} values @param {boolean} withZero @param {number} air @returns {import("../../preferences/scales.js").Domain} */
function domainOf(values, withZero, air) {
  const all = withZero ? [0, ...values] : values;
  let [low, high] = all.reduce(
    ([a, b], one) => [Math.min(a, one), Math.max(b, one)],
    [Infinity, -Infinity],
  );
  if (!(high >= low)) [low, high] = [0, 1];
  if (high === low)
    [low, high] = withZero ? [Math.min(0, low), Math.max(low, 1)] : [low - 0.5, high + 0.5];
  const more = (high - low) * air;
  return {
    kind: "uniform",
    low: withZero && low === 0 ? 0 : low - more,
    high: withZero && high === 0 ? 0 : high + more,
  };
}

/** @param {Plot} plot @param {Entry[]} entries @param {number} width @returns {{frame: Frame, axes: SVGElement[], slot: number}} */
export function framed(plot, entries, width) {
  const { form, series, x_label, y_label } = plot;
  const xs = entries.map(({ x }) => x);
  const ys = series.flatMap(({ y, low = [], high = [] }) => [...y, ...low, ...high]);
  const columns = form === "columns";
  const yDomain = domainOf(
    ys.filter((one) => one !== null),
    columns,
    0.06,
  );
  const yTicks = ticksOf(yDomain, 6);
  const left = 14 + FIGURE_PX * Math.max(2, ...yTicks.map((tick) => tickText(tick).length));
  const top = y_label ? 30 : 12;
  const bottom = HEIGHT - (x_label ? 44 : 26);
  const right = width - RIGHT;
  const distinct = [...new Set(xs)];
  const gaps = distinct.slice(1).map((x, at) => x - distinct[at]);
  const gap = Math.min(...gaps, Infinity);
  const xDomain = domainOf(xs, false, form === "line" ? 0 : 0.03);
  if (columns && gap < Infinity)
    [xDomain.low, xDomain.high] = [distinct[0] - gap / 2, distinct[distinct.length - 1] + gap / 2];
  const [px, py] = [placeIn(xDomain), placeIn(yDomain)];
  /** @type {Frame} */
  const frame = {
    ...{ left, right, top, bottom },
    x: (value) => left + px(value) * (right - left),
    y: (value) => bottom - py(value) * (bottom - top),
  };
  const slot =
    gap < Infinity ? ((right - left) * gap) / (xDomain.high - xDomain.low) : (right - left) / 3;
  const whole = distinct.every(Number.isInteger);
  const xTicks = ticksOf(xDomain, Math.max(2, Math.floor((right - left) / LABEL_PX))).filter(
    (tick) => !whole || Number.isInteger(tick),
  );
  return { frame, slot, axes: axes(frame, xTicks, yTicks, x_label, y_label) };
}

/** @param {Frame} frame @param {number[]} xTicks @param {number[]} yTicks @param {string} xLabel @param {string} yLabel */
function axes({ x, y, left, right, top, bottom }, xTicks, yTicks, xLabel, yLabel) {
  const words = (
    /** @type {number} */ at,
    /** @type {number} */ to,
    /** @type {string} */ text,
    /** @type {string} */ anchor,
  ) => svg("text", { class: "chart-label", x: at, y: to, "text-anchor": anchor }, text);
  return [
    ...yTicks.flatMap((tick) => [
      svg("path", {
        class: "chart-grid",
        d: `M ${rounded(left)} ${rounded(y(tick))} H ${rounded(right)}`,
      }),
      words(left - 8, y(tick) + 4, tickText(tick).replace("-", "−"), "end"),
    ]),
    svg("path", {
      class: "chart-axis",
      d: `M ${rounded(left)} ${bottom + 0.5} H ${rounded(right)}`,
    }),
    ...xTicks.map((tick) =>
      words(x(tick), bottom + 18, tickText(tick).replace("-", "−"), "middle"),
    ),
    ...(xLabel ? [words((left + right) / 2, HEIGHT - 6, xLabel, "middle")] : []),
    ...(yLabel ? [words(0, top - 14, yLabel, "start")] : []),
  ];
}

/** @param {Plot} plot @param {Frame} frame @param {number} slot @returns {SVGElement[]} */
export function shapes(plot, frame, slot) {
  const bands = plot.series.flatMap((series, at) => band(series, at, frame, plot.form));
  const drawn = plot.series.flatMap((series, at) => {
    if (plot.form === "columns") return columnShapes(series, at, plot.series.length, frame, slot);
    const marks = plot.form === "points" || slot >= NARROW_PX ? points(series, at, frame) : [];
    return plot.form === "line" ? [line(series, at, frame), ...marks] : marks;
  });
  return [...bands, ...drawn];
}

/** @param {Series} series @param {number} at @param {Frame} frame @param {Plot["form"]} form */
function band({ x, low = [], high = [] }, at, frame, form) {
  const known = x.flatMap((value, point) => {
    const [from, to] = [low[point] ?? null, high[point] ?? null];
    return value === null || from === null || to === null
      ? []
      : [{ x: frame.x(value), low: frame.y(from), high: frame.y(to) }];
  });
  if (!known.length || form === "columns") return [];
  if (form === "points" || known.length < 2)
    return known.map((one) =>
      svg("path", {
        class: `wb-whisker is-series-${at % 6}`,
        d: `M ${rounded(one.x)} ${rounded(one.low)} V ${rounded(one.high)}`,
      }),
    );
  const there = known.map((one) => `${rounded(one.x)},${rounded(one.high)}`);
  const back = known.reverse().map((one) => `${rounded(one.x)},${rounded(one.low)}`);
  return [
    svg("polygon", { class: `wb-band is-series-${at % 6}`, points: [...there, ...back].join(" ") }),
  ];
}

/** @param {Series} series @param {number} at @param {Frame} frame a gap where nothing is known */
function line({ x, y }, at, frame) {
  let pen = "M";
  let path = "";
  x.forEach((value, point) => {
    const height = y[point] ?? null;
    if (value === null || height === null) pen = "M";
    else {
      path += `${pen} ${rounded(frame.x(value))} ${rounded(frame.y(height))} `;
      pen = "L";
    }
  });
  const dashes = DASHES[at % DASHES.length];
  return svg("path", {
    class: `wb-curve is-series-${at % 6}`,
    d: path || "M 0 0",
    ...(dashes ? { "stroke-dasharray": dashes } : {}),
  });
}

/** @param {Series} series @param {number} at @param {Frame} frame */
const points = ({ x, y }, at, frame) =>
  x.flatMap((value, point) => {
    const height = y[point] ?? null;
    return value === null || height === null ? [] : [mark(frame.x(value), frame.y(height), at)];
  });

/** @param {number} x @param {number} y @param {number} at of the series: each has a shape of its own @param {number} [size] */
export function mark(x, y, at, size = 3.2) {
  const name = { class: `wb-point is-series-${at % 6}` };
  const [cx, cy] = [rounded(x), rounded(y)];
  if (at % 4 === 0) return svg("circle", { ...name, cx, cy, r: size });
  if (at % 4 === 1)
    return svg("rect", { ...name, x: cx - size, y: cy - size, width: 2 * size, height: 2 * size });
  const rise =
    at % 4 === 2
      ? `l ${size * 1.2} ${size * 2} h ${-size * 2.4} z`
      : `l ${size * 1.3} ${size * 1.3} l ${-size * 1.3} ${size * 1.3} l ${-size * 1.3} ${-size * 1.3} z`;
  return svg("path", { ...name, d: `M ${cx} ${cy - size * (at % 4 === 2 ? 1.1 : 1.3)} ${rise}` });
}

/** @param {Series} series @param {number} at @param {number} num @param {Frame} frame @param {number} slot */
function columnShapes({ x, y, low = [], high = [] }, at, num, frame, slot) {
  const group = Math.min(slot * 0.84, 64 * num);
  const width = Math.max(1, group / num - (slot > 10 ? 1 : 0));
  return x.flatMap((value, point) => {
    const height = y[point] ?? null;
    if (value === null || height === null) return [];
    const left = frame.x(value) - group / 2 + at * (group / num);
    const [to, zero] = [frame.y(height), frame.y(0)];
    const box = {
      x: left,
      y: Math.min(to, zero),
      width,
      height: Math.max(0.5, Math.abs(zero - to)),
    };
    const column = svg("rect", { class: `wb-column-shape is-series-${at % 6}`, ...box });
    const [from, end] = [low[point] ?? null, high[point] ?? null];
    if (from === null || end === null) return [column];
    const middle = rounded(left + width / 2);
    return [
      column,
      svg("path", {
        class: "wb-whisker is-ink",
        d: `M ${middle} ${rounded(frame.y(from))} V ${rounded(frame.y(end))}`,
      }),
    ];
  });
}
