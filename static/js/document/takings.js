/**
 * Text of the model's that the writer put into the story: how it is undone, and how the server is told where it came from.
 *
 * It stands there at once, also while the server is away; that it was taken is told when the text is stored.
 */

import { wordsOfError } from "../failures.js";

/** @typedef {import("./story_document.js").StoryDocument} StoryDocument */

export class Takings {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../session.js").Session} session
   * @param {import("../views/toasts.js").Toasts} toasts
   */
  constructor(store, connection, session, toasts) {
    this.store = store;
    this.connection = connection;
    this.session = session;
    this.toasts = toasts;
    /** @type {{story: string, event: string, fields: object}[]} takings that the server was not told of yet */
    this.untold = [];
    /** @type {Promise<void> | null} */
    this.telling = null;
  }

  start() {
    this.store.subscribe(["setsAre", "unsent"], (state) => {
      if (this.untold.length && state.setsAre !== "closed" && !state.unsent) void this.#tell();
    });
  }

  /**
   * Tells the server of what was taken, once the text is stored; else when it is back.
   *
   * @param {string} story
   * @param {string} event `candidate_taken` or `token_taken`
   * @param {object} fields
   */
  tell(story, event, fields) {
    this.untold.push({ story, event, fields });
    return this.#tell();
  }

  /** @param {StoryDocument} document @param {string} words what was done, which can be undone until something else is */
  offerBack(document, words) {
    const manager = document.undoManager;
    const away = this.toasts.offer(words, "Undo", () => {
      if (this.session.document === document) document.undo();
    });
    const over = () => {
      manager.off("stack-item-added", over);
      manager.off("stack-item-popped", over);
      away();
    };
    manager.on("stack-item-added", over);
    manager.on("stack-item-popped", over);
  }

  async #tell() {
    while (this.telling) await this.telling;
    this.telling = this.#tellAll();
    await this.telling;
    this.telling = null;
  }

  async #tellAll() {
    const { document } = this.session;
    await document?.flush();
    for (const taking of this.untold.filter(({ story }) => story === document?.story)) {
      if (!document?.outbox.empty) return;
      try {
        await this.connection.call(taking.event, taking.fields);
      } catch (error) {
        if (/** @type {{code?: string}} */ (error).code === "away") return;
        this.toasts.say(wordsOfError(error), "error");
      }
      this.untold = this.untold.filter((one) => one !== taking);
    }
  }
}
