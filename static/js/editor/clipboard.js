/**
 * Cut and paste inside the room keeps who wrote what.
 *
 * What is copied or cut is remembered with its original identities; when the same text is pasted, the
 * new characters are declared as aliases of those.
 */

import { EditorView } from "../../vendor/libs.js";
import { aliasesFor } from "../document/undone.js";
import { Finger } from "../document/finger.js";

/** @typedef {{client: number, clock: number, units: number}} Stretch */

/** @type {{text: string, story: string, stretches: Stretch[]} | null} */
let remembered = null;

/**
 * @param {import("../document/story_document.js").StoryDocument} story
 * @returns {import("../../vendor/libs.js").Extension} to be placed after the sync plugin
 */
export function attributedClipboard(story) {
  const finger = new Finger(story.text);

  /** @param {EditorView} view */
  const remember = (view) => {
    const { main } = view.state.selection;
    if (main.empty) return;
    const text = view.state.sliceDoc(main.from, main.to);
    remembered = { text, story: story.story, stretches: finger.stretches(main.from, main.to) };
  };

  return [
    EditorView.domEventHandlers({
      copy: (_event, view) => remember(view),
      cut: (_event, view) => remember(view),
    }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      finger.moved(update.changes);
      if (!remembered || remembered.story !== story.story) return;
      if (!update.transactions.some((tr) => tr.isUserEvent("input.paste"))) return;
      const { text, stretches } = remembered;
      update.changes.iterChanges((_fromA, _toA, from, to, inserted) => {
        if (to - from !== text.length || inserted.toString() !== text) return;
        story.declare(pastedAliases(finger.stretches(from, to), stretches));
      });
    }),
  ];

  /**
   * @param {Stretch[]} fresh where the pasted text stands; typing gives it one stretch
   * @param {Stretch[]} old
   */
  function pastedAliases(fresh, old) {
    if (fresh.length !== 1) return [];
    const [{ client, clock }] = fresh;
    let at = clock;
    return old.flatMap((stretch) => {
      const start = { client, clock: at };
      at += stretch.units;
      return aliasesFor(story.identities, start, stretch, stretch.units);
    });
  }
}
