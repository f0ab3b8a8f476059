/**
 * Controls for one parameter each. A value that can't be is not taken: the field says why, and what was
 * typed stays.
 */

import { h, setAttributes } from "../dom.js";
import { same } from "../sampling/chain.js";
import { curveOf, readNumber } from "../sampling/values.js";
import { Foot } from "./parameter_foot.js";
import { EntriesField } from "./parameter_lists.js";

/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").ParamValue} ParamValue */
/** @typedef {(value: ParamValue) => void} Changed */
/** @typedef {{element: HTMLElement, show: (value: ParamValue) => void, commit?: () => void}} Field */

const CHOICES = {
  endless: "I stop it",
  tokens: "So many tokens",
  sentence: "End of sentence",
  paragraph: "End of paragraph",
  stop: "Stop",
  go_on: "Go on",
};
const SCALED = 1000;

/**
 * @param {Parameter} parameter
 * @param {Changed} changed
 * @param {boolean} [isAlone] its name stands above it already
 * @returns {Field}
 */
export function fieldOf(parameter, changed, isAlone = false) {
  const { kind } = parameter;
  if (kind === "choice") return new ChoiceField(parameter, changed);
  if (kind === "number" || kind === "integer") return new NumberField(parameter, changed);
  return new EntriesField(parameter, changed, isAlone);
}

/** A number with a slider; `input` may be put elsewhere than `element`, which has the rest. */
export class NumberField {
  /**
   * @param {Parameter} parameter
   * @param {Changed} changed
   * @param {{apart?: boolean, refused?: () => void}} [how] `apart`: `input` is no part of `element`
   */
  constructor(parameter, changed, { apart = false, refused } = {}) {
    this.parameter = parameter;
    this.changed = changed;
    this.refused = refused;
    this.curve = curveOf(parameter);
    /** @type {ParamValue | null} */
    this.shown = null;
    const { name, title, low, high } = parameter;
    this.foot = new Foot(parameter, () => changed(parameter.default));
    this.input = h("input", {
      ...{ class: "number", type: "text", inputmode: "decimal", role: "spinbutton" },
      ...{ id: `parameter-${name}`, autocomplete: "off", maxlength: "20" },
      ...{ "aria-valuemin": low, "aria-valuemax": high, "aria-describedby": this.foot.ids },
    });
    this.slider = h("input", {
      ...{ class: "slider", type: "range", min: "0", max: SCALED, step: "1" },
      "aria-label": title,
    });
    this.input.addEventListener("change", () => this.commit());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.slider.addEventListener("input", () =>
      changed(this.curve.toValue(this.slider.valueAsNumber / SCALED)),
    );
    this.slider.addEventListener("keydown", (event) => this.#slide(event));
    const label = h("label", { for: this.input.id }, title);
    const head = apart ? [] : [h("div", { class: "parameter-head" }, label, this.input)];
    if (apart) this.input.setAttribute("aria-label", title);
    this.element = h(
      "div",
      { class: "parameter" },
      ...head,
      this.slider,
      this.foot.sentence,
      this.foot.line,
    );
  }

  /** @param {ParamValue} value */
  show(value) {
    const isNews = !same(value, this.shown ?? []);
    this.shown = value;
    const number = Number(value);
    const at = this.curve.toShare(number);
    if (isNews) {
      this.input.value = String(number);
      this.foot.say("");
    }
    setAttributes(this.input, {
      "aria-valuenow": String(number),
      "aria-invalid": this.foot.problem ? "true" : false,
    });
    setAttributes(this.slider, { "aria-valuetext": String(number) });
    this.slider.value = String(Math.round(at * SCALED));
    this.slider.style.setProperty("--at", String(at));
    this.element.classList.toggle("is-off", same(value, this.parameter.neutral));
    this.foot.show(value);
  }

  /** Takes what is typed, or says what is wrong with it. */
  commit() {
    const typed = this.input.value;
    if (typed === String(this.shown)) return this.#refuse("");
    const { value, problem } = readNumber(typed, this.parameter);
    this.#refuse(problem);
    if (value === null) return this.refused?.();
    this.changed(value);
  }

  /** @param {string} problem */
  #refuse(problem) {
    this.foot.say(problem);
    setAttributes(this.input, { "aria-invalid": problem ? "true" : false });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const way = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (event.key === "Enter") this.commit();
    if (!way || event.altKey) return;
    event.preventDefault();
    this.#step(way);
  }

  /** @param {KeyboardEvent} event a slider's step is a share of its travel; keys go by the parameter's own */
  #slide(event) {
    const way = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (!way || event.altKey) return;
    event.preventDefault();
    this.#step(way);
  }

  /** @param {number} steps */
  #step(steps) {
    const { low, high, step } = this.parameter;
    const next = Number((Number(this.shown) + steps * step).toFixed(4));
    const value = Math.min(high, Math.max(low, next));
    this.changed(value);
    this.show(value);
  }
}

/** One of a few words. */
class ChoiceField {
  /** @param {Parameter} parameter @param {Changed} changed */
  constructor(parameter, changed) {
    this.foot = new Foot(parameter, () => changed(parameter.default));
    const options = parameter.choices.map((choice) =>
      h(
        "option",
        { value: choice },
        CHOICES[/** @type {keyof typeof CHOICES} */ (choice)] ?? choice.replaceAll("_", " "),
      ),
    );
    const id = `parameter-${parameter.name}`;
    const attributes = { class: "field", id, "aria-describedby": this.foot.ids };
    this.select = h("select", attributes, ...options);
    this.select.addEventListener("change", () => changed(this.select.value));
    const label = h("label", { for: id }, parameter.title);
    this.element = h(
      "div",
      { class: "parameter" },
      h("div", { class: "parameter-head" }, label, this.select),
      this.foot.sentence,
      this.foot.line,
    );
  }

  /** @param {ParamValue} value */
  show(value) {
    this.select.value = String(value);
    this.foot.show(value);
  }
}
