/**
 * The place whose next tokens are looked at: marked in the text, and followed through edits.
 *
 * Text that comes in at the place stands behind it; text before it makes the look one of an older text.
 */

import {
  EditorSelection,
  RectangleMarker,
  StateEffect,
  StateField,
  layer,
} from "../../vendor/libs.js";

/** @typedef {{at: number, changed: boolean}} LookedAt `changed`: what stands before it is not what was read */

/** @type {import("../../vendor/libs.js").StateEffectType<number | null>} */
export const setLookedAt = StateEffect.define();

/** @type {import("../../vendor/libs.js").StateField<LookedAt | null>} */
export const lookedAtField = StateField.define({
  create: () => /** @type {LookedAt | null} */ (null),
  update(place, transaction) {
    let now = place;
    if (now && transaction.docChanged) {
      const { at } = now;
      let { changed } = now;
      transaction.changes.iterChangedRanges((from) => {
        changed ||= from < at;
      });
      now = { at: transaction.changes.mapPos(at, -1), changed };
    }
    for (const effect of transaction.effects)
      if (effect.is(setLookedAt))
        now = effect.value === null ? null : { at: effect.value, changed: false };
    return now;
  },
});

/** @returns {import("../../vendor/libs.js").Extension} */
export function lookedAt() {
  return [
    lookedAtField,
    layer({
      above: true,
      class: "looked-at",
      markers(view) {
        const place = view.state.field(lookedAtField);
        if (!place || place.at < view.viewport.from || place.at > view.viewport.to) return [];
        const cursor = EditorSelection.cursor(place.at, -1);
        return RectangleMarker.forRange(view, "looked-at-mark", cursor);
      },
      update: (update) =>
        update.docChanged ||
        update.startState.field(lookedAtField) !== update.state.field(lookedAtField),
    }),
  ];
}
