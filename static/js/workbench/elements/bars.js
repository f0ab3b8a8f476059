/** Horizontal bars below each other, to compare: by length, and by the number beside. */

import { h, setAttributes, setText } from "../../dom.js";
import { clamped } from "../../format.js";
import { exactNodes } from "../exact.js";
import { figure } from "../figures.js";
import { Roving } from "../roving.js";
import { same, View } from "../view.js";

/**
 * @typedef {{key: string, label: string, values: (number | null)[], shown?: string[], second?: number,
 *   mark?: "true" | "chosen", hint?: string, note?: string, mono?: boolean}} Bar
 */

const MARKS = { true: ["◆", "what really came"], chosen: ["▸", "what was chosen"] };
const WIDEST_LABEL = 28;

export class BarsView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
    this.list = h("ul", { class: "wb-bars-list" });
    this.legend = h("p", { class: "wb-legend" });
    this.empty = h("p", { class: "wb-empty" });
    this.element.append(this.legend, this.list, this.empty);
    /** @type {Map<string, {bar: Bar, row: HTMLElement}>} */
    this.rows = new Map();
    this.roving = new Roving(this.list, {
      selector: ".wb-bar",
      num: () => this.bars.length,
      item: (at) => this.rows.get(this.bars[at].key)?.row ?? null,
      at: (item) => this.bars.findIndex(({ key }) => key === item.dataset.key),
      picked: (at) => this.#pick(this.bars[at]?.key),
    });
    this.list.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest(".wb-bar") : null;
      if (row instanceof HTMLElement) this.#pick(row.dataset.key);
    });
    this.list.addEventListener("keydown", (event) => this.#digit(event));
  }

  /** @returns {Bar[]} */
  get bars() {
    return this.values.bars ?? [];
  }

  /** @param {string | undefined} key */
  #pick(key) {
    if (key !== undefined && this.values.pickable) void this.say("pick", key);
  }

  /** @param {KeyboardEvent} event */
  #digit(event) {
    if (!event.defaultPrevented && this.pickByDigit(event)) event.preventDefault();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it was the digit of a bar */
  pickByDigit({ key, ctrlKey, altKey, metaKey }) {
    const bar = /^[1-9]$/.test(key) ? this.bars[Number(key) - 1] : undefined;
    if (!bar || ctrlKey || altKey || metaKey || !this.values.pickable) return false;
    this.#pick(bar.key);
    return true;
  }

  /** @override */
  show() {
    const { bars } = this;
    const focused = [...this.list.children].findIndex((row) => row === document.activeElement);
    const pickable = Boolean(this.values.pickable);
    setAttributes(this.list, {
      role: pickable ? "listbox" : "list",
      "aria-label": pickable ? "Pick a bar" : "Bars",
    });
    this.list.hidden = !bars.length;
    setText(this.empty, bars.length ? "" : (this.values.empty ?? "Nothing is here yet."));
    this.empty.hidden = bars.length > 0;
    this.#measure(bars);
    this.element.classList.toggle("is-pickable", pickable);
    this.#arrange(bars, pickable);
    this.#showLegend(bars);
    if (pickable) this.roving.settle();
    const lost = focused >= 0 && !this.list.contains(document.activeElement);
    if (lost && bars.length) this.roving.focus(focused);
  }

  /** @param {Bar[]} bars whose parts stand below each other */
  #measure(bars) {
    const widest = (/** @type {(bar: Bar) => string[]} */ texts) =>
      Math.max(0, ...bars.flatMap(texts).map((text) => [...text].length));
    const { style, classList } = this.element;
    const label = Math.min(WIDEST_LABEL, widest(({ label: text }) => [text]) + 2);
    const note = Math.min(
      WIDEST_LABEL,
      widest((bar) => [bar.note ?? ""]),
    );
    style.setProperty("--label", `${label}ch`);
    style.setProperty("--value", `${widest(textsOf)}ch`);
    style.setProperty("--noted", note ? `${note + 2}ch` : "0");
    classList.toggle(
      "has-marks",
      bars.some(({ mark }) => mark),
    );
  }

  /** @param {Bar[]} bars @param {boolean} pickable */
  #arrange(bars, pickable) {
    const reach = reachOf(bars, this.values.high ?? null);
    const frame = { reach, pickable };
    const before = this.frame;
    this.frame = frame;
    const all = !same(before, frame);
    const keys = new Set(bars.map(({ key }) => key));
    for (const [key, { row }] of this.rows)
      if (!keys.has(key)) {
        row.remove();
        this.rows.delete(key);
      }
    let at = this.list.firstElementChild;
    bars.forEach((bar, number) => {
      let known = this.rows.get(bar.key);
      if (!known) {
        known = { bar, row: h("li", { class: "wb-bar", "data-key": bar.key }) };
        this.rows.set(bar.key, known);
        drawBar(known.row, bar, reach, pickable);
      } else if (all || !same(known.bar, bar)) drawBar(known.row, bar, reach, pickable);
      known.bar = bar;
      const digit = pickable && number < 9 ? String(number + 1) : "";
      if (known.row.firstElementChild) known.row.firstElementChild.textContent = digit;
      if (at === known.row) at = at.nextElementSibling;
      else this.list.insertBefore(known.row, at);
    });
  }

  /** @param {Bar[]} bars */
  #showLegend(bars) {
    const series = /** @type {string[]} */ (this.values.series ?? []);
    const names = series.map((name, at) =>
      h("span", { class: "wb-key" }, h("i", { class: `wb-swatch is-series-${at % 6}` }), name),
    );
    const marks = /** @type {const} */ (["true", "chosen"])
      .filter((mark) => bars.some((bar) => bar.mark === mark))
      .map((mark) => h("span", { class: "wb-key" }, h("i", {}, MARKS[mark][0]), MARKS[mark][1]));
    this.legend.replaceChildren(...names, ...marks);
    this.legend.hidden = !bars.length || (!names.length && !marks.length);
  }
}

/** @param {Bar[]} bars @param {number | null} high @returns {[low: number, high: number]} with 0 in it */
function reachOf(bars, high) {
  const values = bars.flatMap(({ values: own, second }) => [...own, second ?? null]);
  const known = values.filter((one) => one !== null);
  const low = known.reduce((least, one) => Math.min(least, one), 0);
  return [low, high ?? known.reduce((most, one) => Math.max(most, one), low < 0 ? 0 : 1e-12)];
}

/** @param {Bar} bar @returns {string[]} what is said of each value */
const textsOf = ({ values, shown }) => values.map((value, at) => shown?.[at] ?? figure(value));

/** @param {HTMLElement} row @param {Bar} bar @param {[number, number]} reach @param {boolean} pickable */
function drawBar(row, bar, [low, high], pickable) {
  const place = (/** @type {number} */ value) => clamped((value - low) / (high - low || 1), 0, 1);
  const zero = place(0);
  const track = h("span", { class: "wb-track" });
  const lines = bar.values.map((value, at) => {
    const line = h("i", { class: `wb-length is-series-${at % 6}` });
    if (value === null) line.classList.add("is-none");
    else span(line, zero, place(value));
    return line;
  });
  track.append(...lines);
  if (bar.second !== undefined) {
    const outline = h("i", { class: "wb-second" });
    span(outline, zero, place(bar.second));
    track.append(outline);
  }
  const [sign, said] = bar.mark ? MARKS[bar.mark] : ["", ""];
  row.classList.toggle("is-marked", Boolean(bar.mark));
  row.classList.toggle("has-series", bar.values.length > 1);
  setAttributes(row, {
    role: pickable ? "option" : "listitem",
    "aria-selected": pickable ? String(bar.mark === "chosen") : false,
    "data-hint": bar.hint || false,
    tabindex: pickable ? row.getAttribute("tabindex") || "-1" : false,
  });
  row.replaceChildren(
    h("span", { class: "wb-digit", "aria-hidden": "true" }),
    h("span", { class: "wb-mark", "aria-hidden": "true" }, sign),
    h(
      "span",
      { class: `wb-bar-label${bar.mono ? " is-mono" : ""}` },
      ...(bar.mono ? exactNodes(bar.label) : [bar.label]),
    ),
    track,
    h("span", { class: "wb-bar-value" }, ...textsOf(bar).map((text) => h("span", {}, text))),
    h("span", { class: "wb-bar-note" }, bar.note ?? ""),
  );
  if (said) row.append(h("span", { class: "visually-hidden" }, `, ${said}`));
}

/** @param {HTMLElement} line @param {number} from @param {number} to */
function span(line, from, to) {
  line.style.setProperty("--from", String(Math.min(from, to)));
  line.style.setProperty("--length", String(Math.abs(to - from)));
}
