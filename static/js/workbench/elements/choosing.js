/** One of many, one of a few, any of several, yes or no. */

import { h, setText } from "../../dom.js";
import { Field } from "../field.js";

/** @typedef {import("../view.js").ElementJson} ElementJson */
/** @typedef {import("../view.js").Desk} Desk */
/** @typedef {{value: string, label: string, note?: string}} Option */

export class SelectView extends Field {
  /** @param {ElementJson} json @param {Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("select", { class: "field" }));
    this.control.addEventListener("change", () => {
      this.changed(this.select.value, 0);
      this.#showNote();
    });
  }

  get select() {
    return /** @type {HTMLSelectElement} */ (this.control);
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    super.show(changed);
    const options = /** @type {Option[]} */ (this.values.options ?? []);
    if (changed.has("options")) this.#fill(options);
    this.select.value = this.values.value ?? "";
    this.select.disabled = Boolean(this.values.disabled) || !options.length;
    this.#showNote();
  }

  /** @param {Option[]} options */
  #fill(options) {
    const made = options.map(({ value, label }) => h("option", { value }, label));
    if (!options.length) made.push(h("option", { value: "" }, "Nothing to choose yet"));
    this.select.replaceChildren(...made);
  }

  #showNote() {
    const options = /** @type {Option[]} */ (this.values.options ?? []);
    this.showNote(options.find(({ value }) => value === this.select.value)?.note ?? "");
  }
}

/** Several boxes or dots under one label. */
class Several extends Field {
  /** @param {ElementJson} json @param {Desk} desk @param {"radio" | "checkbox"} type */
  constructor(json, desk, type) {
    super(json, desk, h("div", { class: "wb-options" }), "group");
    this.type = type;
    if (type === "radio") this.element.setAttribute("role", "radiogroup");
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    super.show(changed);
    if (changed.has("options")) this.#fill(this.values.options ?? []);
    for (const input of this.inputs) {
      input.checked = this.isOn(input.value);
      input.disabled = Boolean(this.values.disabled);
    }
  }

  get inputs() {
    return [...this.control.querySelectorAll("input")];
  }

  /** @param {Option[]} options */
  #fill(options) {
    this.control.replaceChildren(
      ...options.map(({ value, label, note }) => {
        const input = h("input", { type: this.type, value, name: this.id });
        input.addEventListener("change", () => this.changed(this.chosen(), 0));
        const words = h("span", {}, label);
        if (note) words.append(h("small", {}, note));
        return h("label", { class: "wb-option" }, input, words);
      }),
    );
  }

  /** @param {string} _value @returns {boolean} */
  isOn(_value) {
    return false;
  }

  /** @returns {unknown} */
  chosen() {
    return null;
  }
}

export class RadioView extends Several {
  /** @param {ElementJson} json @param {Desk} desk */
  constructor(json, desk) {
    super(json, desk, "radio");
  }

  /** @override @param {string} value */
  isOn(value) {
    return this.values.value === value;
  }

  /** @override */
  chosen() {
    return this.inputs.find(({ checked }) => checked)?.value ?? "";
  }
}

export class ChecksView extends Several {
  /** @param {ElementJson} json @param {Desk} desk */
  constructor(json, desk) {
    super(json, desk, "checkbox");
  }

  /** @override @param {string} value */
  isOn(value) {
    return (this.values.value ?? []).includes(value);
  }

  /** @override */
  chosen() {
    return this.inputs.filter(({ checked }) => checked).map(({ value }) => value);
  }
}

export class SwitchView extends Field {
  /** @param {ElementJson} json @param {Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("input", { type: "checkbox", role: "switch" }));
    this.words = h("span");
    const whole = h("label", { class: "wb-switch-label" }, this.control, this.words);
    this.element.querySelector(".wb-label-line")?.replaceWith(whole);
    this.control.addEventListener("change", () => this.changed(this.box.checked, 0));
  }

  get box() {
    return /** @type {HTMLInputElement} */ (this.control);
  }

  /** @override */
  show() {
    setText(this.words, this.values.label ?? "");
    this.box.checked = Boolean(this.values.value);
    this.box.disabled = Boolean(this.values.disabled);
  }

  /** @override @param {string} hint */
  showHint(hint) {
    super.showHint(hint);
    if (hint) this.words.dataset.hint = hint;
    else delete this.words.dataset.hint;
  }
}
