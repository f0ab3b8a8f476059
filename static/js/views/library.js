/** The list of stories: open, rename, duplicate, bin, and what lies in the bin. */

import { h, icon } from "../dom.js";
import { agoText, counted } from "../format.js";
import { nameOf, titleOf } from "../titles.js";
import { Menu } from "./menu.js";

/** @typedef {import("../protocol.js").Story} Story */

export class Library {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   */
  constructor(store, commands) {
    this.store = store;
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
    const focused = this.list.contains(document.activeElement) ? document.activeElement?.id : null;
    const sorted = [...stories].sort((a, b) => b.changed - a.changed);
    this.list.replaceChildren(...sorted.map((one) => this.#row(one, one.id === story)));
    if (focused) document.getElementById(focused)?.focus();
  }

  /** @param {Story} story @param {boolean} isOpen */
  #row(story, isOpen) {
    const state = story.running ? "Writing" : agoText(story.changed, Date.now() / 1000);
    const open = () => void this.commands.openStory(story.id);
    const row = h(
      "li",
      { class: "row" },
      h(
        "button",
        {
          class: "row-main",
          type: "button",
          id: `story-${story.id}`,
          "aria-current": isOpen ? "true" : null,
          on: { click: open },
        },
        h("span", { class: "row-title" }, nameOf(story)),
        h("span", { class: "row-line" }, `${counted(story.num_words, "word")} · ${state}`),
      ),
    );
    const more = h(
      "button",
      {
        class: "icon-button",
        type: "button",
        "aria-haspopup": "menu",
        "aria-label": `More for ${nameOf(story)}`,
      },
      icon("more"),
    );
    row.append(h("div", { class: "menu-place" }, more));
    new Menu(more, "Story", () => [
      { label: "Rename", then: () => this.#rename(row, story) },
      { label: "Duplicate", then: () => void this.commands.duplicate(story.id) },
      { label: "Move to the bin", then: () => void this.commands.bin(story.id) },
    ]);
    return row;
  }

  /** @param {HTMLElement} row @param {Story} story */
  #rename(row, story) {
    this.renaming = story.id;
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
