/**
 * What the writer can do with memory, note and lore, as calls to the server.
 *
 * A change is shown at once and stored when the hand rests: only what changed, one call under way, later changes merged into
 * the next. What could not be sent is kept in this browser and sent when the server is back. Failures are said in words.
 */

import { activeRun } from "../faces.js";
import { wordsOfError } from "../failures.js";
import {
  asPatch,
  entriesAdded,
  entriesRemoved,
  entryChanged,
  fieldsChanged,
  isEmpty,
  joined,
  noChange,
  portioned,
  shownMemory,
  withChange,
} from "./changes.js";
import { isUnread } from "./costs.js";
import { WrongFile, exported, imported } from "./files.js";
import { Kept } from "./kept.js";
import { MOST_ENTRIES, nameOfEntry, newEntry } from "./lore.js";

/** @typedef {import("./changes.js").Change} Change */
/** @typedef {import("../protocol.js").LoreEntry} LoreEntry */

const REST_MS = 500;
const RETRY_MS = 1500;
/** Codes after which the same change may well be taken a moment later. */
const PASSING = ["away", "too_fast", "not_open", "closed", "store", "internal"];

export class MemoryCommands {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../commands.js").Commands} commands
   * @param {import("../views/toasts.js").Toasts} toasts
   */
  constructor(store, connection, commands, toasts) {
    this.store = store;
    this.connection = connection;
    this.commands = commands;
    this.toasts = toasts;
    this.kept = new Kept();
    /** @type {string | null} the story that the changes below are for */
    this.story = null;
    /** Not sent yet. @type {Change} */
    this.waiting = noChange();
    /** Sent, and not in what the server told last. @type {Change} */
    this.sent = noChange();
    /** The version that holds what was sent; null while its answer is awaited. @type {number | null} */
    this.sentAs = null;
    /** Whether what was kept of this story was looked for. */
    this.tookOver = false;
    /** @type {Promise<void> | null} */
    this.underWay = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  start() {
    this.commands.alsoSettles(() => this.settle());
    this.store.subscribe(["story", "storedMemory"], (state) => this.#told(state));
    this.store.subscribe(["runs", "storedMemory"], (state) => {
      if (state.readingMemory && !isUnread(state)) this.store.set({ readingMemory: false });
    });
  }

  // ---------------------------------------------------------------- changing

  /** @param {Change["fields"]} fields */
  change(fields) {
    this.#add(fieldsChanged(fields));
  }

  /** @param {string} id @param {Partial<LoreEntry>} fields */
  changeEntry(id, fields) {
    const entry = this.#entry(id);
    if (entry) this.#add(entryChanged(entry, fields));
  }

  /** @param {Partial<LoreEntry>} [more] @returns {string | null} its id */
  addEntry(more = {}) {
    const memory = shownMemory(this.store.state);
    if (!memory) return null;
    if (memory.entries.length >= MOST_ENTRIES) {
      this.toasts.say(`${MOST_ENTRIES} entries are the most.`, "error");
      return null;
    }
    const id = newId();
    this.#add(entriesAdded([newEntry(id, { ...more, id })]));
    return id;
  }

  /** @param {string} id @returns {string | null} the copy's id */
  duplicateEntry(id) {
    const entry = this.#entry(id);
    if (!entry) return null;
    const name = entry.name ? `${entry.name} (copy)`.slice(0, 200) : "";
    return this.addEntry({ ...entry, name });
  }

  /** @param {string} id */
  removeEntry(id) {
    const entry = this.#entry(id);
    if (!entry) return;
    const { story } = this;
    this.#add(entriesRemoved([id]));
    this.toasts.offer(`Removed ${nameOfEntry(entry)}.`, "Undo", () => {
      if (this.story === story) this.#add(entriesAdded([entry]));
    });
  }

  // ---------------------------------------------------------------- reading

  /** The run that is under way reads what stands here before its next word. */
  async readNow() {
    if (!isUnread(this.store.state)) return;
    this.store.set({ readingMemory: true });
    await this.settle();
    const run = activeRun(this.store.state.runs);
    if (!run || !isEmpty(this.waiting)) {
      this.store.set({ readingMemory: false });
      return;
    }
    try {
      await this.connection.call("run_memory", { run: run.id });
    } catch (error) {
      this.store.set({ readingMemory: false });
      this.toasts.say(wordsOfError(error), "error");
    }
  }

  // ---------------------------------------------------------------- files

  /** @returns {string | null} the whole memory as a file's text */
  asFile() {
    const memory = shownMemory(this.store.state);
    return memory && exported(memory);
  }

  /** @param {string} text of a file; it takes the place of what stands here, which can be brought back */
  takeFile(text) {
    const before = shownMemory(this.store.state);
    if (!before) return;
    try {
      const memory = imported(text, newId);
      const { story } = this;
      this.#replace(before, memory);
      this.toasts.offer("The file’s memory stands here now.", "Undo", () => {
        if (this.story === story) this.#replace(memory, before);
      });
    } catch (error) {
      if (!(error instanceof WrongFile)) throw error;
      this.toasts.say(error.message, "error");
    }
  }

  /** @param {import("../protocol.js").Memory} now @param {import("../protocol.js").Memory} then */
  #replace(now, then) {
    const { entries, ...fields } = then;
    const gone = entriesRemoved(now.entries.map(({ id }) => id));
    this.#add(joined(joined(gone, entriesAdded(entries)), fieldsChanged(fields)));
  }

  // ---------------------------------------------------------------- storing

  /** @returns {Promise<void>} resolves once what was changed so far is stored, or could not be */
  async settle() {
    clearTimeout(this.timer);
    while (this.underWay) await this.underWay;
    if (isEmpty(this.waiting) || !this.connection.here || !this.store.state.storedMemory) return;
    this.underWay = this.#send();
    await this.underWay;
  }

  /** The window closes: what is not stored is kept here, and sent if there is time. */
  leave() {
    this.#keep();
    void this.settle();
  }

  async #send() {
    const { story } = this;
    const [now, later] = portioned(this.waiting);
    const { storedMemory } = this.store.state;
    if (!story || !storedMemory) {
      this.underWay = null;
      return;
    }
    const base = withChange(storedMemory.memory, this.sent);
    this.sent = joined(this.sent, now);
    this.sentAs = null;
    this.waiting = later;
    const { patch, removed } = asPatch(now, base);
    const isNothing = !Object.keys(patch).length && !removed;
    try {
      const answer = isNothing
        ? { memory_version: storedMemory.version }
        : await this.connection.call("memory_set", { story, patch, removed: removed ?? [] });
      if (this.story === story) this.#stored(answer.memory_version);
    } catch (error) {
      if (this.story === story) this.#failed(now, error);
    }
    this.underWay = null;
    this.#publish();
    if (!isEmpty(this.waiting) && !this.store.state.memoryTrouble) this.#later(REST_MS);
  }

  /** @param {number} version */
  #stored(version) {
    this.sentAs = version;
    this.store.set({ memoryTrouble: "" });
    this.#confirm();
    if (isEmpty(this.waiting) && this.story) this.kept.forget(this.story);
  }

  /** @param {Change} change @param {unknown} error */
  #failed(change, error) {
    const code = /** @type {{code?: string}} */ (error).code ?? "";
    this.waiting = joined(change, this.waiting);
    this.sent = noChange();
    this.#keep();
    // Another window removed the same entry in this very moment; the next attempt knows.
    const isGone = code === "not_found" && change.removed.length > 0;
    if (!PASSING.includes(code) && !isGone) this.store.set({ memoryTrouble: wordsOfError(error) });
    else if (code !== "away") this.#later(RETRY_MS);
  }

  /** What was sent is in what the server told: from now on that is shown. */
  #confirm() {
    const version = this.store.state.storedMemory?.version ?? -1;
    if (this.sentAs !== null && version >= this.sentAs) {
      this.sent = noChange();
      this.sentAs = null;
    }
  }

  /** @param {import("../store.js").State} state the server told of the memory, or another story is open */
  #told({ story, storedMemory }) {
    if (story !== this.story) this.#changeStory(story);
    if (!story || !storedMemory) return;
    if (!this.tookOver) {
      this.tookOver = true;
      this.waiting = joined(this.kept.takeOver(story), this.waiting);
      if (!isEmpty(this.waiting)) this.kept.keep(story, this.waiting);
    }
    this.#confirm();
    this.#publish();
    if (!isEmpty(this.waiting)) this.#later(0);
  }

  /** @param {string | null} story */
  #changeStory(story) {
    clearTimeout(this.timer);
    this.#keep();
    this.story = story;
    this.tookOver = false;
    this.waiting = noChange();
    this.sent = noChange();
    this.sentAs = null;
    this.store.set({ memoryTrouble: "", readingMemory: false });
    this.#publish();
  }

  /** @param {Change} change */
  #add(change) {
    if (!this.story) return;
    this.waiting = joined(this.waiting, change);
    this.store.set({ memoryTrouble: "", readingMemory: false });
    this.#publish();
    this.#later(REST_MS);
  }

  /** @param {number} ms */
  #later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.#keep();
      void this.settle();
    }, ms);
  }

  /** In this browser, until the server has it. */
  #keep() {
    const unstored = joined(this.sentAs === null ? this.sent : noChange(), this.waiting);
    if (this.story && !isEmpty(unstored)) this.kept.keep(this.story, unstored);
  }

  #publish() {
    const now = joined(this.sent, this.waiting);
    const same = isEmpty(now) && isEmpty(this.store.state.memoryChange);
    if (!same) this.store.set({ memoryChange: now });
  }

  /** @param {string} id */
  #entry(id) {
    return shownMemory(this.store.state)?.entries.find((entry) => entry.id === id);
  }
}

/** @returns {string} an entry's own */
const newId = () =>
  [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("");
