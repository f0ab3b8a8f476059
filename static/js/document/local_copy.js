/**
 * This browser's own copy of a story, in IndexedDB under the identity of its document.
 *
 * A closed tab loses nothing, and a story opened while the server is away is there. Where IndexedDB is
 * missing or refuses (private windows), the story lives in this tab alone; `start` says so.
 *
 * A transaction costs as much as all else that a key does, so that what was typed is written after the frame that
 * shows it, and what the server sent, which it has, with the next key or within a second; all of it in one.
 */

import { IndexeddbPersistence, Y } from "../../vendor/libs.js";
import { nextFrame } from "../store.js";

/** @typedef {import("../protocol.js").Alias} Alias */

const NAME = "storygen:";
const DOCUMENTS = "storygen.documents";
const GIVE_UP_MS = 3000;
const LATER_MS = 1000;

export class LocalCopy {
  /**
   * @param {string} documentId
   * @param {import("../../vendor/libs.js").Y.Doc} doc
   */
  constructor(documentId, doc) {
    this.documentId = documentId;
    this.doc = doc;
    /** @type {IndexeddbPersistence | null} */
    this.persistence = null;
    /** @type {Uint8Array[]} */
    this.waiting = [];
    /** @type {string | null} what of `pending` is not written yet */
    this.pendingNow = null;
    /** @type {string | null} */
    this.pendingKept = null;
    this.isSoon = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    this.write = this.write.bind(this);
    this.changed = this.changed.bind(this);
  }

  /** @returns {Promise<boolean>} true once what was kept is in the document; false: nothing can be kept */
  async start() {
    if (!globalThis.indexedDB || !(await canOpen())) return false;
    this.persistence = new IndexeddbPersistence(NAME + this.documentId, this.doc);
    this.doc.off("update", this.persistence._storeUpdate);
    this.doc.on("update", this.changed);
    window.addEventListener("pagehide", this.write);
    document.addEventListener("visibilitychange", this.write);
    const kept = this.persistence.whenSynced.then(() => true);
    return Promise.race([kept, after(GIVE_UP_MS)]);
  }

  /** @returns {Promise<{unsent: boolean, aliases: Alias[]}>} what was written here and not confirmed */
  async pending() {
    const kept = await this.persistence?.get("pending").catch(() => undefined);
    return kept ? JSON.parse(String(kept)) : { unsent: false, aliases: [] };
  }

  /** @param {{unsent: boolean, aliases: Alias[]}} pending lost where the browser can't keep it */
  keepPending(pending) {
    this.pendingNow = JSON.stringify(pending);
    this.#writeWithin(pending.unsent);
  }

  /**
   * @param {Uint8Array} update
   * @param {unknown} origin
   * @param {Y.Doc} _doc
   * @param {Y.Transaction} transaction a local one brings what was typed
   */
  changed(update, origin, _doc, transaction) {
    if (origin === this.persistence) return;
    this.waiting.push(update);
    this.#writeWithin(transaction.local);
  }

  /** @param {boolean} soon */
  #writeWithin(soon) {
    if (soon && !this.isSoon) {
      this.isSoon = true;
      nextFrame(() => setTimeout(this.write));
    }
    this.later ??= setTimeout(this.write, LATER_MS);
  }

  /** Writes what waits. */
  write() {
    clearTimeout(this.later);
    this.later = undefined;
    this.isSoon = false;
    const { persistence } = this;
    if (!persistence) return;
    // What came before the database was open is in the state that it begins with.
    if (this.waiting.length) persistence._storeUpdate(Y.mergeUpdates(this.waiting.splice(0)), null);
    if (this.pendingNow === null || this.pendingNow === this.pendingKept) return;
    this.pendingKept = this.pendingNow;
    void persistence.set("pending", this.pendingNow).catch(() => undefined);
  }

  stop() {
    this.write();
    this.#forget();
    void this.persistence?.destroy();
    this.persistence = null;
  }

  /** Removes the copy, when the story now has another document. */
  async drop() {
    this.#forget();
    await this.persistence?.clearData();
    this.persistence = null;
  }

  #forget() {
    this.doc.off("update", this.changed);
    window.removeEventListener("pagehide", this.write);
    document.removeEventListener("visibilitychange", this.write);
    clearTimeout(this.later);
  }
}

/**
 * @param {string} story
 * @returns {string | null} the identity of the document that this browser has a copy of
 */
export function documentOf(story) {
  return readDocuments()[story] ?? null;
}

/**
 * @param {string} story
 * @param {string} documentId
 */
export function rememberDocument(story, documentId) {
  try {
    localStorage.setItem(DOCUMENTS, JSON.stringify({ ...readDocuments(), [story]: documentId }));
  } catch {
    // Without storage there is no copy to find again either.
  }
}

/** @returns {{[story: string]: string}} */
function readDocuments() {
  try {
    return JSON.parse(localStorage.getItem(DOCUMENTS) ?? "{}");
  } catch {
    return {};
  }
}

/** @returns {Promise<boolean>} */
function canOpen() {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open("storygen-probe");
      request.onsuccess = () => {
        request.result.close();
        resolve(true);
      };
      request.onerror = () => resolve(false);
    } catch {
      resolve(false);
    }
  });
}

/** @param {number} ms @returns {Promise<boolean>} */
const after = (ms) => new Promise((resolve) => setTimeout(() => resolve(false), ms));
