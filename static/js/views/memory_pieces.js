/**
 * The exact text that the model reads, piece by piece, each under its heading and in its origin's colour.
 *
 * Drawn anew only where it changed, in stretches that the browser skips while they are out of sight, so that a long story scrolls
 * without a hitch.
 */

import { h, setAttributes, setText } from "../dom.js";
import { counted } from "../format.js";
import { chunks, pieceTitle, withSigns } from "../memory/context.js";

/** @typedef {import("../protocol.js").ContextPiece} ContextPiece */
/** @typedef {import("../protocol.js").LoreEntry} LoreEntry */
/** @typedef {{format: boolean, spaces: boolean}} Wishes whether signs of the format, and white space, are to be seen */

const SIGNS = ["start", "format"];

export class ContextPieces {
  constructor() {
    this.element = h("div", { class: "context-pieces" });
    /** @type {PieceView[]} */
    this.views = [];
  }

  /** Nothing is known, for instance of another story. */
  clear() {
    this.views = [];
    this.element.replaceChildren();
  }

  /**
   * @param {import("../protocol.js").Context} context
   * @param {LoreEntry[]} entries
   * @param {Wishes} wishes
   */
  show({ pieces }, entries, wishes) {
    const shown = pieces.filter(({ origin }) => wishes.format || !SIGNS.includes(origin));
    while (this.views.length > shown.length) this.views.pop()?.element.remove();
    shown.forEach((piece, index) => {
      if (!this.views[index]) {
        this.views[index] = new PieceView();
        this.element.append(this.views[index].element);
      }
      this.views[index].show(piece, pieceTitle(piece, entries), wishes.spaces);
    });
  }
}

/** One piece. */
class PieceView {
  constructor() {
    this.title = h("span", { dir: "auto" });
    this.count = h("span", { class: "context-count" });
    this.text = h("div", { class: "context-words" });
    const head = h("h3", { class: "context-origin" }, this.title, this.count);
    this.element = h("section", { class: "context-piece" }, head, this.text);
    /** @type {string[]} */
    this.shown = [];
  }

  /** @param {ContextPiece} piece @param {string} title @param {boolean} spaces */
  show(piece, title, spaces) {
    setAttributes(this.element, { "data-origin": piece.origin });
    setText(this.title, title);
    setText(this.count, counted(piece.num_tokens, "token"));
    this.#fill(chunks(piece.text).map((chunk) => (spaces ? withSigns(chunk) : chunk)));
  }

  /** @param {string[]} parts */
  #fill(parts) {
    const { children } = this.text;
    while (children.length > parts.length) children[children.length - 1].remove();
    parts.forEach((part, index) => {
      if (this.shown[index] === part && children[index]) return;
      if (!children[index]) this.text.append(h("div", { class: "context-stretch", dir: "auto" }));
      children[index].textContent = part;
    });
    this.shown = parts;
  }
}
