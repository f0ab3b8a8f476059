/**
 * Colours the visible text by who wrote it, and lets new words of a run appear softly.
 *
 * Looks at the visible ranges only, and finds their identities from nearby (`Finger`), so that a key in
 * a long story costs what is on the screen.
 */

import {
  Decoration,
  RangeSetBuilder,
  StateEffect,
  ViewPlugin,
  ySyncAnnotation,
} from "../../vendor/libs.js";
import { Finger } from "../document/finger.js";
import { colours } from "./authorship.js";

/** @typedef {import("../../vendor/libs.js").ViewUpdate} ViewUpdate */
/** @typedef {import("../../vendor/libs.js").EditorView} EditorView */
/** @typedef {{from: number, to: number, until: number}} Fresh */

const FRESH_MS = 160;

/** Says that authorship was learned anew (aliases, tokens) though the text may be the same. */
export const authorsLearned = StateEffect.define();

const MARKS = {
  model: Decoration.mark({ class: "by-model" }),
  edited: Decoration.mark({ class: "by-edit" }),
};
const FRESH = {
  model: Decoration.mark({ class: "by-model is-fresh" }),
  edited: Decoration.mark({ class: "by-edit is-fresh" }),
};

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
      const now = performance.now();
      this.fresh = this.fresh
        .filter((range) => range.until > now)
        .map(({ from, to, until }) => {
          return { from: update.changes.mapPos(from, 1), to: update.changes.mapPos(to, -1), until };
        });
      if (!update.transactions.some((tr) => tr.annotation(ySyncAnnotation))) return;
      update.changes.iterChangedRanges((_fromA, _toA, from, to) => {
        if (to > from && to - from < 200) this.fresh.push({ from, to, until: now + FRESH_MS });
      });
    }

    /** @param {EditorView} view */
    #decorate(view) {
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
        builder.add(start, end, FRESH[author]);
        at = end;
      }
      if (at < to) builder.add(at, to, MARKS[author]);
    }
  }
  return ViewPlugin.fromClass(AuthorColours, { decorations: (plugin) => plugin.decorations });
}
