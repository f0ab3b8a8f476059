/** One entry of the lorebook: a line of the list, with its fields under it once it is opened. */

import { h, setAttributes, setText } from "../dom.js";
import { BOUNDS, LONGEST } from "../memory/files.js";
import {
  LONGEST_KEY,
  MOST_KEYS,
  USUAL_DEPTH,
  USUAL_ORDER,
  asConstant,
  callLine,
  entryMark,
  keysOf,
  nameOfEntry,
} from "../memory/lore.js";
import { line, numberField, row, textField } from "./memory_fields.js";

/** @typedef {import("../protocol.js").LoreEntry} LoreEntry */
/** @typedef {import("../protocol.js").Context} Context */

const WHEN = { keys: "By its keys", always: "Always" };
const WHERE = { before: "Before the story", back: "Lines back" };
const KEYS_LINE = "One on each line or between commas, or a pattern: /lamps?/i";
const ORDER_LINE = "The higher, the later it stands, and the longer it stays where room is short.";

export class EntryView {
  /**
   * @param {LoreEntry} entry
   * @param {{changed: (fields: Partial<LoreEntry>) => void, duplicated: () => void, removed: () => void}} on
   */
  constructor(entry, on) {
    this.entry = entry;
    this.on = on;
    this.name = h("span", { class: "lore-name", dir: "auto" });
    this.keys = h("span", { class: "lore-keys", dir: "auto" });
    this.mark = h("span", { class: "lore-mark" });
    this.head = h(
      "button",
      {
        class: "lore-open",
        type: "button",
        "aria-expanded": "false",
        on: { click: () => this.#toggle() },
      },
      this.name,
      this.keys,
      this.mark,
    );
    this.switch = h("button", {
      class: "switch",
      type: "button",
      role: "switch",
      on: { click: () => on.changed({ on: !this.entry.on }) },
    });
    const head = h("div", { class: "lore-head" }, this.head, this.switch);
    this.element = h("li", { class: "lore-entry" }, head);
    /** @type {EntryFields | null} made when it is opened */
    this.fields = null;
  }

  /**
   * @param {LoreEntry} entry
   * @param {Context | null} context what the model would read
   * @param {string[]} read ids of those that the run reads
   */
  show(entry, context, read) {
    this.entry = entry;
    const name = nameOfEntry(entry);
    const mark = entryMark(entry, context, read);
    setText(this.name, name);
    setText(this.keys, callLine(entry));
    setText(this.mark, mark.text);
    setAttributes(this.element, { "data-mark": mark.kind, "data-on": String(entry.on) });
    const state = entry.on ? "on" : "off";
    setAttributes(this.switch, {
      "aria-checked": String(entry.on),
      "aria-label": `${name}: in use`,
      title: entry.on ? "In use. Off: it is kept, and the model is not told." : `It is ${state}`,
    });
    this.fields?.show(entry);
  }

  /** Opens it and begins with its name. */
  begin() {
    if (!this.fields) this.#toggle();
    this.element.scrollIntoView({ block: "nearest" });
    this.fields?.name.focus();
    this.fields?.name.select();
  }

  #toggle() {
    if (this.fields) this.fields.element.remove();
    this.fields = this.fields ? null : new EntryFields(this.entry.id, this.on, () => this.entry);
    if (this.fields) this.element.append(this.fields.element);
    this.fields?.show(this.entry);
    const open = this.fields !== null;
    setAttributes(this.head, {
      "aria-expanded": String(open),
      "aria-controls": open ? (this.fields?.element.id ?? false) : false,
    });
  }
}

/** What an entry is made of, to be changed. */
class EntryFields {
  /**
   * @param {string} id
   * @param {EntryView["on"]} on
   * @param {() => LoreEntry} entry as it is now
   */
  constructor(id, on, entry) {
    const own = (/** @type {string} */ field) => `lore-${id}-${field}`;
    this.name = nameField(own("name"), (name) => on.changed({ name }));
    this.text = textField(
      {
        id: own("text"),
        most: LONGEST.text,
        prose: true,
        placeholder: "The harbourmaster is blind in one eye.",
      },
      (text) => on.changed({ text }),
    );
    this.keys = textField(
      {
        id: own("keys"),
        most: MOST_KEYS * (LONGEST_KEY + 1),
        rows: 2,
        described: own("keys-line"),
        placeholder: "harbourmaster",
      },
      (lines) => on.changed({ keys: keysOf(lines) }),
    );
    this.when = choice(own("when"), WHEN, (value) =>
      on.changed(asConstant(entry(), value === "always")),
    );
    this.where = choice(own("where"), WHERE, (value) =>
      on.changed({ depth: value === "before" ? null : USUAL_DEPTH }),
    );
    const [low, high] = BOUNDS.depth;
    this.depth = numberField({ id: own("depth"), low, high, usual: USUAL_DEPTH }, (depth) =>
      on.changed({ depth }),
    );
    this.depth.element.setAttribute("aria-label", "How many lines back");
    const [lowest, highest] = BOUNDS.order;
    const described = own("order-line");
    this.order = numberField(
      { id: own("order"), low: lowest, high: highest, usual: USUAL_ORDER, described },
      (order) => on.changed({ order }),
    );
    const keysLine = line(KEYS_LINE, own("keys-line"));
    this.whenKeys = h("div", {}, labelled("Keys", this.keys.element), keysLine);
    const place = h("span", { class: "lore-place" }, this.where, this.depth.element);
    const stands = h("label", { for: this.where.id }, "Stands");
    this.element = h(
      "div",
      { class: "lore-fields", id: `lore-${id}` },
      labelled("Name", this.name),
      labelled("Text", this.text.element),
      row("Told", this.when),
      this.whenKeys,
      h("div", { class: "parameter-head memory-row" }, stands, place),
      row("Order", this.order.element, line(ORDER_LINE, described)),
      h(
        "div",
        { class: "lore-deeds" },
        deed("Duplicate", on.duplicated),
        deed("Remove", on.removed),
      ),
    );
  }

  /** @param {LoreEntry} entry */
  show(entry) {
    if (document.activeElement !== this.name && this.name.value !== entry.name)
      this.name.value = entry.name;
    this.text.show(entry.text);
    // Blank lines stay as they were typed: what is below would jump from under the pointer.
    const typed = keysOf(this.keys.element.value);
    if (typed.join("\n") !== entry.keys.join("\n")) this.keys.show(entry.keys.join("\n"));
    setAttributes(this.whenKeys, { hidden: entry.constant });
    this.when.value = entry.constant ? "always" : "keys";
    const before = entry.depth === null;
    this.where.value = before ? "before" : "back";
    setAttributes(this.depth.element, { hidden: before });
    this.depth.show(entry.depth ?? USUAL_DEPTH);
    this.order.show(entry.order);
  }
}

/** @param {string} words @param {() => void} click */
const deed = (words, click) =>
  h("button", { class: "text-button", type: "button", on: { click: () => click() } }, words);

/** @param {string} id @param {(name: string) => void} changed */
function nameField(id, changed) {
  const most = String(LONGEST.name);
  const attributes = { class: "field", id, type: "text", dir: "auto", maxlength: most };
  const field = h("input", { ...attributes, autocomplete: "off" });
  field.addEventListener("input", () => changed(field.value));
  return field;
}

/**
 * @param {string} id
 * @param {{[value: string]: string}} options
 * @param {(value: string) => void} changed
 */
function choice(id, options, changed) {
  const entries = Object.entries(options);
  const select = h(
    "select",
    { class: "field", id },
    ...entries.map(([value, words]) => h("option", { value }, words)),
  );
  select.addEventListener("change", () => changed(select.value));
  return select;
}

/** @param {string} words @param {HTMLElement} field */
function labelled(words, field) {
  return h("div", { class: "lore-field" }, h("label", { for: field.id }, words), field);
}
