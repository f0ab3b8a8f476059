/** A grid of shades with a text in each field: layers by tokens. Arrows move in it, Enter picks a field. */

import { h, setAttributes } from "../../dom.js";
import { edgeNodes } from "../exact.js";
import { Roving } from "../roving.js";
import { shadeClass, shadeLegend } from "../shades.js";
import { View } from "../view.js";

export class GridView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
    this.table = h("table", { role: "grid" });
    this.scroller = h("div", { class: "wb-scroller" }, this.table);
    this.legend = h("div");
    this.element.append(this.scroller, this.legend);
    /** @type {HTMLElement[][]} by row and column */
    this.fields = [];
    this.roving = new Roving(this.table, {
      selector: "td",
      num: () => this.fields.length * this.width,
      item: (at) => this.fields[Math.floor(at / this.width)]?.[at % this.width] ?? null,
      at: (item) => Number(item.dataset.at),
      picked: (at) => this.#pick(at),
      step: (at, key) => this.#step(at, key),
    });
    this.table.addEventListener("click", ({ target }) => {
      const field = target instanceof Element ? target.closest("td") : null;
      if (field) this.#pick(Number(field.dataset.at));
    });
  }

  get width() {
    return Math.max(1, (this.values.columns ?? []).length);
  }

  /** @param {number} at */
  #pick(at) {
    if (this.values.pickable) void this.say("pick", [Math.floor(at / this.width), at % this.width]);
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    const { legend = "", pickable = false } = this.values;
    this.element.classList.toggle("is-pickable", pickable);
    if (changed.has("rows") || changed.has("columns") || !this.fields.length) this.#build();
    this.#dress();
    this.legend.replaceChildren(...(legend ? [shadeLegend(legend)] : []));
    setAttributes(this.table, { "aria-label": legend || "Grid" });
    if (this.fields.length) this.roving.settle();
  }

  #build() {
    const rows = /** @type {string[]} */ (this.values.rows ?? []);
    const columns = /** @type {string[]} */ (this.values.columns ?? []);
    const focused = Number(document.activeElement?.getAttribute("data-at"));
    const inside = this.table.contains(document.activeElement);
    this.fields = rows.map((_, row) =>
      columns.map((__, column) =>
        h("td", { role: "gridcell", tabindex: "-1", "data-at": row * columns.length + column }),
      ),
    );
    const head = columns.map((name) => h("th", { scope: "col" }, ...edgeNodes(name)));
    const corner = h("th", { class: "wb-corner" }, h("span", { class: "visually-hidden" }, "Row"));
    this.table.replaceChildren(
      h("thead", {}, h("tr", {}, corner, ...head)),
      h(
        "tbody",
        {},
        ...rows.map((name, row) =>
          h("tr", {}, h("th", { scope: "row" }, ...edgeNodes(name)), ...this.fields[row]),
        ),
      ),
    );
    this.table.hidden = !rows.length || !columns.length;
    this.roving.stop = null;
    if (inside && this.fields.length) this.roving.focus(focused);
  }

  #dress() {
    const { shades = [], texts = [], hints = [] } = this.values;
    this.fields.forEach((fields, row) =>
      fields.forEach((field, column) => {
        const text = String(texts[row]?.[column] ?? "");
        if (field.dataset.text !== text) {
          field.replaceChildren(h("span", {}, ...(text ? edgeNodes(text) : [])));
          field.dataset.text = text;
        }
        field.className = shadeClass(shades[row]?.[column]);
        setAttributes(field, { "data-hint": hints[row]?.[column] || false });
      }),
    );
  }

  /** @param {number} at @param {string} key @returns {number | null} */
  #step(at, key) {
    const { width } = this;
    const last = this.fields.length * width - 1;
    const column = at % width;
    if (key === "ArrowLeft") return column ? at - 1 : at;
    if (key === "ArrowRight") return column < width - 1 ? at + 1 : at;
    if (key === "ArrowUp") return at >= width ? at - width : at;
    if (key === "ArrowDown") return at + width <= last ? at + width : at;
    if (key === "Home") return at - column;
    if (key === "End") return at - column + width - 1;
    return null;
  }
}
