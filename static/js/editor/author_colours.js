/**
 * Colours the visible text by who wrote it, and lets new words of a run appear softly.
 *
 * Looks at the visible ranges only, and finds their identities from nearby (`Finger`), so that a key in
 * a long story costs what is on the screen.
 */

import { Decoration, RangeSetBuilder, StateEffect, ViewPlugin } from "../../vendor/libs.js";
import { Finger } from "../document/finger.js";
import { colours } from "./authorship.js";

/** @typedef {import("../../vendor/libs.js").ViewUpdate} ViewUpdate */
/** @typedef {import("../../vendor/libs.js").EditorView} EditorView */
/** @typedef {{from: number, to: number, since: number, turn: 0 | 1}} Fresh `since`: when the word arrived */

const FRESH_MS = 120;
const STEP_MS = 20;

/** Says that authorship was learned anew (aliases, tokens) though the text may be the same. */
export const authorsLearned = StateEffect.define();

const MARKS = {
  model: Decoration.mark({ class: "by-model" }),
  edited: Decoration.mark({ class: "by-edit" }),
};
/**
 * By turn and by age in steps: a word that is drawn anew goes on appearing from where it was. The element of the word
 * before may be used again for the next one: only another animation's name begins anew there, so that they take turns.
 */
const FRESH = ["odd", "even"].map((turn) =>
  Array.from({ length: FRESH_MS / STEP_MS }, (_, age) => ({
    model: Decoration.mark({ class: `by-model is-fresh is-${turn} fresh-${age}` }),
    edited: Decoration.mark({ class: `by-edit is-fresh is-${turn} fresh-${age}` }),
  })),
);

/**
 * @param {import("../document/story_document.js").StoryDocument} story
 * @returns {import("../../vendor/libs.js").Extension} to be placed after the sync plugin
 */
export function authorColours(story) {
  class AuthorColours {
    /** @param {EditorView} view */
    constructor(view) {
      this.finger = new Finger(story.text);
      /** @type {Fresh[]} */
      this.fresh = [];
      /** @type {0 | 1} */
      this.turn = 0;
      this.decorations = this.#decorate(view);
    }

    /** @param {ViewUpdate} update */
    update(update) {
      if (update.docChanged) {
        this.finger.moved(update.changes);
        this.#age(update);
      }
      const learned = update.transactions.some((tr) =>
        tr.effects.some((e) => e.is(authorsLearned)),
      );
      if (update.docChanged || update.viewportChanged || learned) {
        this.decorations = this.#decorate(update.view);
      }
    }

    /** @param {ViewUpdate} update */
    #age(update) {
      const { changes } = update;
      this.fresh = this.fresh.map((word) => {
        return { ...word, from: changes.mapPos(word.from, 1), to: changes.mapPos(word.to, -1) };
      });
      if (!story.applyingTokens) return;
      changes.iterChangedRanges((_fromA, _toA, from, to) => {
        if (to === from) return;
        this.turn = this.turn ? 0 : 1;
        this.fresh.push({ from, to, since: performance.now(), turn: this.turn });
      });
    }

    /** @param {EditorView} view */
    #decorate(view) {
      const oldest = performance.now() - FRESH_MS;
      this.fresh = this.fresh.filter((range) => range.since > oldest && range.to > range.from);
      this.fresh.sort((a, b) => a.from - b.from);
      /** @type {import("../../vendor/libs.js").RangeSetBuilder<Decoration>} */
      const builder = new RangeSetBuilder();
      for (const { from, to } of view.visibleRanges) {
        const stretches = this.finger.stretches(from, to);
        const slice = view.state.sliceDoc.bind(view.state);
        for (const piece of colours(from, stretches, story.identities, slice)) {
          if (piece.author !== "human") this.#mark(builder, piece.from, piece.to, piece.author);
        }
      }
      return builder.finish();
    }

    /**
     * @param {import("../../vendor/libs.js").RangeSetBuilder<Decoration>} builder
     * @param {number} from
     * @param {number} to
     * @param {"model" | "edited"} author
     */
    #mark(builder, from, to, author) {
      let at = from;
      for (const fresh of this.fresh) {
        const start = Math.max(at, fresh.from);
        const end = Math.min(to, fresh.to);
        if (start >= end) continue;
        if (start > at) builder.add(at, start, MARKS[author]);
        builder.add(start, end, freshMark(fresh)[author]);
        at = end;
      }
      if (at < to) builder.add(at, to, MARKS[author]);
    }
  }
  return ViewPlugin.fromClass(AuthorColours, { decorations: (plugin) => plugin.decorations });
}

/** @param {Fresh} fresh */
function freshMark({ since, turn }) {
  const age = Math.floor((performance.now() - since) / STEP_MS);
  const ages = FRESH[turn];
  return ages[Math.min(age, ages.length - 1)];
}
