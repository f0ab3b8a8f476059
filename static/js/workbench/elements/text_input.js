/** A text to type, in one line or several. */

import { h, setAttributes } from "../../dom.js";
import { Field } from "../field.js";

const TYPED_MS = 250;

export class TextInputView extends Field {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    const several = Number(json.lines ?? 1) > 1;
    super(json, desk, several ? h("textarea", { class: "field" }) : h("input", { class: "field" }));
    setAttributes(this.control, { autocomplete: "off", spellcheck: "false" });
    this.control.addEventListener("input", () => this.changed(this.field.value, TYPED_MS));
    this.control.addEventListener("blur", () => void this.flush());
    this.control.addEventListener("keydown", (event) => this.#key(event));
  }

  get field() {
    return /** @type {HTMLInputElement | HTMLTextAreaElement} */ (this.control);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, ctrlKey, metaKey, shiftKey, altKey, isComposing } = event;
    if (key !== "Enter" || isComposing || shiftKey || altKey || event.defaultPrevented) return;
    if (this.field instanceof HTMLTextAreaElement && !(ctrlKey || metaKey)) return;
    event.preventDefault();
    void this.flush();
    this.changed(this.field.value, 0, "submit");
  }

  /** @override @param {import("../view.js").ElementJson} json a secret does not come back */
  reset(json) {
    super.reset(json.secret ? { ...json, value: this.values.value } : json);
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    super.show(changed);
    const {
      value = "",
      placeholder = "",
      lines = 1,
      secret = false,
      disabled = false,
    } = this.values;
    if (changed.has("value") && this.field.value !== value) this.field.value = value;
    this.field.placeholder = placeholder;
    this.field.disabled = Boolean(disabled);
    if (this.field instanceof HTMLTextAreaElement) this.field.rows = lines;
    else this.field.type = secret ? "password" : "text";
  }
}
