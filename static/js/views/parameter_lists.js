/**
 * Lists of texts and tokens: each entry can be removed, one is added by typing it. Entries with a bias have
 * a slider and a number for each of their biases.
 */

import { h, icon, setAttributes, setText } from "../dom.js";
import { same } from "../sampling/chain.js";
import {
  curveOf,
  readNumber,
  readPhrase,
  readString,
  readToken,
  tokenText,
} from "../sampling/values.js";
import { Foot } from "./parameter_foot.js";

/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").ParamValue} ParamValue */
/** @typedef {number | string | (number | string)[]} Entry a text, a token, or one with its biases */

const SCALED = 1000;
const FIRST_BIAS = 1;
/** What is typed to add an entry, and what each bias of it is for. */
const KINDS = {
  strings: { placeholder: "A text; \\n is a line break", biases: [] },
  tokens: { placeholder: "A word, or # and a number", biases: [] },
  biases: { placeholder: "A word, or # and a number", biases: ["Bias"] },
  phrases: { placeholder: "A phrase", biases: ["To begin", "To go on"] },
};

export class EntriesField {
  /**
   * @param {Parameter} parameter
   * @param {(value: ParamValue) => void} changed
   * @param {boolean} isAlone its name stands above it already
   */
  constructor(parameter, changed, isAlone) {
    this.parameter = parameter;
    this.changed = changed;
    this.kind = KINDS[/** @type {keyof typeof KINDS} */ (parameter.kind)];
    /** @type {Entry[]} */
    this.entries = [];
    /** @type {ParamValue | null} what the list was built from */
    this.built = null;
    /** @type {BiasControl[]} */
    this.controls = [];
    const { name, title } = parameter;
    this.foot = new Foot(parameter, () => changed(parameter.default));
    this.list = h("ul", { class: "entries", "aria-label": title });
    this.input = h("input", {
      ...{ class: "field", type: "text", id: `parameter-${name}`, autocomplete: "off" },
      ...{ spellcheck: "false", autocapitalize: "off", placeholder: this.kind.placeholder },
      "aria-describedby": this.foot.ids,
    });
    const add = h("button", { class: "quiet-button", type: "submit" }, "Add");
    const form = h("form", { class: "entry-form" }, this.input, add);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
    this.input.addEventListener("input", () => this.#say(""));
    this.element = h(
      "div",
      { class: "parameter" },
      h("label", { class: isAlone ? "visually-hidden" : "", for: this.input.id }, title),
      this.foot.sentence,
      this.list,
      form,
      this.foot.line,
    );
  }

  /** @param {ParamValue} value */
  show(value) {
    this.entries = Array.isArray(value) ? value : [];
    this.foot.show(value);
    if (this.built !== null && same(names(this.built), names(value)))
      for (const control of this.controls) control.show(this.entries);
    else this.#build();
    this.built = value;
  }

  #build() {
    this.controls = [];
    this.list.replaceChildren(...this.entries.map((entry, at) => this.#item(entry, at)));
    this.list.classList.toggle("has-biases", this.kind.biases.length > 0);
    setAttributes(this.list, { hidden: !this.entries.length });
  }

  /** @param {Entry} entry @param {number} at */
  #item(entry, at) {
    const words = tokenText(nameOf(entry));
    const remove = h(
      "button",
      {
        ...{ class: "entry-remove", type: "button", "aria-label": `Remove ${words}` },
        on: { click: () => this.#remove(at) },
      },
      icon("close"),
    );
    const name = h("span", { class: "entry-name" }, words);
    const biases = this.kind.biases.map((title, number) => {
      const control = new BiasControl(this.parameter, title, words, [at, number + 1], (bias) =>
        this.#bias(at, number + 1, bias),
      );
      control.show(this.entries);
      this.controls.push(control);
      return control.element;
    });
    return h("li", { class: "entry" }, h("div", { class: "entry-head" }, name, remove), ...biases);
  }

  #add() {
    const known = this.entries.map(nameOf);
    const { entry, problem } = this.#read(this.input.value, known);
    this.#say(problem);
    if (problem) return;
    this.input.value = "";
    const biases = this.kind.biases.map(() => FIRST_BIAS);
    const added = biases.length ? [entry, ...biases] : entry;
    this.#change([...this.entries, added]);
  }

  /** @param {string} typed @param {(number | string)[]} known */
  #read(typed, known) {
    const { kind, high, step } = this.parameter;
    const texts = /** @type {string[]} */ (known);
    if (kind === "tokens" || kind === "biases") {
      const { token, problem } = readToken(typed, known);
      return { entry: token, problem };
    }
    const { text, problem } =
      kind === "phrases" ? readPhrase(typed, texts) : readString(typed, texts, { high, step });
    return { entry: text, problem };
  }

  /** @param {number} at the focus goes to what comes after it, else to the field */
  #remove(at) {
    const rest = this.entries.filter((_, index) => index !== at);
    this.#change(rest);
    const buttons = /** @type {NodeListOf<HTMLElement>} */ (
      this.list.querySelectorAll(".entry-remove")
    );
    (buttons[Math.min(at, buttons.length - 1)] ?? this.input).focus();
  }

  /** @param {number} at @param {number} number which of its biases @param {number} bias */
  #bias(at, number, bias) {
    const changed = this.entries.map((entry, index) =>
      index === at && Array.isArray(entry) ? entry.with(number, bias) : entry,
    );
    this.#change(changed);
  }

  /** @param {Entry[]} entries shown at once: the next change builds on them */
  #change(entries) {
    const value = /** @type {ParamValue} */ (entries);
    this.changed(value);
    this.show(value);
  }

  /** @param {string} problem */
  #say(problem) {
    this.foot.say(problem);
    setAttributes(this.input, { "aria-invalid": problem ? "true" : false });
  }
}

/** One bias of one entry. */
class BiasControl {
  /**
   * @param {Parameter} parameter
   * @param {string} title what it is for
   * @param {string} words the entry
   * @param {[entry: number, bias: number]} place
   * @param {(bias: number) => void} changed
   */
  constructor(parameter, title, words, [entry, bias], changed) {
    this.place = { entry, bias };
    this.curve = curveOf(parameter);
    this.shown = NaN;
    const name = `${title}: ${words}`;
    this.slider = h("input", {
      ...{ class: "slider", type: "range", min: "0", max: SCALED, step: "1", "aria-label": name },
    });
    this.input = h("input", {
      ...{ class: "number", type: "text", inputmode: "decimal", "aria-label": name },
    });
    this.slider.addEventListener("input", () =>
      changed(this.curve.toValue(this.slider.valueAsNumber / SCALED)),
    );
    this.problem = h("p", { class: "parameter-foot is-wrong", "aria-live": "polite" });
    this.input.addEventListener("change", () => {
      const { value, problem } = readNumber(this.input.value, parameter);
      setText(this.problem, problem);
      setAttributes(this.input, { "aria-invalid": problem ? "true" : false });
      if (value !== null) changed(value);
    });
    this.element = h(
      "div",
      { class: "bias" },
      h("span", { class: "bias-title", "aria-hidden": "true" }, title),
      this.slider,
      this.input,
      this.problem,
    );
  }

  /** @param {Entry[]} entries */
  show(entries) {
    const found = entries[this.place.entry];
    const value = Array.isArray(found) ? Number(found[this.place.bias]) : 0;
    const at = this.curve.toShare(value);
    if (value !== this.shown) this.input.value = String(value);
    this.shown = value;
    this.slider.value = String(Math.round(at * SCALED));
    setAttributes(this.slider, { "aria-valuetext": String(value) });
    this.slider.style.setProperty("--at", String(at));
  }
}

/** @param {Entry} entry @returns {number | string} */
const nameOf = (entry) => (Array.isArray(entry) ? entry[0] : entry);

/** @param {ParamValue} value */
const names = (value) => (Array.isArray(value) ? /** @type {Entry[]} */ (value).map(nameOf) : []);
