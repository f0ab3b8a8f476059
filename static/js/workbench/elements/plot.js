/**
 * Curves, points or columns over x: drawn as wide as there is room, read by pointer, finger or arrow keys, told as a
 * table on demand.
 */

import { h, setAttributes, setText } from "../../dom.js";
import { clamped } from "../../format.js";
import { rounded, svg } from "../../preferences/svg.js";
import { figure } from "../figures.js";
import { View } from "../view.js";
import { entriesOf, framed, HEIGHT, mark, placesOf, shapes } from "./plot_drawing.js";

/** @typedef {import("./plot_drawing.js").Plot} Plot */
/** @typedef {import("./plot_drawing.js").Entry} Entry */

const NARROWEST = 120;
const ALONG = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
const ACROSS = { ArrowUp: -1, ArrowDown: 1 };

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) plots.get(target)?.draw();
});
/** @type {WeakMap<Element, PlotView>} */
const plots = new WeakMap();

export class PlotView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
    this.legend = h("p", { class: "wb-legend" });
    this.picture = svg("svg", { class: "chart-picture", "aria-hidden": "true", height: HEIGHT });
    this.frame = h(
      "div",
      { class: "chart-frame", role: "slider", tabindex: "0", "aria-valuemin": "0" },
      this.picture,
    );
    this.readout = h("p", { class: "wb-readout", "aria-hidden": "true" });
    this.table = h("div", {
      class: "wb-scroller",
      tabindex: "0",
      role: "region",
      "aria-label": "The plot as a table",
    });
    this.details = h(
      "details",
      { class: "wb-as-table" },
      h("summary", {}, "As a table"),
      this.table,
    );
    this.empty = h("p", { class: "wb-empty" }, "Nothing is here yet.");
    this.element.append(this.legend, this.frame, this.readout, this.details, this.empty);
    /** @type {Entry[][]} */
    this.places = [];
    this.at = 0;
    this.among = 0;
    this.looking = false;
    /** @type {import("./plot_drawing.js").Frame | null} */
    this.scales = null;
    plots.set(this.frame, this);
    widths.observe(this.frame);
    this.#listen();
  }

  /** @returns {Plot} */
  get plot() {
    const { form = "line", series = [], x_label = "", y_label = "", picked = null } = this.values;
    return { form, series, x_label, y_label, picked };
  }

  #listen() {
    const pointed = (/** @type {PointerEvent} */ event) => this.#lookAt(...this.#under(event));
    this.frame.addEventListener("pointerdown", pointed);
    this.frame.addEventListener("pointermove", pointed);
    this.frame.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse") this.#look(this.frame === document.activeElement);
    });
    this.frame.addEventListener("click", () => this.#pick());
    this.frame.addEventListener("focus", () => this.#look(true));
    this.frame.addEventListener("blur", () => this.#look(false));
    this.frame.addEventListener("keydown", (event) => this.#key(event));
    this.details.addEventListener("toggle", () => this.#fillTable());
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const along = ALONG[/** @type {keyof typeof ALONG} */ (key)];
    const across = ACROSS[/** @type {keyof typeof ACROSS} */ (key)];
    const end = { Home: 0, End: this.places.length - 1 }[key];
    if (key === "Enter" || key === " ") this.#pick();
    else if (across !== undefined && (this.places[this.at]?.length ?? 0) > 1)
      this.#lookAt(this.at, this.among + across);
    else if (along !== undefined || across !== undefined)
      this.#lookAt(this.at + (along ?? -across), this.among);
    else if (end !== undefined) this.#lookAt(end, this.among);
    else return;
    event.preventDefault();
  }

  #pick() {
    const entry = this.#entry();
    if (entry && this.values.pickable) void this.say("pick", [entry.series, entry.point]);
  }

  /** @returns {Entry | undefined} that is looked at */
  #entry() {
    const place = this.places[this.at] ?? [];
    return place[Math.min(this.among, place.length - 1)];
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    const { plot } = this;
    if (changed.has("series") || changed.has("form")) this.places = placesOf(plot, entriesOf(plot));
    this.at = clamped(this.at, 0, Math.max(0, this.places.length - 1));
    this.element.classList.toggle("is-pickable", Boolean(this.values.pickable));
    const label = [plot.y_label, plot.x_label && `over ${plot.x_label}`].filter(Boolean).join(" ");
    setAttributes(this.frame, {
      "aria-label": label || "Plot",
      "aria-valuemax": String(Math.max(0, this.places.length - 1)),
    });
    const none = this.places.length === 0;
    this.empty.hidden = !none;
    this.frame.hidden = this.readout.hidden = this.details.hidden = none;
    this.#showLegend();
    this.draw();
    this.#fillTable();
  }

  draw() {
    const width = Math.floor(this.frame.clientWidth);
    if (width < NARROWEST || !this.places.length) return;
    const { plot } = this;
    const { frame, axes, slot } = framed(plot, this.places.flat(), width);
    this.scales = frame;
    setAttributes(/** @type {any} */ (this.picture), { width: String(width) });
    const { picked } = plot;
    const line = picked === null ? [] : [this.#line(picked, "wb-picked-line")];
    this.picture.replaceChildren(...axes, ...line, ...shapes(plot, frame, slot));
    this.#showPlace();
  }

  /** @param {number} x @param {string} name */
  #line(x, name) {
    const { scales } = this;
    const at = rounded(scales?.x(x) ?? 0);
    return svg("path", { class: name, d: `M ${at} ${scales?.top ?? 0} V ${scales?.bottom ?? 0}` });
  }

  #showLegend() {
    const { series, form } = this.plot;
    this.legend.hidden = series.length < 2;
    this.legend.replaceChildren(
      ...series.map(({ name }, at) => {
        const sample = svg("svg", { width: 22, height: 10, "aria-hidden": "true" });
        if (form === "columns")
          sample.append(
            svg("rect", {
              class: `wb-column-shape is-series-${at % 6}`,
              x: 4,
              y: 0,
              width: 12,
              height: 10,
            }),
          );
        else
          sample.append(
            ...(form === "line"
              ? [svg("path", { class: `wb-curve is-series-${at % 6}`, d: "M 0 5 H 22" })]
              : []),
            mark(11, 5, at),
          );
        return h("span", { class: "wb-key" }, sample, name);
      }),
    );
  }

  /** @param {PointerEvent} event @returns {[place: number, among: number]} */
  #under({ clientX, clientY }) {
    const box = this.frame.getBoundingClientRect();
    const [x, y] = [clientX - box.left, clientY - box.top];
    const { scales } = this;
    if (!scales) return [0, 0];
    let [best, among, least] = [0, 0, Infinity];
    // Where several are read together, the place goes by x alone, and which of them by y.
    const weight = this.values.form === "points" ? 1 : 1e-3;
    this.places.forEach((place, at) =>
      place.forEach((entry, number) => {
        const away = entry.y === null ? 1e3 : Math.abs(scales.y(entry.y) - y);
        const distance = Math.hypot(scales.x(entry.x) - x, away * weight);
        if (distance < least) [best, among, least] = [at, number, distance];
      }),
    );
    return [best, among];
  }

  /** @param {number} place @param {number} among */
  #lookAt(place, among) {
    this.at = clamped(place, 0, Math.max(0, this.places.length - 1));
    this.among = clamped(among, 0, Math.max(0, (this.places[this.at]?.length ?? 1) - 1));
    this.#look(true);
  }

  /** @param {boolean} looking */
  #look(looking) {
    this.looking = looking;
    this.#showPlace();
  }

  #showPlace() {
    const entry = this.#entry();
    const words = entry ? this.#words(this.places[this.at], entry) : "";
    setAttributes(this.frame, {
      "aria-valuenow": String(this.at),
      "aria-valuetext": words || "nothing",
    });
    setText(this.readout, this.looking ? words : "");
    for (const old of this.picture.querySelectorAll(".wb-looked")) old.remove();
    const { scales } = this;
    if (!this.looking || !entry || !scales) return;
    this.picture.prepend(this.#line(entry.x, "wb-looked wb-looked-line"));
    if (entry.y === null) return;
    const ring = { class: "wb-looked wb-ring", cx: scales.x(entry.x), cy: scales.y(entry.y), r: 6 };
    this.picture.append(svg("circle", ring));
  }

  /** @param {Entry[]} place @param {Entry} looked @returns {string} */
  #words(place, looked) {
    const { series, x_label } = this.plot;
    const told = place.map((entry) => {
      const { name, low, high, hints } = series[entry.series];
      const { point } = entry;
      const reach = low?.length ? ` (${figure(low[point])} to ${figure(high?.[point])})` : "";
      const hint = entry === looked && hints?.[point] ? `, ${hints[point]}` : "";
      return `${series.length > 1 || name ? `${name} ` : ""}${figure(entry.y)}${reach}${hint}`;
    });
    return `${x_label ? `${x_label} ` : ""}${figure(looked.x)}: ${told.join(" · ")}`;
  }

  #fillTable() {
    if (!this.details.open) return;
    const { series, x_label, y_label } = this.plot;
    const reach = (/** @type {number} */ at) => (series[at].low?.length ? ["from", "to"] : []);
    const names = series.flatMap(({ name }, at) => [name || y_label || "y", ...reach(at)]);
    const head = [x_label || "x", ...names].map((name) =>
      h("th", { scope: "col", class: "is-right" }, name),
    );
    const rows = this.places.map((place) => {
      const cells = series.flatMap((one, at) => {
        const entry = place.find((found) => found.series === at);
        const point = entry?.point ?? -1;
        return [entry?.y, ...(one.low?.length ? [one.low[point], one.high?.[point]] : [])];
      });
      return h(
        "tr",
        {},
        ...[place[0].x, ...cells].map((cell) => h("td", { class: "is-right" }, figure(cell))),
      );
    });
    this.table.replaceChildren(
      h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)),
    );
  }

  /** @override */
  end() {
    widths.unobserve(this.frame);
  }
}
