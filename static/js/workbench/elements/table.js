/**
 * A table. Of many rows the first are drawn, and more as the reader comes near their end; what is appended is appended,
 * and of what is told anew only rows that differ are drawn again.
 */

import { h, setAttributes, setText } from "../../dom.js";
import { counted } from "../../format.js";
import { Roving } from "../roving.js";
import { same, View } from "../view.js";
import { cellOf, drawCell } from "./cell.js";

/** @typedef {{title: string, align: "left" | "right", digits: number | null, sorts: boolean, hint: string}} TableColumn */
/** @typedef {import("./cell.js").Content[]} Row */

const AT_ONCE = 150;

/** Tells tables that the last row that is drawn comes into sight. */
const ends = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) tables.get(target)?.more();
});
/** @type {WeakMap<Element, TableView>} */
const tables = new WeakMap();
/** What can be scrolled can be reached by keys. */
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const rows = target.querySelector("[tabindex]");
    const scrolls =
      target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
    setAttributes(/** @type {HTMLElement} */ (target), {
      tabindex: scrolls && !rows ? "0" : false,
    });
  }
});

export class TableView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
    this.head = h("tr");
    this.body = h("tbody");
    this.table = h("table", {}, h("thead", {}, this.head), this.body);
    this.empty = h("p", { class: "wb-empty" });
    this.rest = h("p", { class: "wb-empty" });
    this.scroller = h(
      "div",
      { class: "wb-scroller", role: "region", "aria-label": "Table" },
      this.table,
      this.rest,
    );
    this.element.append(this.scroller, this.empty);
    /** @type {Row[]} as they are drawn */
    this.drawn = [];
    this.roving = new Roving(this.body, {
      selector: ".wb-cell-pick, a, tr",
      num: () => this.rows.length,
      item: (at) => this.#row(at),
      at: (item) => Number(item.closest("tr")?.dataset.at),
      picked: (at, { target }) => this.#pick(at, target),
      step: (at, key) => this.#across(at, key),
    });
    this.body.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest("tr") : null;
      if (!row || (target instanceof Element && target.closest("a"))) return;
      if (!getSelection()?.toString()) this.#pick(Number(row.dataset.at), target);
    });
    tables.set(this.rest, this);
    ends.observe(this.rest);
    sizes.observe(this.scroller);
  }

  /** @returns {Row[]} */
  get rows() {
    return this.values.rows ?? [];
  }

  /** @returns {TableColumn[]} */
  get columns() {
    return this.values.columns ?? [];
  }

  /** @param {number} at @param {EventTarget | null} target */
  #pick(at, target) {
    if (!this.values.pickable) return;
    const cell = target instanceof Element ? target.closest(".wb-cell-pick") : null;
    const column = cell?.closest("td")?.cellIndex ?? null;
    void this.say("pick", [at, column]);
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    const pickable = Boolean(this.values.pickable);
    setAttributes(this.table, { role: pickable ? "grid" : false });
    this.element.classList.toggle("is-pickable", pickable);
    if (changed.has("columns") || changed.has("sorted_by")) this.#showHead();
    if (changed.has("columns") || changed.has("pickable")) this.#cut(0);
    if (changed.has("rows") || changed.has("columns") || changed.has("pickable")) this.#showRows();
    if (changed.has("picked") || changed.has("rows")) this.#showPicked();
    this.#showEnds();
  }

  /** @override @param {string} _name */
  showMore(_name) {
    if (this.drawn.length < AT_ONCE) this.#drawTo(AT_ONCE);
    this.#showEnds();
  }

  /** More rows, as the reader comes near. */
  more() {
    if (this.drawn.length >= this.rows.length) return;
    this.#drawTo(this.drawn.length + AT_ONCE);
    this.#showEnds();
    ends.unobserve(this.rest);
    ends.observe(this.rest); // which tells again, where it still is in sight
  }

  #showRows() {
    const { rows } = this;
    for (let at = 0; at < Math.min(rows.length, this.drawn.length); at++)
      if (!same(rows[at], this.drawn[at])) {
        this.#fill(/** @type {HTMLTableRowElement} */ (this.body.children[at]), rows[at]);
        this.drawn[at] = rows[at];
      }
    this.#cut(rows.length);
    this.#drawTo(Math.max(AT_ONCE, this.drawn.length));
  }

  /** @param {number} from */
  #cut(from) {
    while (this.body.childElementCount > from) this.body.lastElementChild?.remove();
    this.drawn.length = Math.min(this.drawn.length, from);
  }

  /** @param {number} end */
  #drawTo(end) {
    const made = [];
    for (let at = this.drawn.length; at < Math.min(end, this.rows.length); at++) {
      const row = h("tr", { "data-at": at });
      this.#fill(row, this.rows[at]);
      this.drawn.push(this.rows[at]);
      made.push(row);
    }
    this.body.append(...made);
    if (this.values.pickable)
      this.roving.settle(this.roving.stop ? undefined : (this.values.picked ?? 0));
  }

  /** @param {HTMLTableRowElement} row @param {Row} contents */
  #fill(row, contents) {
    const pickable = Boolean(this.values.pickable);
    const focused = row.contains(document.activeElement);
    row.replaceChildren(
      ...contents.map((content, at) => drawCell(cellOf(content), this.columns[at], pickable)),
    );
    if (pickable) {
      if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
      if (focused && !row.contains(document.activeElement)) row.focus({ preventScroll: true });
    }
  }

  /** @param {number} at @returns {HTMLElement | null} */
  #row(at) {
    if (at >= this.drawn.length) {
      this.#drawTo(at + 1);
      this.#showEnds();
    }
    const row = this.body.children[at];
    return row instanceof HTMLElement ? row : null;
  }

  #showHead() {
    const [sorted, down] = this.values.sorted_by ?? [null, false];
    const focused = [...this.head.children].findIndex((one) =>
      one.contains(document.activeElement),
    );
    this.head.replaceChildren(
      ...this.columns.map(({ title, align, sorts, hint }, at) => {
        const mine = sorted === at;
        const said = mine ? (down ? "descending" : "ascending") : "none";
        const about = { scope: "col", class: `is-${align}`, "data-hint": hint || null };
        if (!sorts) return h("th", about, title);
        const sort = () => void this.say("sort", [at, mine ? !down : align === "right"]);
        const arrow = h("i", { "aria-hidden": "true" }, mine ? (down ? "↓" : "↑") : "↕");
        const words = align === "right" ? [arrow, title] : [title, arrow];
        const button = h("button", { type: "button", on: { click: sort } }, ...words);
        return h("th", { ...about, "aria-sort": said }, button);
      }),
    );
    if (focused >= 0) this.head.children[focused]?.querySelector("button")?.focus();
  }

  #showPicked() {
    const { picked = null, pickable } = this.values;
    for (const row of this.body.querySelectorAll(".is-picked")) {
      row.classList.remove("is-picked");
      row.setAttribute("aria-selected", "false");
    }
    const row = picked === null ? null : this.#row(picked);
    if (!row) return;
    row.classList.add("is-picked");
    if (pickable) row.setAttribute("aria-selected", "true");
    if (pickable && !this.body.contains(document.activeElement)) this.roving.settle(picked);
  }

  #showEnds() {
    const num = this.rows.length;
    const left = num - this.drawn.length;
    setText(this.empty, num ? "" : (this.values.empty ?? "Nothing is here yet."));
    this.empty.hidden = num > 0;
    this.body.hidden = num === 0;
    setText(this.rest, left ? `${counted(left, "more row")}` : "");
    this.rest.hidden = left === 0;
  }

  /** @param {number} at @param {string} key @returns {number | null} to the links and cells of a row that can be picked, and back */
  #across(at, key) {
    if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
    const row = this.#row(at);
    if (!row) return null;
    const stops = [
      row,
      .../** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll(".wb-cell-pick, a")),
    ];
    const here = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    stops[here + (key === "ArrowRight" ? 1 : -1)]?.focus();
    return null;
  }

  /** @override */
  end() {
    ends.unobserve(this.rest);
    sizes.unobserve(this.scroller);
  }
}
