/**
 * The list of lore entries: found, added, and opened where they stand.
 *
 * Each entry keeps its element, so that the focus and what is being typed stay. The list is sorted again when the focus leaves it.
 */

import { h, setAttributes, setText } from "../dom.js";
import { activeRun } from "../faces.js";
import { counted } from "../format.js";
import { tokensOf } from "../memory/context.js";
import { filtered, inOrder } from "../memory/lore.js";
import { EntryView } from "./memory_entry.js";
import { heading, line } from "./memory_fields.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").Memory} Memory */
/** @typedef {import("../protocol.js").LoreEntry} LoreEntry */

/** A list that is shorter can be seen at once. */
const FILTERED_FROM = 6;
const EMPTY =
  "Nothing yet. An entry tells the model about a person, a place or a thing once its name comes up in the text.";

export class Lore {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../memory/commands.js").MemoryCommands} memory
   */
  constructor(store, memory) {
    this.store = store;
    this.memory = memory;
    /** @type {Map<string, EntryView>} */
    this.views = new Map();
    this.title = heading("Lore", "memory-lore-title");
    this.line = line("Told to the model when one of an entry’s keys comes up in the text.");
    this.empty = h("p", { class: "panel-line" }, EMPTY);
    this.filter = h("input", {
      class: "field memory-filter",
      type: "search",
      "aria-label": "Find entries",
      placeholder: "Find by name, key or text",
      autocomplete: "off",
    });
    this.filter.addEventListener("input", () => this.#again());
    this.found = h("p", { class: "parameter-line", role: "status" });
    this.list = h("ul", {
      class: "lore-list",
      role: "list",
      "aria-labelledby": "memory-lore-title",
    });
    this.list.addEventListener("focusout", () => queueMicrotask(() => this.#again()));
    this.add = h(
      "button",
      { class: "text-button lore-add", type: "button", on: { click: () => this.#add() } },
      "New entry",
    );
    this.element = h(
      "section",
      { class: "memory-part", "aria-labelledby": "memory-lore-title" },
      this.title.heading,
      this.line,
      this.filter,
      this.found,
      this.empty,
      this.list,
      this.add,
    );
  }

  /** Nothing of another story stays open or sought. */
  changeStory() {
    this.views.clear();
    this.list.replaceChildren();
    this.filter.value = "";
  }

  /** @param {State} state @param {Memory} memory */
  show(state, memory) {
    const { entries } = memory;
    const run = activeRun(state.runs);
    const seen = state.seen?.run === (run?.id ?? null) ? state.seen : null;
    const many = entries.length >= FILTERED_FROM || this.filter.value !== "";
    setAttributes(this.filter, { hidden: !many });
    setAttributes(this.empty, { hidden: entries.length > 0 });
    setAttributes(this.line, { hidden: !entries.length });
    this.title.say(seen && entries.length ? counted(tokensOf(seen.context, "lore"), "token") : "");
    for (const entry of entries) {
      let view = this.views.get(entry.id);
      if (!view) this.views.set(entry.id, (view = this.#viewOf(entry)));
      view.show(entry, seen?.context ?? null, run?.lore ?? []);
    }
    const ids = new Set(entries.map(({ id }) => id));
    for (const id of this.views.keys()) if (!ids.has(id)) this.views.delete(id);
    this.#place(entries);
  }

  /** @param {LoreEntry[]} entries */
  #place(entries) {
    const wanted = filtered(inOrder(entries), this.filter.value);
    const isSought = this.filter.value.trim() !== "";
    const words = isSought ? `${wanted.length || "None"} of ${entries.length}` : "";
    setText(this.found, words);
    setAttributes(this.found, { hidden: !isSought });
    const shown = new Set(wanted.map(({ id }) => id));
    for (const [id, view] of this.views) {
      // What is being typed into stays, whatever is sought.
      if (view.element.contains(document.activeElement)) shown.add(id);
      setAttributes(view.element, { hidden: !shown.has(id) });
    }
    const inPlace = inOrder(entries).flatMap(({ id }) => this.views.get(id)?.element ?? []);
    this.#order(inPlace);
  }

  /** @param {HTMLElement[]} elements; the one with the focus is not moved */
  #order(elements) {
    const { list } = this;
    const wanted = new Set(elements);
    const children = /** @type {HTMLElement[]} */ ([...list.children]);
    for (const child of children) if (!wanted.has(child)) this.#take(child);
    const held = elements.some((element) => element.contains(document.activeElement));
    const isNew = elements.some((element) => !element.isConnected);
    if (held && !isNew) return;
    elements.forEach((element, index) => {
      if (list.children[index] !== element)
        list.insertBefore(element, list.children[index] ?? null);
    });
  }

  /** @param {HTMLElement} gone its neighbour gets the focus if it had it */
  #take(gone) {
    const next = gone.nextElementSibling ?? gone.previousElementSibling;
    /** @type {HTMLElement} */
    const heir = next?.querySelector(".lore-open") ?? this.add;
    if (gone.contains(document.activeElement)) heir.focus();
    gone.remove();
  }

  #again() {
    const { state } = this.store;
    const { storedMemory } = state;
    if (!storedMemory || this.list.contains(document.activeElement)) return;
    this.#place(this.#entries());
  }

  /** @returns {LoreEntry[]} */
  #entries() {
    return [...this.views.values()].map(({ entry }) => entry);
  }

  #add() {
    const id = this.memory.addEntry();
    this.#open(id);
  }

  /** @param {string | null} id of an entry that was just made; its field is drawn in the next frame */
  #open(id) {
    if (!id) return;
    this.filter.value = "";
    /** @type {() => void} */
    const end = this.store.subscribe(["memoryChange"], () => {
      const view = this.views.get(id);
      if (!view) return;
      queueMicrotask(end);
      view.begin();
    });
  }

  /** @param {LoreEntry} entry */
  #viewOf(entry) {
    return new EntryView(entry, {
      changed: (fields) => this.memory.changeEntry(entry.id, fields),
      duplicated: () => this.#open(this.memory.duplicateEntry(entry.id)),
      removed: () => this.memory.removeEntry(entry.id),
    });
  }
}
