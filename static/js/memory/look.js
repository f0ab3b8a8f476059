/**
 * What the model would read, asked of the server while somebody looks: for the cost of a change, and for "What the model sees".
 *
 * Asked when something that it depends on has rested, one call under way. A run that writes is looked at every now and then, and
 * when it rests.
 */

import { activeRun, chosenModel } from "../faces.js";
import { effectiveParams } from "../parameters.js";
import { asPatch, isEmpty, portioned } from "./changes.js";
import { isUnread } from "./costs.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").Context} Context */
/**
 * @typedef {{context: Context, run: string | null, story: string, unread: boolean}} Look for a live run, or for the caret;
 *   unread: it tells of what that run has not read
 */

const REST_MS = 350;
const RETRY_MS = 2000;
/** A run that writes is looked at again after so many tokens, where that tells something new. */
const EVERY_TOKENS = 50;
const PASSING = ["away", "too_fast", "not_open", "closed", "conflict", "missing_history"];

export class ContextLook {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../session.js").Session} session
   */
  constructor(store, connection, session) {
    this.store = store;
    this.connection = connection;
    this.session = session;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.underWay = false;
    /** What the newest look was asked for, and what is wanted. */
    this.asked = "";
    this.wanted = "";
  }

  start() {
    this.store.subscribe(
      ["right", "seenOpen", "story", "server", "storedMemory", "memoryChange", "runs"],
      (state) => this.#changed(state),
    );
    this.store.subscribe(
      ["caretAt", "length", "settings", "models", "defaultModel", "parameters", "presets"],
      (state) => this.#changed(state),
    );
  }

  /** @param {State} state */
  #changed(state) {
    if (state.seen && state.seen.story !== state.story) this.store.set({ seen: null });
    this.wanted = isWanted(state) ? dependsOn(state) : "";
    if (!this.wanted) this.asked = "";
    if (!this.wanted || this.wanted === this.asked) return;
    const isFirst = !this.asked && !this.timer;
    this.asked = this.wanted;
    this.#later(isFirst ? 0 : REST_MS);
  }

  /** @param {number} ms */
  #later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.#ask();
    }, ms);
  }

  async #ask() {
    const { document, page } = this.session;
    const { state } = this.store;
    if (!document || !page || !isWanted(state) || this.underWay) return;
    // So much at once is looked at when it is stored.
    if (!isEmpty(portioned(state.memoryChange)[1])) return;
    const asked = this.wanted;
    const run = activeRun(state.runs);
    const of = { run: run?.id ?? null, unread: isUnread(state) };
    this.underWay = true;
    try {
      await document.flush();
      const fields = { ...(run ? ofRun(run) : ofCaret(state, page)), ...changeOf(state) };
      const { story } = document;
      const { context } = await this.connection.call("context_show", { story, ...fields });
      if (this.store.state.story === story)
        this.store.set({ seen: { context, story, ...of }, seenTrouble: "" });
    } catch (error) {
      this.#failed(/** @type {import("../protocol.js").RefusedCall} */ (error));
    }
    this.underWay = false;
    if (this.wanted && this.wanted !== asked) this.#later(REST_MS);
  }

  /** @param {import("../protocol.js").RefusedCall} error */
  #failed(error) {
    if (PASSING.includes(error.code)) this.#later(RETRY_MS);
    else this.store.set({ seen: null, seenTrouble: error.message });
  }
}

/** @param {State} state @returns {boolean} whether somebody looks, and there is something to be seen */
function isWanted(state) {
  if (state.server !== "here" || !state.story || !state.storedMemory) return false;
  if (state.seenOpen) return true;
  // A panel that is open loads no model.
  return state.right === "memory" && (Boolean(activeRun(state.runs)) || isReady(state));
}

/** @param {State} state */
const isReady = (state) => chosenModel(state)?.state === "ready";

/** @param {State} state @returns {string} differs where a new look may show something else */
function dependsOn(state) {
  const { story, storedMemory, memoryChange, seenOpen } = state;
  const run = activeRun(state.runs);
  const memory = [story, seenOpen, storedMemory?.version, JSON.stringify(memoryChange)];
  if (run) {
    const { id, state: is, memory_version: version, lore, next_index: index } = run;
    const often = seenOpen || isUnread(state);
    const goneOn = often ? Math.floor(index / EVERY_TOKENS) : 0;
    return JSON.stringify([...memory, id, is, version, lore, goneOn]);
  }
  const { caretAt, length, settings } = state;
  const params = effectiveParams(state);
  return JSON.stringify([...memory, caretAt, length, settings, params, isReady(state)]);
}

/** @param {import("../protocol.js").Run} run */
const ofRun = (run) => ({ run: run.id, model: run.model, at: run.left });

/** @param {State} state @param {import("../editor/page.js").Page} page */
function ofCaret(state, page) {
  const { settings } = state;
  return {
    model: settings.model ?? state.defaultModel,
    at: page.placeToWrite(),
    mode: settings.mode ?? "continue",
    prompt: settings.mode === "prompt" ? (settings.prompt ?? "") : "",
    params: effectiveParams(state),
  };
}

/** @param {State} state @returns {object} what is typed and not stored yet */
function changeOf({ memoryChange, storedMemory }) {
  if (isEmpty(memoryChange) || !storedMemory) return {};
  return asPatch(memoryChange, storedMemory.memory);
}
