/** A number to type, and where it is wanted something to drag. */

import { h, setAttributes } from "../../dom.js";
import { clamped } from "../../format.js";
import { Field } from "../field.js";

const TYPED_MS = 250;
const DRAGGED_MS = 150;

export class NumberView extends Field {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("input", { class: "field wb-number-field", type: "number" }));
    this.slider = h("input", { class: "wb-slider", type: "range" });
    const both = h("div", { class: "wb-number-line" });
    this.control.replaceWith(both);
    both.append(this.slider, this.control);
    this.#listen();
  }

  get field() {
    return /** @type {HTMLInputElement} */ (this.control);
  }

  #listen() {
    this.field.addEventListener("input", () => this.#typed(TYPED_MS));
    this.field.addEventListener("change", () => this.#typed(0));
    this.field.addEventListener("blur", () => this.#left());
    this.slider.addEventListener("input", () => this.#dragged(DRAGGED_MS));
    this.slider.addEventListener("change", () => this.#dragged(0));
  }

  /** @param {number} wait_ms 0: it is meant as it stands */
  #typed(wait_ms) {
    const value = this.field.valueAsNumber;
    const { low, high } = this.values;
    if (!wait_ms && this.field.value === "" && !this.field.validity.badInput) return;
    const known = Number.isFinite(value);
    // Who types 12 where 10 is the least has typed 1 for a moment.
    const early = !known || value < (low ?? -Infinity) || value > (high ?? Infinity);
    if (early && wait_ms) return;
    if (!known) return this.complain(`${this.values.label}: this must be a number.`);
    if (value === this.values.value && !this.unsent) return this.complain("");
    this.changed(value, wait_ms);
    this.#showSlider();
  }

  /** An empty field is what it was. */
  #left() {
    if (this.field.value === "" && !this.field.validity.badInput) {
      this.complain("");
      this.field.value = String(this.values.value ?? "");
    }
    void this.flush();
  }

  /** @param {number} wait_ms */
  #dragged(wait_ms) {
    const value = this.slider.valueAsNumber;
    if (value === this.values.value && !this.unsent) return;
    this.field.value = String(value);
    this.changed(value, wait_ms);
    this.#showSlider();
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    super.show(changed);
    const { low, high, step = 1, disabled = false, slider = false } = this.values;
    const bounds = { min: text(low), max: text(high) };
    setAttributes(this.field, { ...bounds, step: String(step) });
    setAttributes(this.slider, { ...bounds, step: String(step) });
    this.field.disabled = this.slider.disabled = Boolean(disabled);
    this.slider.hidden = !slider || bounds.min === false || bounds.max === false;
    setAttributes(this.slider, { "aria-labelledby": !this.slider.hidden && this.label.id });
    if (changed.has("value")) this.field.value = String(this.values.value ?? "");
    this.#showSlider();
  }

  #showSlider() {
    const { value = 0, low = 0, high = 1 } = this.values;
    this.slider.value = String(value);
    const at = high > low ? clamped((value - low) / (high - low), 0, 1) : 0;
    this.slider.style.setProperty("--at", String(at));
  }
}

/** @param {number | null | undefined} bound @returns {string | false} */
const text = (bound) => (bound === null || bound === undefined ? false : String(bound));
