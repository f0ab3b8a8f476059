/**
 * Colours the visible text by how likely the model finds each token, and knows which token stands where.
 *
 * A new scoring takes the place of the one before from the beginning on, as its parts come: what it has not reached
 * keeps its colour. Only what is in sight is painted.
 */

import { Decoration, RangeSetBuilder, StateEffect, ViewPlugin } from "../../vendor/libs.js";
import { Finger } from "../document/finger.js";
import { NUM_STEPS, stepOf } from "../tokens/scale.js";
import { ScoredText } from "../tokens/scored_text.js";

/** @typedef {import("../../vendor/libs.js").EditorView} EditorView */
/** @typedef {import("../../vendor/libs.js").ViewUpdate} ViewUpdate */
/** @typedef {import("../tokens/scored_text.js").Scored} Scored */
/** @typedef {Scored & {score: string}} ScoredToken */

const repaint = StateEffect.define();
const STEPS = Array.from({ length: NUM_STEPS }, (_, step) => ({
  plain: Decoration.mark({ class: `heat heat-${step}` }),
  here: Decoration.mark({ class: `heat heat-${step} is-here` }),
}));

export class Heat {
  /** @param {import("../document/story_document.js").StoryDocument} story */
  constructor(story) {
    this.finger = new Finger(story.text);
    /** Whether the text is coloured. */
    this.shown = false;
    /** @type {ScoredText | null} what was told before, as far as the newest has not come */
    this.older = null;
    /** @type {ScoredText | null} */
    this.newest = null;
    /** @type {{score: string, index: number} | null} the token that is looked at */
    this.here = null;
    /** @type {EditorView | null} */
    this.view = null;
  }

  /** @returns {import("../../vendor/libs.js").Extension} to be placed after the sync plugin */
  extension() {
    const heat = this;
    class HeatColours {
      /** @param {EditorView} view */
      constructor(view) {
        heat.view = view;
        this.decorations = heat.decorate(view);
      }

      /** @param {ViewUpdate} update */
      update(update) {
        if (update.docChanged) heat.#moved(update.changes);
        const asked = update.transactions.some((tr) => tr.effects.some((e) => e.is(repaint)));
        if (asked || update.docChanged || update.viewportChanged)
          this.decorations = heat.decorate(update.view);
      }
    }
    return ViewPlugin.fromClass(HeatColours, { decorations: (plugin) => plugin.decorations });
  }

  /** @param {import("../../vendor/libs.js").ChangeSet} changes */
  #moved(changes) {
    this.finger.moved(changes);
    this.older?.moved(changes);
    this.newest?.moved(changes);
  }

  /** @param {string} score a scoring begins */
  begin(score) {
    // One that was broken off gives what it knows to the one before it.
    if (this.newest && (!this.older || this.newest.end >= this.older.end)) this.older = this.newest;
    this.newest = new ScoredText(score);
  }

  /** @param {import("../protocol.js").ScoredEvent} event the next part of the newest scoring */
  add(event) {
    const { newest } = this;
    if (newest?.score !== event.score) return;
    const spots = event.stretches.flatMap(([client, clock, units]) =>
      this.finger.spots({ client, clock, units }),
    );
    newest.add(event.tokens, spots);
    if (event.over && !event.error) this.older = null;
    this.repaint();
  }

  /** @param {boolean} shown */
  show(shown) {
    if (this.shown === shown) return;
    this.shown = shown;
    this.repaint();
  }

  /** @param {ScoredToken | null} token that is looked at */
  mark(token) {
    const here = token && { score: token.score, index: token.index };
    if (here?.score === this.here?.score && here?.index === this.here?.index) return;
    this.here = here;
    this.repaint();
  }

  /** Before the next paint; may be called while the editor takes in a change. */
  repaint() {
    queueMicrotask(() => {
      if (this.view?.dom.isConnected) this.view.dispatch({ effects: repaint.of(null) });
    });
  }

  // ---------------------------------------------------------------- asking

  /** @param {number} at @returns {ScoredToken | null} the token whose text holds the character there */
  tokenAt(at) {
    for (const scored of this.#both()) {
      const index = scored.at(at);
      if (index !== null) return this.token(scored.score, index);
    }
    return null;
  }

  /** @param {ScoredToken} token @param {1 | -1} by @returns {ScoredToken | null} its neighbour */
  neighbour(token, by) {
    const scored = this.#both().find(({ score }) => score === token.score);
    const index = scored?.next(token.index, by) ?? null;
    return index === null ? null : this.token(token.score, index);
  }

  /** @param {string} score @param {number} index @returns {ScoredToken | null} null where it has no place any more */
  token(score, index) {
    const token = this.#both()
      .find((scored) => scored.score === score)
      ?.token(index);
    return token ? { ...token, score } : null;
  }

  /** @param {(token: ScoredToken) => void} see every token that has a place, in order */
  each(see) {
    this.#each(0, Number.MAX_SAFE_INTEGER, (scored, index) => {
      const token = scored.token(index);
      if (token) see({ ...token, score: scored.score });
    });
  }

  get isEmpty() {
    return !this.#both().some(({ count }) => count > 0);
  }

  #both() {
    return [this.newest, this.older].filter((scored) => scored !== null);
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {(scored: ScoredText, index: number) => void} see
   */
  #each(from, to, see) {
    const { newest, older } = this;
    newest?.each(from, to, (index) => see(newest, index));
    older?.each(Math.max(from, newest?.end ?? 0), to, (index) => {
      if (older.from[index] >= (newest?.end ?? 0)) see(older, index);
    });
  }

  // ---------------------------------------------------------------- painting

  /** @param {EditorView} view */
  decorate(view) {
    /** @type {RangeSetBuilder<Decoration>} */
    const builder = new RangeSetBuilder();
    if (!this.shown) return builder.finish();
    const { here } = this;
    const { doc } = view.state;
    // The space before a word is not painted: at the end of a line it would stand alone.
    const startOf = (/** @type {number} */ from, /** @type {number} */ to) =>
      to - from > 1 && doc.sliceString(from, from + 1) === " " ? from + 1 : from;
    for (const { from, to } of view.visibleRanges) {
      this.#each(from, to, (scored, index) => {
        const isHere = here?.score === scored.score && here.index === index;
        const step = STEPS[stepOf(scored.logprob[index])];
        const [start, end] = [scored.from[index], scored.to[index]];
        builder.add(startOf(start, end), end, isHere ? step.here : step.plain);
      });
    }
    return builder.finish();
  }
}
