/**
 * The panel of memory: what it costs to read, then memory, note, lore, and how they share the window with the text.
 *
 * Whatever is typed is reported at once and stored when the hand rests; what another window changes appears in every field but
 * the one that has the focus.
 */

import { matches } from "../actions.js";
import { h, setAttributes, setText } from "../dom.js";
import { activeRun } from "../faces.js";
import { counted, percentText } from "../format.js";
import { shownMemory } from "../memory/changes.js";
import { tokensOf } from "../memory/context.js";
import { shareWords } from "../memory/costs.js";
import { BOUNDS, LONGEST } from "../memory/files.js";
import { MemoryCost } from "./memory_cost.js";
import { heading, line, numberField, row, textField } from "./memory_fields.js";
import { MemoryFiles } from "./memory_files.js";
import { Lore } from "./memory_lore.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").Memory} Memory */

const READ_KEY = "Mod+Enter";
const LOOK_AT = ["right", "storedMemory", "memoryChange", "seen", "story", "models", "settings"];

export class MemoryPanel {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../memory/commands.js").MemoryCommands} memory
   * @param {import("./toasts.js").Toasts} toasts
   * @param {{see: () => void, keyOf: (action: string) => string}} on
   */
  constructor(store, memory, toasts, on) {
    this.store = store;
    this.memory = memory;
    this.cost = new MemoryCost(store, memory, on);
    this.lore = new Lore(store, memory);
    this.files = new MemoryFiles(store, memory, toasts);
    const { text, note, noteLines } = textFields(memory);
    this.text = text;
    this.note = note;
    this.noteLines = noteLines;
    this.textTitle = heading("Memory", "memory-text-title");
    this.noteTitle = heading("Note", "memory-note-title");
    this.slider = h("input", {
      class: "slider",
      id: "memory-share",
      type: "range",
      min: "10",
      max: "100",
      step: "5",
      "aria-describedby": "memory-share-line",
      on: { input: () => this.#shared() },
    });
    this.shareNow = h("span", { class: "memory-now" });
    this.shareLine = line("", "memory-share-line");
    const { range, budget } = loreFields(memory);
    this.range = range;
    this.budget = budget;
    this.waiting = h("p", { class: "panel-line" }, "The memory of this story is on its way…");
    this.parts = h("div", {}, ...this.#parts());
    this.body = h("div", { class: "memory" }, this.cost.element, this.waiting, this.parts);
    /** @type {unknown[]} what the lore was shown of */
    this.shownLore = [];
    /** @type {string | null} the story that is shown */
    this.story = null;
  }

  start() {
    this.cost.start();
    this.parts.addEventListener("focusout", () =>
      queueMicrotask(() => this.#show(this.store.state)),
    );
    const keys = /** @type {(keyof State)[]} */ ([...LOOK_AT, "runs", "presets", "parameters"]);
    this.store.subscribe(keys, (state) => {
      if (state.right === "memory") this.#show(state);
    });
  }

  /**
   * @param {KeyboardEvent} event anywhere in the room
   * @returns {boolean} whether it was for this panel, and is done
   */
  takesKey(event) {
    const target = /** @type {Element | null} */ (event.target);
    if (!target || !this.body.contains(target) || !matches(event, READ_KEY)) return false;
    return this.cost.read();
  }

  // ---------------------------------------------------------------- what it is made of

  #parts() {
    const { text, note, noteLines, textTitle, noteTitle } = this;
    const lines = row(
      "Lines back",
      noteLines.element,
      line(
        "About so many before the place where the model writes; 0: right after its last sentence.",
        "memory-note-lines-line",
      ),
    );
    return [
      section(
        textTitle,
        line("What the model should always know. It stands before the story.", "memory-text-line"),
        text.element,
      ),
      section(
        noteTitle,
        line("A reminder close to where the model writes.", "memory-note-line"),
        note.element,
        lines,
      ),
      this.lore.element,
      this.#room(),
      this.files.element,
    ];
  }

  #room() {
    const head = h("label", { for: "memory-share" }, "The story’s share");
    return section(
      heading("Room", "memory-room-title"),
      h("div", { class: "parameter-head" }, head, this.shareNow),
      this.slider,
      this.shareLine,
      row(
        "Lore gets at most",
        this.budget.element,
        line(
          "Tokens for all entries together. Those with the lowest order leave first.",
          "memory-budget-line",
        ),
      ),
      row(
        "Keys are looked for",
        this.range.element,
        line("Characters before the place where the model writes.", "memory-range-line"),
      ),
    );
  }

  // ---------------------------------------------------------------- showing

  /** @param {State} state */
  #show(state) {
    const memory = shownMemory(state);
    setAttributes(this.waiting, { hidden: memory !== null });
    setAttributes(this.parts, { hidden: memory === null });
    if (state.story !== this.story) this.#changeStory(state.story);
    if (!memory) return;
    this.text.show(memory.text);
    this.note.show(memory.note);
    this.noteLines.show(memory.note_lines);
    this.range.show(memory.lore_range);
    this.budget.show(memory.lore_budget);
    this.#showShare(memory.share);
    this.#showCounts(state, memory);
    this.#showLore(state, memory);
  }

  /** @param {State} state @param {Memory} memory up to a thousand entries, and a run tells of itself many times a second */
  #showLore(state, memory) {
    const run = activeRun(state.runs);
    const { storedMemory, memoryChange, seen } = state;
    const now = [storedMemory, memoryChange, seen, run?.id, run?.lore?.join("\n")];
    const isSame = now.every((one, index) => one === this.shownLore[index]);
    const typed = this.lore.element.contains(document.activeElement);
    this.shownLore = typed ? [] : now;
    if (!isSame) this.lore.show(state, memory);
  }

  /** @param {string | null} story fields hold the focus no longer than their story is open */
  #changeStory(story) {
    this.story = story;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    if (this.parts.contains(focused)) focused?.blur();
    this.lore.changeStory();
  }

  /** @param {State} state @param {Memory} memory */
  #showCounts(state, memory) {
    const { seen } = state;
    const isCurrent = seen?.run === (activeRun(state.runs)?.id ?? null);
    const words = (/** @type {"memory" | "note"} */ origin, /** @type {string} */ text) =>
      seen && isCurrent && text.trim() ? counted(tokensOf(seen.context, origin), "token") : "";
    this.textTitle.say(words("memory", memory.text));
    this.noteTitle.say(words("note", memory.note));
  }

  #shared() {
    const share = this.slider.valueAsNumber / 100;
    this.#showShare(share);
    this.memory.change({ share });
  }

  /** @param {number} share */
  #showShare(share) {
    const { slider } = this;
    const percent = Math.round(share * 100);
    if (slider.valueAsNumber !== percent) slider.value = String(percent);
    slider.style.setProperty("--at", String((percent - 10) / 90));
    setText(this.shareNow, percentText(share));
    const words = shareWords(this.store.state, share);
    setText(this.shareLine, words);
    setAttributes(slider, { "aria-valuetext": percentText(share) });
  }
}

/**
 * @param {{heading: HTMLElement}} title
 * @param {...(HTMLElement)} children
 */
function section(title, ...children) {
  const attributes = { class: "memory-part", "aria-labelledby": title.heading.id };
  return h("section", attributes, title.heading, ...children);
}

/** @param {import("../memory/commands.js").MemoryCommands} memory */
function textFields(memory) {
  const text = textField(
    {
      id: "memory-text",
      label: "Memory",
      most: LONGEST.memory,
      prose: true,
      described: "memory-text-line",
      placeholder: "Ada is a pilot’s daughter. The harbour has been closed for eleven years.",
    },
    (text) => memory.change({ text }),
  );
  const note = textField(
    {
      id: "memory-note",
      label: "Note",
      most: LONGEST.note,
      prose: true,
      rows: 2,
      described: "memory-note-line",
      placeholder: "The lamp must not be named before midnight.",
    },
    (note) => memory.change({ note }),
  );
  const [low, high] = BOUNDS.note_lines;
  const noteLines = numberField(
    { id: "memory-note-lines", low, high, usual: 3, described: "memory-note-lines-line" },
    (lines) => memory.change({ note_lines: lines }),
  );
  return { text, note, noteLines };
}

/** @param {import("../memory/commands.js").MemoryCommands} memory */
function loreFields(memory) {
  const [, farthest] = BOUNDS.lore_range;
  const range = numberField(
    {
      id: "memory-range",
      low: 0,
      high: farthest,
      step: 100,
      usual: 2000,
      described: "memory-range-line",
    },
    (range) => memory.change({ lore_range: range }),
  );
  const [, most] = BOUNDS.lore_budget;
  const budget = numberField(
    {
      id: "memory-budget",
      low: 0,
      high: most,
      step: 50,
      usual: 400,
      described: "memory-budget-line",
    },
    (budget) => memory.change({ lore_budget: budget }),
  );
  return { range, budget };
}
