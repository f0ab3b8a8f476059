/**
 * A chart of places side by side: drawn as wide as it is, read by pointer, finger or arrow keys, told as a table on demand.
 *
 * What is in it comes from `show`; the place that is looked at stays through it.
 */

import { h, setAttributes, setText } from "../dom.js";
import { clamped } from "../format.js";
import { svg } from "./svg.js";

/** @typedef {{words: string, cells: string[]}} Place what is said of it, and its row of the table */
/** @typedef {{nodes: SVGElement[], spans: [from: number, to: number][]}} Drawing `spans`: where each place is, in pixels */
/**
 * @typedef {object} Content
 * @property {string} label
 * @property {string} rest what is said while no place is looked at
 * @property {number} height in pixels
 * @property {Place[]} places
 * @property {string[]} columns of the table
 * @property {(width: number) => Drawing} draw
 */

/** Narrower it is only for a moment, while the page is laid out. */
const NARROWEST = 100;

const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

/** Tells charts of their width, whenever it changes. */
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) drawn.get(target)?.redraw();
});
/** @type {WeakMap<Element, Chart>} */
const drawn = new WeakMap();

export class Chart {
  constructor() {
    /** @type {Content | null} */
    this.content = null;
    /** @type {Drawing["spans"]} */
    this.spans = [];
    this.at = 0;
    this.looking = false;
    this.picture = svg("svg", { class: "chart-picture", "aria-hidden": "true" });
    this.frame = h(
      "div",
      { class: "chart-frame", role: "slider", tabindex: "0", "aria-valuemin": "0" },
      this.picture,
    );
    this.readout = h("p", { class: "chart-readout", "aria-hidden": "true" });
    this.table = h("div", { class: "chart-table", tabindex: "0", role: "region" });
    this.details = h(
      "details",
      { class: "chart-details" },
      h("summary", {}, "As a table"),
      this.table,
    );
    this.element = h("div", { class: "chart" }, this.frame, this.readout, this.details);
    this.#listen();
    drawn.set(this.frame, this);
    widths.observe(this.frame);
  }

  /** @param {Content} content */
  show(content) {
    this.content = content;
    this.at = clamped(this.at, 0, Math.max(0, content.places.length - 1));
    this.picture.setAttribute("height", String(content.height));
    setAttributes(this.frame, {
      "aria-label": content.label,
      "aria-valuemax": String(Math.max(0, content.places.length - 1)),
    });
    this.redraw();
    this.#fillTable();
  }

  redraw() {
    const width = Math.floor(this.frame.clientWidth);
    if (!this.content || width < NARROWEST) return;
    const { nodes, spans } = this.content.draw(width);
    this.spans = spans;
    this.picture.setAttribute("width", String(width));
    this.picture.replaceChildren(...nodes);
    this.#showPlace();
  }

  #listen() {
    const pointed = (/** @type {PointerEvent} */ event) => this.#lookAt(this.#placeUnder(event));
    this.frame.addEventListener("pointerdown", pointed);
    this.frame.addEventListener("pointermove", pointed);
    this.frame.addEventListener("pointerleave", ({ pointerType }) => {
      // A finger that was lifted leaves what it showed.
      if (pointerType === "mouse") this.#look(this.frame === document.activeElement);
    });
    this.frame.addEventListener("focus", () => this.#look(true));
    this.frame.addEventListener("blur", () => this.#look(false));
    this.frame.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const by = KEYS[/** @type {keyof typeof KEYS} */ (event.key)];
      const end = { Home: 0, End: this.spans.length - 1 }[event.key];
      if (by === undefined && end === undefined) return;
      event.preventDefault();
      this.#lookAt(end ?? this.at + by);
    });
    this.details.addEventListener("toggle", () => this.#fillTable());
  }

  /** @param {PointerEvent} event @returns {number} */
  #placeUnder({ clientX }) {
    const x = clientX - this.frame.getBoundingClientRect().left;
    const distance = ([from, to] = [0, 0]) => Math.max(from - x, x - to, 0);
    return this.spans.reduce(
      (best, span, at) => (distance(span) < distance(this.spans[best]) ? at : best),
      0,
    );
  }

  /** @param {number} place */
  #lookAt(place) {
    this.at = clamped(place, 0, Math.max(0, this.spans.length - 1));
    this.#look(true);
  }

  /** @param {boolean} looking */
  #look(looking) {
    this.looking = looking;
    this.#showPlace();
  }

  #showPlace() {
    const words = this.content?.places[this.at]?.words ?? "";
    setAttributes(this.frame, {
      "aria-valuenow": String(this.at),
      "aria-valuetext": words || "nothing",
    });
    setText(this.readout, this.looking ? words : (this.content?.rest ?? ""));
    this.picture.querySelector(".chart-cursor")?.remove();
    const span = this.spans[this.at];
    if (!this.looking || !span || !this.content) return;
    const [from, to] = span;
    const { height } = this.content;
    const cursor = { class: "chart-cursor", x: from, y: 0, width: Math.max(2, to - from), height };
    this.picture.prepend(svg("rect", cursor));
  }

  #fillTable() {
    if (!this.content || !this.details.open) return;
    const { columns, places, label } = this.content;
    this.table.setAttribute("aria-label", label);
    const head = columns.map((name) => h("th", { scope: "col" }, name));
    const rows = places.map(({ cells: [first, ...rest] }) =>
      h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((cell) => h("td", {}, cell))),
    );
    this.table.replaceChildren(
      h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)),
    );
  }
}
