/**
 * Has the whole text scored, and again when it has changed: what was read before, the server knows.
 *
 * Wanted while the text is coloured, or its chart is in sight. One that was cancelled or failed is not begun again by itself.
 */

import { activeRun, reasonOfServer } from "../faces.js";
import { LOADED_WITHIN_MS } from "./commands.js";
import { NOT_SCORED, isAtWork, reasonNotToLook } from "./scoring_state.js";

/** @typedef {import("../protocol.js").ScoredEvent} ScoredEvent */
/** @typedef {import("./scoring_state.js").ScoringState} ScoringState */
/** @typedef {import("../store.js").State} State */

/** How long typing has to rest. */
export const REST_MS = 1200;

export class Scoring {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../session.js").Session} session
   * @param {import("../commands.js").Commands} commands
   * @param {import("./commands.js").TokenCommands} tokens
   */
  constructor(store, connection, session, commands, tokens) {
    this.store = store;
    this.connection = connection;
    this.session = session;
    this.commands = commands;
    this.tokens = tokens;
    /** @type {string | null} the scoring that is under way */
    this.score = null;
    /** Counts what was asked: what an older asking brings is not for us. */
    this.asked = 0;
    /** @type {ScoredEvent[]} parts that came before the answer that names their scoring */
    this.early = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** Whether the chart is to be drawn though the text is not coloured. */
    this.charted = false;
    /** What it was scored with: model, prompt and sampling. */
    this.with = "";
    /** @type {(() => void)[]} called when there is more to draw */
    this.listeners = [];
  }

  start() {
    const { store } = this;
    store.subscribe(["story"], () => this.#forget());
    store.subscribe(["server", "setsAre"], (state) => {
      if (state.setsAre === "closed" && isAtWork(state.scoring)) this.#lost();
      if (state.setsAre !== "closed") this.#soon(0);
    });
    store.subscribe(["settings", "presets", "parameters", "defaultModel"], () => {
      if (this.score !== null || this.with) this.#soon();
    });
    store.subscribe(["heat", "right", "runs", "models", "length"], ({ heat }) => {
      this.session.page?.heat.show(heat);
      if (isAtWork(this.store.state.scoring) && !this.#isWanted()) void this.#drop();
      this.#soon();
    });
  }

  /** @param {boolean} charted the chart is in sight, and was asked for */
  wantChart(charted) {
    this.charted = charted;
    if (charted) this.#soon(0);
  }

  /** @param {() => void} listener */
  onMore(listener) {
    this.listeners.push(listener);
  }

  /** The text changed. */
  textChanged() {
    const { scoring } = this.store.state;
    if (scoring.is !== "none" && !scoring.behind) this.#say({ behind: true });
    this.#soon();
  }

  /** Scores the text now; also after it was cancelled, or failed. */
  async begin() {
    const { document, page } = this.session;
    if (!document || !page || reasonNotToLook(this.store.state)) return;
    clearTimeout(this.timer);
    const asked = ++this.asked;
    [this.score, this.early] = [null, []];
    this.#say({ ...NOT_SCORED, is: "asked" });
    try {
      await this.commands.settle();
      await document.flush();
      const wanted = this.tokens.wanted();
      this.with = JSON.stringify(wanted);
      const fields = { story: document.story, ...wanted };
      const { score } = await this.connection.call("score_start", fields, LOADED_WITHIN_MS);
      if (asked !== this.asked) return;
      this.score = score;
      page.heat.begin(score);
      for (const event of this.early.splice(0)) this.scored(event);
    } catch (error) {
      if (asked !== this.asked) return;
      const { code, message } = /** @type {{code?: string, message: string}} */ (error);
      if (code === "away") this.#lost();
      else this.#say({ is: "failed", error: message });
    }
  }

  /** Ends it; what is coloured stays so. */
  async cancel() {
    const { score } = this;
    this.asked += 1;
    this.score = null;
    this.#say({ is: "cancelled" });
    if (score) await this.connection.call("score_stop", { score }).catch(() => undefined);
  }

  /** @param {ScoredEvent} event a part of it came */
  scored(event) {
    const { page } = this.session;
    if (this.score === null && this.store.state.scoring.is === "asked") this.early.push(event);
    if (!page || event.score !== this.score) return;
    page.heat.add(event);
    const { done, total, over, error } = event;
    if (over) this.score = null;
    const is = error ? "failed" : over ? "over" : "reading";
    this.#say({ is, done, total, error });
    for (const listener of this.listeners) listener();
    if (over) this.#soon();
  }

  // ---------------------------------------------------------------- inside

  /** @param {number} [after_ms] looks whether it is to be scored, once the hand has rested */
  #soon(after_ms = REST_MS) {
    clearTimeout(this.timer);
    if (this.#isDue()) this.timer = setTimeout(() => this.#isDue() && void this.begin(), after_ms);
  }

  #isDue() {
    const { state } = this.store;
    const { is, behind } = state.scoring;
    if (!this.#isWanted() || !state.story || !state.length || isAtWork(state.scoring)) return false;
    if (is === "cancelled" || is === "failed") return false;
    if (reasonOfServer(state) || reasonNotToLook(state) || state.setsAre === "closed") return false;
    const run = activeRun(state.runs);
    if (run && run.state !== "paused") return false;
    return is === "none" || behind || this.with !== JSON.stringify(this.tokens.wanted());
  }

  #isWanted() {
    const { heat, right } = this.store.state;
    return heat || (this.charted && right === "tokens");
  }

  /** Nobody looks at it any more. */
  async #drop() {
    const { score } = this;
    this.#lost();
    if (score) await this.connection.call("score_stop", { score }).catch(() => undefined);
  }

  /** The server went away in the midst of it: it is begun anew when it is back. */
  #lost() {
    this.asked += 1;
    this.score = null;
    this.#say(NOT_SCORED);
  }

  #forget() {
    this.#lost();
    this.with = "";
    for (const listener of this.listeners) listener();
  }

  /** @param {Partial<ScoringState>} patch */
  #say(patch) {
    this.store.set({ scoring: { ...this.store.state.scoring, ...patch } });
  }
}
