/** Under a parameter's control: the sentence, then its range, or what is wrong, and the way back. */

import { h, setText } from "../dom.js";
import { same } from "../sampling/chain.js";
import { rangeText } from "../sampling/values.js";

/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").ParamValue} ParamValue */

export class Foot {
  /** @param {Parameter} parameter @param {() => void} reset */
  constructor(parameter, reset) {
    this.parameter = parameter;
    this.range = rangeText(parameter);
    this.problem = "";
    const { name, title, sentence } = parameter;
    this.sentence = h("p", { class: "parameter-line", id: `line-${name}` }, sentence);
    this.words = h("span", { id: `range-${name}`, "aria-live": "polite" }, this.range);
    this.back = h(
      "button",
      { class: "text-button", type: "button", on: { click: reset } },
      Array.isArray(parameter.default) && !parameter.default.length ? "Remove all" : "Reset",
      h("span", { class: "visually-hidden" }, ` ${title}`),
    );
    this.line = h("p", { class: "parameter-foot" }, this.words, this.back);
    this.ids = `${this.sentence.id} ${this.words.id}`;
  }

  /** @param {string} problem what is wrong with what was typed; empty: nothing */
  say(problem) {
    this.problem = problem;
    setText(this.words, problem || this.range);
    this.words.classList.toggle("is-wrong", problem !== "");
  }

  /** @param {ParamValue} value */
  show(value) {
    this.back.classList.toggle("is-away", same(value, this.parameter.default));
  }
}
