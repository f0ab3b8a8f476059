/** The list of stories: open, rename, duplicate, bin, and what lies in the bin. */

import { h, icon, setText } from "../dom.js";
import { agoText, counted } from "../format.js";
import { nameOf, titleOf } from "../titles.js";
import { Menu } from "./menu.js";

/** @typedef {import("../protocol.js").Story} Story */
/** @typedef {{row: HTMLElement, main: HTMLElement, title: HTMLElement, line: HTMLElement, more: HTMLElement}} Row */

export class Library {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   * @param {(action: string) => string} keyOf
   */
  constructor(store, commands, keyOf) {
    this.store = store;
    this.keyOf = keyOf;
    this.commands = commands;
    this.list = h("ul", { class: "rows" });
    this.bin = h("ul", { class: "rows" });
    this.binArea = h("details", { class: "bin" }, h("summary", {}, "Bin"), this.bin);
    const create = () => void commands.newStory();
    this.body = h(
      "div",
      {},
      h(
        "button",
        { class: "row-button", type: "button", on: { click: create } },
        icon("plus"),
        "New story",
      ),
      this.list,
      this.binArea,
    );
    /** @type {string | null} */
    this.renaming = null;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
  }

  start() {
    this.store.subscribe(["stories", "story", "left"], () => this.#show());
    this.store.subscribe(["binned", "left"], () => this.#showBin());
  }

  opened() {
    void this.commands.refreshStories();
  }

  #show() {
    const { stories, story, left } = this.store.state;
    if (left !== "library" || this.renaming) return;
    const sorted = [...stories].sort((a, b) => b.changed - a.changed);
    const rows = sorted.map((one) => this.#row(one, one.id === story));
    // News come every second while a run writes: a row that is there stays, with its menu and its focus.
    const inUse = this.list.contains(document.activeElement);
    const same = rows.length === this.list.children.length;
    if (inUse && same && rows.every((row) => row.parentElement === this.list)) return;
    if (rows.some((row, index) => this.list.children[index] !== row) || !same) {
      this.list.replaceChildren(...rows);
    }
  }

  /** @param {Story} story @param {boolean} isOpen @returns {HTMLElement} the story's row, showing what it is now */
  #row(story, isOpen) {
    const known = this.rows.get(story.id) ?? this.#newRow(story);
    this.rows.set(story.id, known);
    const state = story.running ? "Writing" : agoText(story.changed, Date.now() / 1000);
    setText(known.title, nameOf(story));
    setText(known.line, `${counted(story.num_words, "word")} · ${state}`);
    if (isOpen) known.main.setAttribute("aria-current", "true");
    else known.main.removeAttribute("aria-current");
    known.more.setAttribute("aria-label", `More for ${nameOf(story)}`);
    return known.row;
  }

  /** @param {Story} story @returns {Row} */
  #newRow(story) {
    const { id } = story;
    const open = () => void this.commands.openStory(id);
    const title = h("span", { class: "row-title" });
    const line = h("span", { class: "row-line" });
    const main = h(
      "button",
      { class: "row-main", type: "button", on: { click: open } },
      title,
      line,
    );
    const more = h(
      "button",
      { class: "icon-button", type: "button", "aria-haspopup": "menu" },
      icon("more"),
    );
    const row = h("li", { class: "row" }, main, h("div", { class: "menu-place" }, more));
    new Menu(more, "Story", () => {
      // The keys act on the open story.
      const key = (/** @type {string} */ action) =>
        this.store.state.story === id ? this.keyOf(action) : "";
      return [
        { label: "Rename", key: key("rename"), then: () => this.#rename(row, id) },
        {
          label: "Duplicate",
          key: key("duplicate"),
          then: () => void this.commands.duplicate(id),
        },
        { label: "Move to the bin", key: key("bin"), then: () => void this.commands.bin(id) },
      ];
    });
    return { row, main, title, line, more };
  }

  /** @param {HTMLElement} row @param {string} id */
  #rename(row, id) {
    const story = this.store.state.stories.find((one) => one.id === id);
    if (!story) return;
    this.renaming = id;
    const field = h("input", {
      class: "field",
      type: "text",
      maxlength: "200",
      "aria-label": "Title",
    });
    field.value = titleOf(story);
    const done = (/** @type {boolean} */ keep) => {
      if (this.renaming !== story.id) return;
      this.renaming = null;
      this.rows.delete(id);
      if (keep) void this.commands.rename(story.id, field.value.trim());
      this.#show();
    };
    field.addEventListener("blur", () => done(true));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") {
        event.stopPropagation();
        done(false);
      }
    });
    row.replaceChildren(field);
    field.focus();
    field.select();
  }

  #showBin() {
    const { binned } = this.store.state;
    this.binArea.hidden = binned.length === 0;
    this.bin.replaceChildren(...binned.map((story) => this.#binRow(story)));
  }

  /** @param {Story} story */
  #binRow(story) {
    const back = () => void this.commands.unbin(story.id, false);
    const remove = h("button", { class: "text-button", type: "button" }, "Delete for ever");
    remove.addEventListener("click", () => {
      if (remove.dataset.sure) void this.commands.deleteForever(story.id);
      remove.dataset.sure = "yes";
      remove.textContent = "Press again: this cannot be undone";
    });
    remove.addEventListener("blur", () => {
      delete remove.dataset.sure;
      remove.textContent = "Delete for ever";
    });
    return h(
      "li",
      { class: "row is-binned" },
      h("span", { class: "row-title" }, nameOf(story)),
      h(
        "span",
        { class: "row-actions" },
        h("button", { class: "text-button", type: "button", on: { click: back } }, "Put back"),
        remove,
      ),
    );
  }
}
