/** Elements that hold others. */

import { h, setText } from "../../dom.js";
import { View } from "../view.js";

/** @typedef {import("../view.js").ElementJson} ElementJson */
/** @typedef {import("../view.js").Desk} Desk */

export class ColumnView extends View {
  /** @param {ElementJson} json @param {Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
  }

  /** @override @returns {HTMLElement} */
  get place() {
    return this.element;
  }
}

export class RowView extends ColumnView {
  /** @override */
  show() {
    this.element.dataset.align = this.values.align ?? "end";
  }
}

export class ColumnsView extends ColumnView {
  /** @override */
  show() {
    this.#weigh();
  }

  /** @override @param {View[]} children */
  filled(children) {
    super.filled(children);
    this.#weigh();
  }

  #weigh() {
    const weights = /** @type {number[]} */ (this.values.weights ?? []);
    this.children.forEach(({ element }, at) =>
      element.style.setProperty("--weight", String(weights[at] ?? 1)),
    );
  }
}

export class PanelView extends View {
  /** @param {ElementJson} json @param {Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("section"));
    this.title = h("h2", { class: "wb-panel-title", id: `${json.id}-title` });
    this.body = h("div", { class: "wb-column" });
    this.element.append(this.title, this.body);
  }

  /** @override */
  get place() {
    return this.body;
  }

  /** @override */
  show() {
    const title = this.values.title ?? "";
    setText(this.title, title);
    this.title.hidden = !title;
    if (title) this.element.setAttribute("aria-labelledby", this.title.id);
    else this.element.removeAttribute("aria-labelledby");
  }
}

export class CollapsibleView extends View {
  /** @param {ElementJson} json @param {Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("details"));
    this.summary = h("summary");
    this.body = h("div", { class: "wb-column" });
    this.element.append(this.summary, this.body);
    this.summary.addEventListener("click", (event) => {
      event.preventDefault(); // the browser's own event does not say who folded it
      const open = !this.details.open;
      this.values.open = this.details.open = open;
      void this.say("toggle", open);
    });
  }

  get details() {
    return /** @type {HTMLDetailsElement} */ (this.element);
  }

  /** @override */
  get place() {
    return this.body;
  }

  /** @override */
  show() {
    setText(this.summary, this.values.title ?? "");
    this.details.open = Boolean(this.values.open);
  }
}
