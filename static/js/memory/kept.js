/**
 * What was changed in a memory and could not be stored yet, kept in this browser: it outlives a reload and an absence.
 *
 * Every window keeps its own; one that opens a story takes over what closed ones left of it.
 */

import { noChange, joined } from "./changes.js";

/** @typedef {import("./changes.js").Change} Change */

const PREFIX = "storygen.memory.";

export class Kept {
  constructor(storage = globalThis.localStorage, window = Math.random().toString(36).slice(2)) {
    this.storage = storage;
    this.window = window;
  }

  /** @param {string} story @param {Change} change */
  keep(story, change) {
    try {
      this.storage.setItem(this.#key(story), JSON.stringify({ ...noChange(), ...change }));
    } catch {
      // Full, or not allowed: then it is kept in this window alone.
    }
  }

  /** @param {string} story its memory is stored */
  forget(story) {
    this.storage.removeItem(this.#key(story));
  }

  /** @param {string} story @returns {Change} what this window, and windows before it, could not send; not kept any more */
  takeOver(story) {
    const all = Object.keys(this.storage).filter((key) => key.startsWith(`${PREFIX}${story}.`));
    const others = all.filter((key) => key !== this.#key(story));
    const own = all.filter((key) => key === this.#key(story));
    let change = noChange();
    for (const key of [...others, ...own]) {
      change = joined(change, read(this.storage.getItem(key)));
      this.storage.removeItem(key);
    }
    return change;
  }

  /** @param {string} story */
  #key(story) {
    return `${PREFIX}${story}.${this.window}`;
  }
}

/** @param {string | null} text @returns {Change} */
function read(text) {
  try {
    return { ...noChange(), ...JSON.parse(text ?? "{}") };
  } catch {
    return noChange();
  }
}
