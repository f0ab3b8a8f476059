/**
 * Surprise and entropy along the story as a strip: a click, or the arrow keys, go to the place.
 *
 * Drawn on a canvas, a column for each pixel, in the colours of the text; what is in the window is marked.
 */

import { h, setAttributes, setText } from "../dom.js";
import { inSight, jumpTo } from "../editor/sight.js";
import { numberText } from "../format.js";
import { bitsText, shareText, surpriseOf } from "../tokens/numbers.js";
import { NUM_STEPS, stepOfBits } from "../tokens/scale.js";
import { scoringFace } from "../tokens/scoring_state.js";
import { columnAt, columnsOf, highestOf, mostSurprising } from "../tokens/strip.js";
import { visibleText } from "../tokens/visible.js";
import { nextFrame } from "../store.js";
import { ScoringLine } from "./heat_bar.js";

/** @typedef {import("../tokens/strip.js").Column} Column */

const HEIGHT = 96;
const NUM_PLACES = 10;
const AROUND = 24;
const EVERY_MS = 120;
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: -24, PageDown: 24 };

export class StripChart {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../session.js").Session} session
   * @param {import("../tokens/scoring.js").Scoring} scoring
   */
  constructor(store, session, scoring) {
    this.store = store;
    this.session = session;
    this.scoring = scoring;
    /** @type {Column[]} */
    this.columns = [];
    this.at = 0;
    this.due = false;
    this.canvas = h("canvas", { class: "strip-canvas", "aria-hidden": "true" });
    this.sight = h("span", { class: "strip-sight" });
    this.cursor = h("span", { class: "strip-cursor" });
    this.chart = h(
      "div",
      {
        ...{ class: "strip-chart", role: "slider", tabindex: "0", "aria-label": "Along the story" },
        ...{ "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" },
      },
      this.canvas,
      this.sight,
      this.cursor,
    );
    this.scaleTop = h("span", {});
    this.line = new ScoringLine(scoring);
    this.places = h("ol", { class: "strip-places" });
    this.list = h(
      "details",
      { class: "strip-list" },
      h("summary", {}, "The most surprising places"),
      this.places,
    );
    this.drawn = h(
      "div",
      { class: "strip-drawn" },
      this.scaleTop,
      this.chart,
      stripLegend(),
      this.list,
    );
    this.heading = h("summary", { class: "strip-heading" }, "Along the story");
    this.element = h("details", { class: "strip" }, this.heading, this.line.element, this.drawn);
  }

  start() {
    this.chart.addEventListener("pointerdown", (event) => this.#pressed(event));
    this.chart.addEventListener("pointermove", (event) => {
      if (event.buttons) this.#pressed(event);
    });
    this.element.addEventListener("toggle", () => {
      this.scoring.wantChart(this.element.open);
      this.#showState(this.store.state);
      this.#soon();
    });
    this.list.addEventListener("toggle", () => this.#showPlaces());
    const redraw = () => this.#soon();
    this.scoring.onMore(redraw);
    const scrolled = { capture: true, passive: true };
    document
      .getElementById("editor")
      ?.addEventListener("scroll", () => this.#showSight(), scrolled);
    window.addEventListener("resize", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    new MutationObserver(redraw).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
    this.store.subscribe(
      ["scoring", "right", "length", "story", "server", "models", "settings", "heat"],
      (state) => {
        if (state.right !== "tokens") return;
        this.#showState(state);
        this.#soon();
      },
    );
  }

  /** Unfolds it, which has the story read where it was not; the focus goes to it. */
  focus() {
    this.element.open = true;
    // The panel may be opening in this very frame.
    nextFrame(() => {
      this.element.scrollIntoView({ block: "nearest" });
      this.#showState(this.store.state);
      (this.drawn.hidden ? this.heading : this.chart).focus();
    });
  }

  // ---------------------------------------------------------------- going there

  /** @param {PointerEvent} event */
  #pressed(event) {
    const { left, width } = this.chart.getBoundingClientRect();
    this.chart.focus();
    this.#goTo(Math.floor(((event.clientX - left) / width) * this.columns.length));
  }

  /**
   * @param {KeyboardEvent} event anywhere in the room
   * @returns {boolean} whether it was for the chart, and is done
   */
  takesKey(event) {
    if (event.target !== this.chart || event.ctrlKey || event.metaKey || event.altKey) return false;
    const by = KEYS[/** @type {keyof typeof KEYS} */ (event.key)];
    const end = { Home: 0, End: this.columns.length - 1 }[event.key];
    if (event.key === "Enter") this.session.page?.focus();
    else if (by !== undefined) this.#goTo(this.at + by);
    else if (end !== undefined) this.#goTo(end);
    else return false;
    return true;
  }

  /** @param {number} column */
  #goTo(column) {
    const { page } = this.session;
    if (!page || !this.columns.length) return;
    this.at = Math.max(0, Math.min(column, this.columns.length - 1));
    const { length } = this.store.state;
    jumpTo(page, Math.round((this.at / this.columns.length) * length));
    this.#showSight();
  }

  // ---------------------------------------------------------------- showing

  /** @param {import("../store.js").State} state */
  #showState(state) {
    const isEmpty = this.session.page?.heat.isEmpty ?? true;
    const { kind, offer, text } = scoringFace(state);
    // What was read, the chart shows.
    const quiet = !isEmpty && kind === "quiet" && !offer;
    setAttributes(this.line.element, { hidden: quiet || !text });
    setAttributes(this.drawn, { hidden: isEmpty });
    this.line.show(state);
  }

  #soon() {
    if (this.due || this.store.state.right !== "tokens") return;
    this.due = true;
    // Not for every key: in a long story that is a look at every token.
    setTimeout(() => {
      this.due = false;
      this.#draw();
    }, EVERY_MS);
  }

  #draw() {
    const { page } = this.session;
    const width = Math.floor(this.chart.clientWidth);
    if (!page || this.drawn.hidden || !width) return;
    const { length } = this.store.state;
    this.columns = columnsOf((see) => page.heat.each(see), length, width);
    const most = highestOf(this.columns);
    setText(this.scaleTop, `${most} bits`);
    paint(this.canvas, this.columns, most);
    this.#showSight();
    this.#showPlaces();
  }

  #showSight() {
    const { page } = this.session;
    const { length, right } = this.store.state;
    if (!page || right !== "tokens" || this.drawn.hidden) return;
    const share = (/** @type {number} */ at) => at / Math.max(1, length);
    const { from, to } = inSight(page);
    this.sight.style.left = `${share(from) * 100}%`;
    this.sight.style.width = `${Math.max(0.5, share(to - from) * 100)}%`;
    const { head } = page.view.state.selection.main;
    this.cursor.style.left = `${share(head) * 100}%`;
    this.at = columnAt(head, length, this.columns.length);
    const column = this.columns[this.at];
    const told = column?.count
      ? `surprise ${bitsText(column.surprise)}, entropy ${bitsText(column.entropy)}`
      : "not read";
    const percent = Math.round(share(head) * 100);
    const text = `${percent} % of the story: ${told}`;
    setAttributes(this.chart, { "aria-valuenow": String(percent), "aria-valuetext": text });
  }

  #showPlaces() {
    const { page } = this.session;
    if (!page || !this.list.open || this.drawn.hidden) return;
    const tokens = mostSurprising((see) => page.heat.each(see), NUM_PLACES);
    const doc = page.view.state.doc;
    const rows = tokens.map(({ from, to, logprob }) => {
      const before = doc.sliceString(Math.max(0, from - AROUND), from);
      const text = doc.sliceString(from, to);
      const named = text.trim() ? text.replace(/\s+/g, " ") : visibleText(text);
      const words = h(
        "span",
        { class: "strip-place-words" },
        before.replace(/^[\udc00-\udfff]/, "").replace(/\s+/g, " "),
        h("b", {}, named),
      );
      const bits = surpriseOf(logprob) ?? 0;
      const figure = h("span", { class: "token-share" }, bitsText(bits));
      const title = `${shareText(Math.exp(Number(logprob)))}; ${numberText(from)} characters from the beginning`;
      const go = () => {
        jumpTo(page, from);
        page.focus();
      };
      return h("li", {}, h("button", { type: "button", title, on: { click: go } }, words, figure));
    });
    this.places.replaceChildren(...rows);
  }
}

/** @returns {HTMLElement} */
function stripLegend() {
  const surprise = h("span", { class: "strip-key is-surprise" });
  const range = h("span", { class: "strip-key is-range" });
  const entropy = h("span", { class: "strip-key is-entropy" });
  return h(
    "p",
    { class: "strip-legend" },
    h("span", {}, surprise, "surprise"),
    h("span", {}, range, "least to most"),
    h("span", {}, entropy, "entropy, in bits"),
  );
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Column[]} columns one for each pixel of its width
 * @param {number} most bits at its upper edge
 */
function paint(canvas, columns, most) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = columns.length * scale;
  canvas.height = HEIGHT * scale;
  const context = canvas.getContext("2d");
  if (!context) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const steps = Array.from({ length: NUM_STEPS }, (_, step) => colour(`--chart-${step}`));
  context.scale(scale, scale);
  const y = (/** @type {number} */ bits) => HEIGHT - (Math.min(bits, most) / most) * HEIGHT;
  columns.forEach(({ count, surprise, least, most: highest }, x) => {
    if (!count) return;
    context.fillStyle = colour("--chart-range");
    if (count > 1) context.fillRect(x, y(highest), 1, y(least) - y(highest));
    context.fillStyle = steps[stepOfBits(surprise)];
    context.fillRect(x, y(surprise), 1, HEIGHT - y(surprise));
    context.fillStyle = colour("--chart-line");
    context.fillRect(x, y(surprise) - 1, 1, 1.5);
  });
  context.strokeStyle = colour("--chart-entropy");
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.beginPath();
  /** @type {number | null} */
  let last = null;
  columns.forEach(({ count, entropy }, x) => {
    if (!count) return;
    if (last === null) context.moveTo(x + 0.5, y(entropy));
    else context.lineTo(x + 0.5, y(entropy));
    last = x;
  });
  context.stroke();
}
