/**
 * Each paragraph runs as its first letter does: Hebrew and Arabic from the right, also within a story in Latin
 * letters. Looks at the visible lines only.
 */

import { Decoration, EditorView, RangeSetBuilder, ViewPlugin } from "../../vendor/libs.js";

const FROM_THE_RIGHT =
  /^\P{L}*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
const LINE = Decoration.line({ attributes: { dir: "rtl" } });

class TextDirection {
  /** @param {EditorView} view */
  constructor(view) {
    this.decorations = lines(view);
  }

  /** @param {import("../../vendor/libs.js").ViewUpdate} update */
  update(update) {
    if (update.docChanged || update.viewportChanged) this.decorations = lines(update.view);
  }
}

/** @param {EditorView} view */
function lines(view) {
  /** @type {RangeSetBuilder<Decoration>} */
  const builder = new RangeSetBuilder();
  for (const { from, to } of view.visibleRanges) {
    for (let line = view.state.doc.lineAt(from); ; line = view.state.doc.line(line.number + 1)) {
      if (FROM_THE_RIGHT.test(line.text)) builder.add(line.from, line.from, LINE);
      if (line.to >= to || line.number === view.state.doc.lines) break;
    }
  }
  return builder.finish();
}

/** @returns {import("../../vendor/libs.js").Extension} */
export const textDirection = () => [
  EditorView.perLineTextDirection.of(true),
  ViewPlugin.fromClass(TextDirection, { decorations: (plugin) => plugin.decorations }),
];
