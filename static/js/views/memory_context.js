/**
 * "What the model sees": the exact context at the caret or of the run, coloured by origin, with what was cut and why.
 *
 * Stays up to date while it is open.
 */

import { h, icon, setAttributes, setText } from "../dom.js";
import { shownMemory } from "../memory/changes.js";
import { exactText, placeWords } from "../memory/context.js";
import { ContextPieces } from "./memory_pieces.js";
import { ContextSide } from "./memory_side.js";

/** @typedef {import("../store.js").State} State */

const COPY = "Copy the exact text";
const SAID_MS = 1800;

export class ContextView {
  /** @param {import("../store.js").Store} store */
  constructor(store) {
    this.store = store;
    const again = () => this.#show(this.store.state);
    this.format = toggle("context-format", "Prompt format", true, again);
    this.spaces = toggle("context-spaces", "White space", false, again);
    this.place = h("p", { class: "panel-line", id: "context-place", role: "status" });
    this.pieces = new ContextPieces();
    this.side = new ContextSide();
    const copy = { class: "text-button", type: "button", on: { click: () => void this.#copy() } };
    this.copy = h("button", copy, COPY);
    const about = { tabindex: "0", role: "region", "aria-label": "What it reads, piece by piece" };
    this.text = h("div", { class: "context-text", ...about }, this.pieces.element);
    this.dialog = this.#build();
    document.body.append(this.dialog);
  }

  start() {
    const keys = /** @type {(keyof State)[]} */ (["seen", "seenTrouble", "seenOpen", "server"]);
    this.store.subscribe(
      [...keys, "runs", "story", "storedMemory", "memoryChange", "models", "settings"],
      (state) => {
        if (state.seenOpen) this.#show(state);
      },
    );
  }

  open() {
    if (this.dialog.open) return;
    this.store.set({ seenOpen: true, seenTrouble: "" });
    this.#show(this.store.state);
    this.dialog.showModal();
    this.text.focus({ preventScroll: true });
  }

  #build() {
    const { side } = this;
    const shut = () => this.dialog.close();
    const close = h(
      "button",
      { class: "icon-button", type: "button", "aria-label": "Close", on: { click: shut } },
      icon("close"),
    );
    const title = h("h2", { id: "context-title" }, "What the model sees");
    const described = { "aria-labelledby": "context-title", "aria-describedby": "context-place" };
    const dialog = h(
      "dialog",
      { class: "sheet context", ...described },
      h("header", { class: "sheet-head" }, h("div", {}, title, this.place), close),
      side.bar,
      h("div", { class: "context-body" }, side.element, this.text),
      h(
        "footer",
        { class: "sheet-foot context-foot" },
        h("div", { class: "context-choices" }, this.format.element, this.spaces.element),
        this.copy,
      ),
    );
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => this.store.set({ seenOpen: false }));
    return dialog;
  }

  async #copy() {
    const { seen } = this.store.state;
    if (!seen) return;
    const said = await navigator.clipboard.writeText(exactText(seen.context)).then(
      () => "Copied",
      () => "The browser did not allow it",
    );
    setText(this.copy, said);
    setTimeout(() => setText(this.copy, COPY), SAID_MS);
  }

  /** @param {State} state */
  #show(state) {
    const { seen } = state;
    setText(this.place, placeWords(state));
    setAttributes(this.dialog, { "data-known": String(seen !== null) });
    setAttributes(this.copy, { "aria-disabled": seen ? false : "true" });
    const memory = shownMemory(state);
    if (!seen || !memory) return;
    this.side.show(seen.context, memory);
    const { text } = this;
    const atEnd = text.scrollTop > 0 && text.scrollHeight - text.scrollTop - text.clientHeight < 40;
    this.pieces.show(seen.context, memory.entries, {
      format: this.format.box.checked,
      spaces: this.spaces.box.checked,
    });
    // Who reads along at the end goes along with the writing.
    if (atEnd) text.scrollTop = text.scrollHeight;
  }
}

/**
 * @param {string} id
 * @param {string} words
 * @param {boolean} checked
 * @param {() => void} changed
 */
function toggle(id, words, checked, changed) {
  const box = h("input", { type: "checkbox", id, checked, on: { change: changed } });
  return { box, element: h("label", { class: "context-choice", for: id }, box, words) };
}
