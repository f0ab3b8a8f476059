/** A turn of a talk: who says it, what, and quietly what can be done with it. */

import { h, setAttributes, setText } from "../../dom.js";
import { keyText } from "../../key_text.js";
import { View } from "../view.js";

const NAMES = { system: "Instructions", user: "You", assistant: "Model" };
const ACTIONS = { edit: "Edit", again: "Again", delete: "Delete" };
const STATES = { writing: "writing…", stopped: "Stopped.", failed: "It failed." };

/** @typedef {keyof typeof ACTIONS} Action */

export class TurnView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("article"));
    this.name = h("p", { class: "wb-turn-name", id: `${json.id}-name` });
    this.words = document.createTextNode("");
    this.caret = h("span", { class: "wb-caret", "aria-hidden": "true" });
    this.text = h("div", { class: "wb-turn-text" }, this.words, this.caret);
    this.problem = h("p", { class: "wb-turn-problem", role: "status" });
    this.note = h("p", { class: "wb-turn-note" });
    this.leaf = this.#leaves();
    this.buttons = /** @type {{[action: string]: HTMLButtonElement}} */ (
      Object.fromEntries(
        Object.entries(ACTIONS).map(([name, title]) => [name, this.#action(name, title)]),
      )
    );
    this.deeds = h("div", { class: "wb-turn-deeds" }, ...Object.values(this.buttons));
    this.head = h("div", { class: "wb-turn-head" }, this.name, this.leaf.element, this.deeds);
    this.element.setAttribute("aria-labelledby", this.name.id);
    this.element.append(this.head, this.text, this.problem, this.note);
    this.editor = this.#editing();
  }

  #leaves() {
    const step = (
      /** @type {number} */ by,
      /** @type {string} */ sign,
      /** @type {string} */ name,
    ) =>
      h(
        "button",
        { type: "button", "aria-label": name, on: { click: () => void this.say("leaf", by) } },
        sign,
      );
    const back = step(-1, "‹", "Version before");
    const on = step(1, "›", "Next version");
    const numbers = h("span", { class: "wb-numbers" });
    return { back, on, numbers, element: h("span", { class: "wb-leaf" }, back, numbers, on) };
  }

  /** @param {string} name @param {string} title */
  #action(name, title) {
    const run = () => (name === "edit" ? this.#edit() : void this.say(name));
    return h("button", { type: "button", on: { click: run } }, title);
  }

  #editing() {
    const area = h("textarea", {
      class: "field wb-turn-area",
      spellcheck: "false",
      "aria-labelledby": this.name.id,
    });
    const keep = h(
      "button",
      {
        type: "button",
        class: "wb-button",
        "data-tone": "plain",
        on: { click: () => this.#keep() },
      },
      "Keep",
      h("kbd", { "aria-hidden": "true" }, keyText("Mod+Enter")),
    );
    const leave = h(
      "button",
      {
        type: "button",
        class: "wb-button",
        "data-tone": "quiet",
        on: { click: () => this.#leave() },
      },
      "Leave it",
      h("kbd", { "aria-hidden": "true" }, "Esc"),
    );
    const element = h(
      "div",
      { class: "wb-turn-editor" },
      area,
      h("div", { class: "wb-row" }, keep, leave),
    );
    element.addEventListener("keydown", (event) => {
      const { key, ctrlKey, metaKey, isComposing } = event;
      if (isComposing || !(key === "Escape" || (key === "Enter" && (ctrlKey || metaKey)))) return;
      event.preventDefault();
      event.stopPropagation();
      if (key === "Escape") this.#leave();
      else this.#keep();
    });
    area.addEventListener("input", () => fit(area));
    return { element, area };
  }

  #edit() {
    const { area, element } = this.editor;
    area.value = this.values.text ?? "";
    this.text.replaceWith(element);
    this.deeds.hidden = true;
    fit(area);
    area.focus();
  }

  #keep() {
    const { value } = this.editor.area;
    this.#leave();
    if (value !== (this.values.text ?? "")) void this.say("edit", value);
  }

  #leave() {
    this.editor.element.replaceWith(this.text);
    this.deeds.hidden = false;
    this.buttons.edit.focus();
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    const {
      role = "user",
      title = "",
      state = "",
      problem = "",
      note = "",
      text = "",
    } = this.values;
    const { sibling = 1, siblings = 1, actions = Object.keys(ACTIONS) } = this.values;
    Object.assign(this.element.dataset, { role, state });
    setText(this.name, title || NAMES[/** @type {keyof typeof NAMES} */ (role)] || role);
    if (changed.has("text") && this.words.data !== text) this.words.data = text;
    this.caret.hidden = state !== "writing";
    setAttributes(this.element, { "aria-busy": state === "writing" ? "true" : false });
    setText(
      this.problem,
      problem ||
        (state === "writing" ? "" : (STATES[/** @type {keyof typeof STATES} */ (state)] ?? "")),
    );
    setText(this.note, note || (state === "writing" ? STATES.writing : ""));
    for (const [name, button] of Object.entries(this.buttons))
      button.hidden = !actions.includes(name) || state === "writing";
    setText(this.leaf.numbers, `${sibling}/${siblings}`);
    this.leaf.element.hidden = siblings < 2;
    this.leaf.back.disabled = sibling <= 1;
    this.leaf.on.disabled = sibling >= siblings;
  }

  /** @override @param {string} name @param {string} more */
  showMore(name, more) {
    if (name === "text") this.words.appendData(more);
    else super.showMore(name, more);
  }
}

/** @param {HTMLTextAreaElement} area as high as its text */
function fit(area) {
  area.style.setProperty("height", "auto");
  area.style.setProperty("height", `${area.scrollHeight + 2}px`);
}
