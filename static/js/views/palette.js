/** Finds every action and every story by a few letters (Ctrl+K). */

import { keyText } from "../actions.js";
import { h } from "../dom.js";

/** @typedef {{title: string, key?: string, run: () => void}} Entry */

export class Palette {
  /** @param {() => Entry[]} entries read when it opens */
  constructor(entries) {
    this.entries = entries;
    /** @type {Entry[]} */
    this.all = [];
    /** @type {Entry[]} */
    this.shown = [];
    this.at = 0;
    this.field = h("input", {
      class: "palette-field",
      type: "text",
      placeholder: "What would you like to do?",
      "aria-label": "Find an action",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": "palette-list",
      autocomplete: "off",
      spellcheck: "false",
    });
    this.list = h("ul", {
      class: "palette-list",
      id: "palette-list",
      role: "listbox",
      "aria-label": "Actions",
    });
    this.dialog = h("dialog", { class: "palette", "aria-label": "Actions" }, this.field, this.list);
    this.field.addEventListener("input", () => this.#filter());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    document.body.append(this.dialog);
  }

  open() {
    this.all = this.entries();
    this.field.value = "";
    this.#filter();
    this.dialog.showModal();
    this.field.focus();
  }

  #filter() {
    this.shown = ranked(this.all, this.field.value);
    this.#goTo(0);
    if (!this.shown.length)
      this.list.append(h("li", { class: "panel-line" }, "No action is called that."));
  }

  /** @param {number} at */
  #goTo(at) {
    this.at = Math.max(0, Math.min(at, this.shown.length - 1));
    this.list.replaceChildren(...this.shown.map((entry, index) => this.#row(entry, index)));
    const current = this.list.children[this.at];
    this.field.setAttribute("aria-activedescendant", current?.id ?? "");
    current?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Entry} entry @param {number} index */
  #row(entry, index) {
    return h(
      "li",
      {
        class: "palette-row",
        id: `palette-${index}`,
        role: "option",
        "aria-selected": String(index === this.at),
        on: { click: () => this.#take(entry) },
      },
      h("span", {}, entry.title),
      entry.key ? h("kbd", {}, keyText(entry.key)) : null,
    );
  }

  /** @param {Entry | undefined} entry */
  #take(entry) {
    if (!entry) return;
    this.dialog.close();
    entry.run();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "ArrowDown") this.#goTo(this.at + 1);
    else if (event.key === "ArrowUp") this.#goTo(this.at - 1);
    else if (event.key === "Enter" && !event.isComposing) this.#take(this.shown[this.at]);
    else return;
    event.preventDefault();
  }
}

/**
 * @template {{title: string}} T
 * @param {T[]} entries
 * @param {string} typed
 * @returns {T[]} those in which every typed word begins some word, first where the title begins so
 */
export function ranked(entries, typed) {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = entries.filter(({ title }) => {
    const words = title.toLowerCase().split(/\s+/);
    return wanted.every((want) => words.some((word) => word.startsWith(want)));
  });
  const begins = (/** @type {T} */ entry) =>
    entry.title.toLowerCase().startsWith(wanted[0] ?? "") ? 0 : 1;
  return fits.sort((a, b) => begins(a) - begins(b));
}
