/** Something to press, with its key beside it, and its reason where it can't be pressed. */

import { h, setAttributes, setText } from "../../dom.js";
import { keyText } from "../../key_text.js";
import { View } from "../view.js";

export class ButtonView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("button", { type: "button" }));
    this.words = h("span");
    this.key = h("kbd", { "aria-hidden": "true" });
    this.element.append(this.words, this.key);
    this.element.addEventListener("click", () => this.press());
  }

  /** @override */
  show() {
    const { text = "", tone = "plain", disabled = false } = this.values;
    setText(this.words, text);
    this.element.dataset.tone = tone;
    setAttributes(this.element, { "aria-disabled": disabled ? "true" : false });
    this.#showKey();
    this.showCommon();
  }

  #showKey() {
    const key = keyOf(this.values.key);
    setText(this.key, keyText(key));
    this.key.hidden = !key;
    const said = key.replace("Mod", "Control");
    setAttributes(this.element, { "aria-keyshortcuts": said || false });
  }

  /** @override @param {string} hint */
  showHint(hint) {
    const { disabled, reason } = this.values;
    const words = disabled ? reason || "This can’t be done now." : hint;
    setAttributes(this.element, {
      "data-hint": words || false,
      "aria-description": words || false,
    });
  }

  press() {
    if (this.values.disabled) return;
    void this.say("click");
  }
}

/** @param {unknown} key as a developer writes it: "Ctrl+Enter", "Alt+N" @returns {string} as `matches` has it */
export function keyOf(key) {
  const parts = String(key ?? "").split("+");
  const last = parts.pop() ?? "";
  const named = parts.map((part) => (/^(ctrl|control|cmd|mod)$/i.test(part) ? "Mod" : part));
  return [...named, last.length === 1 ? last.toLowerCase() : last].filter(Boolean).join("+");
}
