/** The plain field in which a card's text is edited before it is taken. */

import { h } from "../dom.js";

export class CandidateEditor {
  /**
   * @param {HTMLElement[]} hidden what the field stands in for
   * @param {string} name for screen readers
   * @param {(text: string | null) => void} ended with the text, or null when it is to stay as it was
   */
  constructor(hidden, name, ended) {
    this.hidden = hidden;
    this.ended = ended;
    this.area = h("textarea", { class: "candidate-area field", dir: "auto", "aria-label": name });
    this.area.addEventListener("input", () => this.#grow());
    const button = (/** @type {string} */ words, /** @type {string} */ name, keep = false) => {
      const press = () => this.end(keep);
      const attributes = { class: `candidate-button ${name}`, type: "button" };
      return h("button", { ...attributes, on: { click: press } }, words);
    };
    this.foot = h(
      "div",
      { class: "candidate-foot" },
      button("Done", "is-first", true),
      button("Cancel", "is-plain"),
    );
  }

  get isOpen() {
    return this.area.isConnected;
  }

  /** @param {string} text */
  begin(text) {
    if (this.isOpen) return;
    this.area.value = text;
    for (const element of this.hidden) element.hidden = true;
    this.hidden[0].after(this.area, this.foot);
    this.#grow();
    this.area.focus();
    this.area.setSelectionRange(text.length, text.length);
    this.area.scrollIntoView({ block: "nearest" });
  }

  /** @param {boolean} keep what was edited */
  end(keep) {
    if (!this.isOpen) return;
    this.area.remove();
    this.foot.remove();
    for (const element of this.hidden) element.hidden = false;
    this.ended(keep ? this.area.value : null);
  }

  #grow() {
    this.area.style.height = "auto";
    this.area.style.height = `${this.area.scrollHeight + 2}px`;
  }
}
