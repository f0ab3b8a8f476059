/** What the writer can tell the automatic writer, as calls to the server. Failures are said in words. */

import { doneOrSaid } from "../failures.js";
import { autoControl, isLive, reasonNotToStop, startFields, wishesFrom } from "./auto.js";

/** How it is to write, kept in this browser. */
const KEPT = "storygen.auto";

export class AutoCommands {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../session.js").Session} session
   * @param {import("../commands.js").Commands} commands
   * @param {import("../views/toasts.js").Toasts} toasts
   */
  constructor(store, connection, session, commands, toasts) {
    this.store = store;
    this.connection = connection;
    this.session = session;
    this.commands = commands;
    this.toasts = toasts;
  }

  start() {
    this.store.set({ autoWishes: wishesFrom(keptWishes()) });
  }

  /** @param {Partial<import("./auto.js").AutoWishes>} change of how it is to write */
  change(change) {
    const autoWishes = wishesFrom({ ...this.store.state.autoWishes, ...change });
    localStorage.setItem(KEPT, JSON.stringify(autoWishes));
    this.store.set({ autoWishes });
  }

  /** Start, pause or hand back, whichever comes next. */
  next() {
    const { action, reason } = autoControl(this.store.state);
    if (reason) {
      this.toasts.say(reason);
      return Promise.resolve();
    }
    return this.#call(
      `auto_${action}`,
      action === "start" ? startFields(this.store.state) : {},
      action !== "pause",
    );
  }

  /** End it; what it has written stays. */
  stop() {
    const { state } = this.store;
    const reason = reasonNotToStop(state);
    if (reason) {
      if (isLive(state.auto)) this.toasts.say(reason);
      return Promise.resolve();
    }
    return this.#call("auto_stop", {}, false);
  }

  /**
   * @param {string} event
   * @param {object} fields
   * @param {boolean} readsText what was typed must be there before
   */
  async #call(event, fields, readsText) {
    const { document } = this.session;
    if (!document || this.store.state.tellingAuto) return;
    const { story } = document;
    this.store.set({ tellingAuto: true });
    await doneOrSaid(this.toasts, async () => {
      if (readsText) {
        await this.commands.settle();
        await document.flush();
      }
      const before = this.store.state.auto;
      const { auto } = await this.connection.call(event, { story, ...fields });
      // News of it may have come first, and be newer than the answer.
      if (this.store.state.story === story && this.store.state.auto === before)
        this.store.set({ auto });
    });
    this.store.set({ tellingAuto: false });
  }
}

/** @returns {unknown} */
function keptWishes() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}
