/** The whole memory as a file to take away, and a file to take in. */

import { h } from "../dom.js";
import { MOST_BYTES } from "../memory/files.js";
import { nameOf } from "../titles.js";
import { fileName } from "./export.js";

export class MemoryFiles {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../memory/commands.js").MemoryCommands} memory
   * @param {import("./toasts.js").Toasts} toasts
   */
  constructor(store, memory, toasts) {
    this.store = store;
    this.memory = memory;
    this.toasts = toasts;
    this.input = h("input", {
      type: "file",
      accept: ".json,application/json",
      hidden: true,
      "aria-label": "A file with a memory",
    });
    this.input.addEventListener("change", () => void this.#chosen());
    const button = (/** @type {string} */ words, /** @type {() => void} */ click) =>
      h("button", { class: "text-button", type: "button", on: { click } }, words);
    this.element = h(
      "div",
      { class: "memory-files" },
      button("Save as a file", () => this.#save()),
      button("Open a file", () => this.input.click()),
      this.input,
    );
  }

  #save() {
    const text = this.memory.asFile();
    if (text === null) return;
    const { stories, story } = this.store.state;
    const open = stories.find((one) => one.id === story);
    const name = `${fileName(open ? nameOf(open) : "Story")}, memory.json`;
    const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  async #chosen() {
    const file = this.input.files?.[0];
    this.input.value = "";
    if (!file) return;
    if (file.size > MOST_BYTES) {
      this.toasts.say("The file is larger than 2 MB.", "error");
      return;
    }
    this.memory.takeFile(await file.text());
  }
}
