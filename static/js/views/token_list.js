/**
 * A list of tokens with their probabilities. Rows keep their elements: a list of a hundred is filled anew at each token.
 */

import { h, setAttributes, setText } from "../dom.js";
import { rowTitle } from "../tokens/faces.js";
import { shareText } from "../tokens/numbers.js";
import { canBeTaken, widthOf } from "../tokens/rows.js";
import { spokenText, visiblePieces } from "../tokens/visible.js";

/** @typedef {import("../tokens/rows.js").Row} Row */

export class TokenList {
  /**
   * @param {string} id of the element; its rows' begin so
   * @param {string} name for screen readers
   * @param {(index: number, event: MouseEvent) => void} clicked
   */
  constructor(id, name, clicked) {
    this.id = id;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {RowView[]} */
    this.views = [];
    this.marked = -1;
    this.element = h("ul", {
      ...{ class: "token-list", id, role: "listbox", tabindex: "0", "aria-label": name },
    });
    this.element.addEventListener("click", (event) => {
      const index = this.#indexOf(event);
      if (index >= 0) clicked(index, event);
    });
    // The focus stays where it is, in the field mostly.
    this.element.addEventListener("mousedown", (event) => {
      if (this.#indexOf(event) >= 0) event.preventDefault();
    });
  }

  /** @param {Event} event @returns {number} */
  #indexOf({ target }) {
    const row = target instanceof Element ? target.closest(".token-row") : null;
    return this.views.findIndex(({ element }) => element === row);
  }

  /** @param {Row[]} rows */
  show(rows) {
    this.rows = rows;
    while (this.views.length < rows.length) {
      const view = new RowView(`${this.id}-${this.views.length}`);
      this.views.push(view);
      this.element.append(view.element);
    }
    this.views.forEach((view, index) => {
      view.element.hidden = index >= rows.length;
      if (index < rows.length) view.show(rows[index], index);
    });
    this.mark(-1);
  }

  /** @param {number} index -1: none @returns {string} id of the row that is marked now, else empty */
  mark(index) {
    this.views[this.marked]?.mark(false);
    this.marked = index < this.rows.length ? index : -1;
    const view = this.views[this.marked];
    if (!view) return "";
    view.mark(true);
    if (index === 0) this.element.scrollTop = 0;
    else view.element.scrollIntoView({ block: "nearest" });
    return view.element.id;
  }
}

class RowView {
  /** @param {string} id */
  constructor(id) {
    this.number = h("span", { class: "token-number", "aria-hidden": "true" });
    this.text = h("span", { class: "token-text", "aria-hidden": "true" });
    this.share = h("span", { class: "token-share", "aria-hidden": "true" });
    this.spoken = h("span", { class: "visually-hidden" });
    this.element = h(
      "li",
      { class: "token-row", id, role: "option", "aria-selected": "false" },
      this.number,
      this.text,
      this.share,
      this.spoken,
    );
    this.shown = "";
  }

  /** @param {Row} row @param {number} index */
  show(row, index) {
    setText(this.number, String(index + 1));
    if (this.shown !== row.shown || !index) this.text.replaceChildren(...piecesOf(row.shown));
    this.shown = row.shown;
    setText(this.share, row.after > 0 ? shareText(row.after) : "–");
    const { style } = this.element;
    style.setProperty("--after", widthOf(row.after).toFixed(3));
    style.setProperty("--before", widthOf(row.before).toFixed(3));
    const title = rowTitle(row);
    setText(this.spoken, `${spokenText(row.shown)}: ${title}`);
    setAttributes(this.element, {
      title,
      "aria-disabled": canBeTaken(row) ? false : "true",
      "data-left-out": row.after <= 0,
    });
  }

  /** @param {boolean} on */
  mark(on) {
    setAttributes(this.element, { "aria-selected": String(on) });
  }
}

/** @param {string} text @returns {(HTMLElement | string)[]} what stands for something unseen is fainter */
export const piecesOf = (text) =>
  visiblePieces(text).map((piece) =>
    piece.sign ? h("span", { class: "token-sign" }, piece.text) : piece.text,
  );
