/**
 * This browser's own copy of a story, in IndexedDB under the identity of its document.
 *
 * A closed tab loses nothing, and a story opened while the server is away is there. Where IndexedDB is
 * missing or refuses (private windows), the story lives in this tab alone; `start` says so.
 */

import { IndexeddbPersistence } from "../../vendor/libs.js";

/** @typedef {import("../protocol.js").Alias} Alias */

const NAME = "storygen:";
const DOCUMENTS = "storygen.documents";
const GIVE_UP_MS = 3000;

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
  }

  /** @returns {Promise<boolean>} true once what was kept is in the document; false: nothing can be kept */
  async start() {
    if (!globalThis.indexedDB || !(await canOpen())) return false;
    this.persistence = new IndexeddbPersistence(NAME + this.documentId, this.doc);
    const kept = this.persistence.whenSynced.then(() => true);
    return Promise.race([kept, after(GIVE_UP_MS)]);
  }

  /** @returns {Promise<{unsent: boolean, aliases: Alias[]}>} what was written here and not confirmed */
  async pending() {
    const kept = await this.persistence?.get("pending").catch(() => undefined);
    return kept ? JSON.parse(String(kept)) : { unsent: false, aliases: [] };
  }

  /** @param {{unsent: boolean, aliases: Alias[]}} pending lost where the browser can't keep it */
  async keepPending(pending) {
    await this.persistence?.set("pending", JSON.stringify(pending)).catch(() => undefined);
  }

  stop() {
    void this.persistence?.destroy();
    this.persistence = null;
  }

  /** Removes the copy, when the story now has another document. */
  async drop() {
    await this.persistence?.clearData();
    this.persistence = null;
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
