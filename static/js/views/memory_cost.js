/** The panel's first lines: whether the run has read what stands here, what reading it costs, and the button that does it. */

import { h, setAttributes, setText } from "../dom.js";
import { keyText } from "../actions.js";
import { costFace, isUnread } from "../memory/costs.js";

export class MemoryCost {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../memory/commands.js").MemoryCommands} memory
   * @param {{see: () => void, keyOf: (action: string) => string}} on
   */
  constructor(store, memory, on) {
    this.store = store;
    this.memory = memory;
    this.on = on;
    this.words = h("p", { class: "memory-cost-words", id: "memory-cost", role: "status" });
    this.now = h(
      "button",
      {
        class: "text-button memory-read",
        type: "button",
        "aria-describedby": "memory-cost",
        on: { click: () => void memory.readNow() },
      },
      "Read now ",
      h("kbd", {}, keyText("Mod+Enter")),
    );
    this.see = h(
      "button",
      { class: "text-button", type: "button", on: { click: () => on.see() } },
      "What the model sees",
    );
    const deeds = h("div", { class: "memory-cost-deeds" }, this.now, this.see);
    this.element = h("div", { class: "memory-cost" }, this.words, deeds);
  }

  start() {
    this.now.title = `Let the run read this before its next word (${keyText("Mod+Enter")})`;
    this.see.title = `What the model sees (${this.on.keyOf("context")})`;
    this.store.subscribe(
      ["right", "storedMemory", "memoryChange", "memoryTrouble", "readingMemory", "seen", "server"],
      () => this.#show(),
    );
    this.store.subscribe(["runs", "models", "settings", "defaultModel", "seenTrouble"], () =>
      this.#show(),
    );
  }

  /** @returns {boolean} whether there was something that the run had not read, and it reads it now */
  read() {
    if (!isUnread(this.store.state)) return false;
    void this.memory.readNow();
    return true;
  }

  #show() {
    const { state } = this.store;
    if (state.right !== "memory") return;
    const face = costFace(state);
    setText(this.words, face.text);
    setAttributes(this.element, { "data-kind": face.kind });
    const hadFocus = document.activeElement === this.now;
    setAttributes(this.now, { hidden: !face.canRead });
    if (hadFocus && !face.canRead) this.see.focus();
  }
}
