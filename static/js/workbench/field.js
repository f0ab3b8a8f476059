/**
 * An input with its label: what is done shows at once, is sent a moment later, and is not overwritten meanwhile.
 *
 * What the server refuses is said at the field. What could not be sent, because it is away, is sent when it is back.
 */

import { h, setAttributes, setText } from "../dom.js";
import { View } from "./view.js";

const MOST_NOTE = 24; // letters

export class Field extends View {
  /**
   * @param {import("./view.js").ElementJson} json
   * @param {import("./view.js").Desk} desk
   * @param {HTMLElement} control what is labelled; for several, a group of them
   * @param {"label" | "group"} [as]
   */
  constructor(json, desk, control, as = "label") {
    super(json, desk, h("div", as === "group" ? { role: "group" } : {}));
    this.control = control;
    this.hint = "";
    this.more = "";
    this.label = h(as === "label" ? "label" : "span", {
      class: "wb-label",
      id: `${json.id}-label`,
    });
    this.note = h("span", { class: "wb-note" });
    this.problem = h("p", { class: "wb-refused", id: `${json.id}-problem`, role: "alert" });
    this.problem.hidden = true;
    this.element.classList.add("wb-field");
    if (as === "label") {
      control.id = `${json.id}-control`;
      this.label.setAttribute("for", control.id);
    } else this.element.setAttribute("aria-labelledby", this.label.id);
    this.element.append(
      h("div", { class: "wb-label-line" }, this.label, this.note),
      control,
      this.problem,
    );
    /** @type {{value: unknown, event: string, going: boolean} | null} */
    this.unsent = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** @override @param {string} name @param {unknown} value what was typed and is not sent yet is newer */
  takes(name, value) {
    return !(name === "value" && this.unsent) && super.takes(name, value);
  }

  /** @override @param {Set<string>} _changed */
  show(_changed) {
    setText(this.label, this.values.label ?? "");
    this.label.hidden = !this.values.label;
  }

  /** @override @param {string} hint */
  showHint(hint) {
    this.hint = hint;
    this.#showWords();
  }

  /** @param {string} words quiet ones behind the label; many would push it about, and are a hint instead */
  showNote(words) {
    const short = words.length <= MOST_NOTE;
    setText(this.note, short ? words : "");
    this.more = short ? "" : words;
    this.#showWords();
  }

  #showWords() {
    const words = [this.more, this.hint].filter(Boolean).join(" ");
    setAttributes(this.label, { "data-hint": words || false });
    setAttributes(this.control, { "aria-description": words || false });
  }

  /** @param {unknown} value @param {number} wait_ms @param {string} [event] */
  changed(value, wait_ms, event = "change") {
    const { unsent } = this;
    if (event === "change" && unsent?.going && unsent.value === value) return;
    this.values.value = value;
    this.unsent = { value, event, going: false };
    this.desk.hold(this);
    clearTimeout(this.timer);
    if (wait_ms) this.timer = setTimeout(() => void this.flush(), wait_ms);
    else void this.flush();
  }

  async flush() {
    clearTimeout(this.timer);
    const { unsent } = this;
    if (!unsent || unsent.going) return;
    unsent.going = true;
    try {
      await this.desk.send(this.id, unsent.event, unsent.value);
      this.complain("");
      if (this.unsent === unsent) this.unsent = null;
    } catch (error) {
      unsent.going = false;
      if (this.unsent !== unsent) return;
      const { code, message } = /** @type {import("../protocol.js").RefusedCall} */ (error);
      if (code === "away") return this.desk.hold(this);
      this.unsent = null;
      this.complain(message);
    }
  }

  /** @param {string} message empty where nothing is wrong */
  complain(message) {
    setText(this.problem, message);
    this.problem.hidden = !message;
    setAttributes(this.control, {
      "aria-invalid": message ? "true" : false,
      "aria-describedby": message ? this.problem.id : false,
    });
  }

  /** @override */
  end() {
    clearTimeout(this.timer);
    this.unsent = null;
  }
}
