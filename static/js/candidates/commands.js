/**
 * What the writer can do with candidates, as calls to the server and as edits of the text.
 *
 * Taking is an edit of one's own, made at once, also while the server is away; that it came from a card is told when the
 * text is stored. Failures are said in words.
 */

import { takenAliases, unitsOfWritten } from "../document/taken.js";
import { TakingCommands } from "../document/taking_commands.js";
import { reasonOfServer } from "../faces.js";
import { doneOrSaid } from "../failures.js";
import { effectiveParams } from "../parameters.js";
import { fateWishes, isFate } from "./fate.js";
import { reasonNotToAsk, reasonNotToAskSeveral, wishes } from "./faces.js";
import {
  findCard,
  isAtWork,
  rangesOf,
  readable,
  shownText,
  withNews,
  withRetried,
  writtenText,
} from "./sets.js";
import { Expecting } from "./expecting.js";
import { SinceShown } from "./since_shown.js";
import { rowsOf } from "./ways.js";

/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */
/** @typedef {"asked" | "quick" | "auto"} Origin */

export class CandidateCommands extends TakingCommands {
  fetching = false;
  since = new SinceShown();

  start() {
    const { store } = this;
    store.subscribe(["sets"], ({ sets }) => this.since.sees(sets));
    new Expecting(store, this.connection).start();
    store.subscribe(["setsAre", "right", "sets", "story"], (state) => {
      const wanted = state.right === "candidates" || state.sets.length > 0;
      if (wanted && state.setsAre === "there") void this.#fetch();
    });
  }

  // ---------------------------------------------------------------- asking

  /**
   * @param {Origin} [origin]
   * @param {number} [sets] one after another
   * @returns {Promise<string | null>} the set that was asked for
   */
  async ask(origin = "asked", sets = 1) {
    const { document, page } = this.session;
    const { state } = this.store;
    const reason = sets > 1 ? reasonNotToAskSeveral(state) : reasonNotToAsk(state);
    if (!document || !page || reason || this.store.state.askingCandidates) {
      if (reason) this.toasts.say(reason);
      return null;
    }
    const at = page.placeToWrite();
    this.store.set({ askingCandidates: true, ...(origin === "auto" ? { autoTotal: sets } : {}) });
    const answer = await this.#try(async () => {
      await this.commands.settle();
      await document.flush();
      return this.#call("candidates_ask", {
        story: document.story,
        at,
        ...this.#wanted(),
        ...(sets > 1 ? { sets } : {}),
        origin,
      });
    });
    this.store.set({ askingCandidates: false });
    return answer?.set.id ?? null;
  }

  /** So many sets one after another. */
  askSeveral() {
    return this.ask("auto", this.store.state.numSets);
  }

  #wanted() {
    const { state } = this.store;
    const { num, tokens, limit, beams, spread } = wishes(state.settings);
    const params = effectiveParams(state);
    const rows = beams > 1 ? [] : rowsOf(spread, num, params, state.presets);
    const fate = isFate(state.settings) ? fateWishes(state.settings, state.fateRanges) : null;
    const prompted = state.settings.mode === "prompt";
    return {
      model: state.settings.model ?? state.defaultModel,
      num,
      ...(beams > 1 ? { beams } : {}),
      ...(rows.length ? { rows } : {}),
      ...(fate ? { fate } : {}),
      params: {
        ...params,
        limit,
        max_tokens: tokens,
        min_tokens: Math.min(Number(params.min_tokens ?? 0), tokens),
      },
      mode: state.settings.mode ?? "continue",
      prompt: prompted ? (state.settings.prompt ?? "") : "",
    };
  }

  /** Ends all that is being written on cards. */
  async stop() {
    const sets = this.store.state.sets.filter(isAtWork);
    await this.#try(() =>
      Promise.all(sets.map(({ id }) => this.#call("candidates_stop", { set: id }))),
    );
  }

  /** Takes the cards, and the lists of tokens, off the page. */
  async clear() {
    const { story, sets, look } = this.store.state;
    this.store.set({ look: null });
    if (!story || !(sets.length || look)) return;
    await this.#try(async () => {
      if (sets.length) await this.connection.call("candidates_clear", { story });
      if (this.store.state.story === story) this.store.set({ sets: [] });
      this.toasts.say("Cleared. The story stays as it is.");
    });
  }

  /** From what was taken in the library, which card will be. */
  async learn() {
    await this.#try(async () => {
      const { picker } = await this.connection.call("picker_learn", {});
      this.store.set({ picker });
    });
  }

  /** What is being learned is given up. */
  async stopLearning() {
    await this.#try(() => this.connection.call("picker_stop", {}));
  }

  /** @param {boolean} on whether it learns anew after some choices, without being told to */
  async learnByItself(on) {
    await this.#try(async () => {
      const { picker } = await this.connection.call("picker_by_itself", { on });
      this.store.set({ picker });
    });
  }

  changeQuickgen() {
    const quickgen = !wishes(this.store.state.settings).quickgen;
    this.commands.changeSettings({ quickgen });
  }

  // ---------------------------------------------------------------- taking

  /**
   * Puts the card's text into the story, up to a letter.
   *
   * @param {string} id
   * @param {number | null} units of what the card says, from its beginning; null: all of it
   * @returns {Promise<string | null>} the set that was asked for next, where that was wished for
   */
  async take(id, units = null) {
    const { document, page } = this.session;
    const found = findCard(this.store.state.sets, id);
    if (!document || !page || !found) return null;
    const { set, card } = found;
    const [written, shown] = [writtenText(card), shownText(card)];
    const text = shown.slice(0, units ?? shown.length);
    if (!text) return null;
    const taken = page.take(set.at, text);
    document.identities.addTokens(rangesOf(card));
    document.declare(takenAliases(written, shown, text.length, card, taken.fresh));
    const words = taken.found
      ? "Taken."
      : "Taken at the caret: the place it was written for is gone.";
    this.takings.offerBack(document, words);
    const reached = unitsOfWritten(written, shown, text.length);
    const edited = card.text === null ? {} : { text };
    const since = this.since.secondsOf(set.id);
    const time = since === null ? {} : { seconds: since };
    const fields = { candidate: id, units: reached, ...edited, shown: readable(set), ...time };
    await this.takings.tell(document.story, "candidate_taken", fields);
    const { state } = this.store;
    const goesOn = wishes(state.settings).quickgen && !reasonOfServer(state);
    return goesOn ? this.ask("quick") : null;
  }

  // ---------------------------------------------------------------- cards

  /** @param {string} id @param {string} text as edited */
  async edit(id, text) {
    const card = findCard(this.store.state.sets, id)?.card;
    if (!card || text === shownText(card)) return;
    const wanted = text === writtenText(card) ? null : text;
    await this.#try(() => this.#call("candidate_change", { candidate: id, text: wanted }));
  }

  /** @param {string} id its text is to be what was written */
  async unedit(id) {
    await this.#try(() => this.#call("candidate_change", { candidate: id, text: null }));
  }

  /** @param {string} id */
  async pin(id) {
    const card = findCard(this.store.state.sets, id)?.card;
    if (card)
      await this.#try(() =>
        this.#call("candidate_change", { candidate: id, pinned: !card.pinned }),
      );
  }

  /** @param {string} id @param {boolean} [dismissed] false brings it back */
  async dismiss(id, dismissed = true) {
    await this.#try(async () => {
      await this.#call("candidate_change", { candidate: id, dismissed });
      if (dismissed) this.toasts.offer("Dismissed.", "Undo", () => void this.dismiss(id, false));
    });
  }

  /** @param {string} id another one is written in its place */
  async retry(id) {
    const found = findCard(this.store.state.sets, id);
    if (!found) return;
    this.#markRetried(id, true);
    await this.#try(async () => {
      await this.#call("candidates_add", { set: found.set.id, num: 1, replaces: id });
      this.toasts.offer("Another is written in its place.", "Undo", () => {
        void this.dismiss(id, false);
      });
    });
    this.#markRetried(id, false);
  }

  /** @param {string} id @param {boolean} retried another one is awaited in its place */
  #markRetried(id, retried) {
    this.store.set({ sets: withRetried(this.store.state.sets, id, retried) });
  }

  /** @param {string} set as many more for the same text as are asked for elsewhere */
  async addTo(set) {
    const { num } = wishes(this.store.state.settings);
    await this.#try(() => this.#call("candidates_add", { set, num }));
  }

  /** @param {string} id it goes on from where it ends */
  async goOn(id) {
    const { tokens } = wishes(this.store.state.settings);
    await this.#try(() => this.#call("candidates_more", { candidate: id, tokens }));
  }

  /** @param {string} id */
  async stopCard(id) {
    if (findCard(this.store.state.sets, id)?.card.state === "ended") return;
    await this.#try(() => this.#call("candidates_stop", { candidate: id }));
  }

  /** @param {string} id it becomes a story of its own, which is opened */
  async openAsStory(id) {
    const answer = await this.#try(() =>
      this.connection.call("candidate_story", { candidate: id }),
    );
    if (!answer) return;
    await this.commands.refreshStories();
    await this.commands.openStory(answer.story.id);
  }

  // ---------------------------------------------------------------- inside

  async #fetch() {
    const { story } = this.store.state;
    if (this.fetching || !story) return;
    this.fetching = true;
    const answer = await this.connection.call("candidates", { story }).catch(() => null);
    this.fetching = false;
    const { state } = this.store;
    if (!answer || state.story !== story || state.setsAre === "closed") return;
    const told = new Set(answer.sets.map((/** @type {CandidateSet} */ { id }) => id));
    const known = state.sets.filter(({ id }) => told.has(id));
    this.store.set({ sets: withNews(known, answer.sets, []).sets, setsAre: "here" });
  }

  /**
   * @param {string} event answered with the set as it is now
   * @param {object} fields
   * @returns {Promise<{set: CandidateSet}>}
   */
  async #call(event, fields) {
    const answer = await this.connection.call(event, fields);
    const { story, sets } = this.store.state;
    if (answer.set?.story !== story) return answer;
    this.store.set({ sets: withNews(sets, [answer.set], []).sets });
    return answer;
  }

  /**
   * @template T
   * @param {() => Promise<T>} command
   */
  #try(command) {
    return doneOrSaid(this.toasts, command);
  }
}
