/** What of the text is in the window, and how a place is brought there. Offsets are UTF-16 units. */

import { EditorView } from "../../vendor/libs.js";

/** @typedef {import("./page.js").Page} Page */

/** @param {Page} page @param {number} at is brought into sight, above what covers the page */
export function reveal({ view }, at) {
  view.dispatch({ effects: EditorView.scrollIntoView(at, { y: "nearest", yMargin: 24 }) });
}

/** @param {Page} page @param {number} at the caret goes there, and it comes to stand in the middle; following ends */
export function jumpTo({ view, follow }, at) {
  const anchor = Math.min(at, view.state.doc.length);
  follow.leave();
  view.dispatch({
    selection: { anchor },
    effects: EditorView.scrollIntoView(anchor, { y: "center" }),
  });
}

/** @param {Page} page @returns {{from: number, to: number}} roughly, by the height of what is out of sight */
export function inSight({ view }) {
  const { scrollDOM, documentTop } = view;
  const frame = scrollDOM.getBoundingClientRect();
  const at = (/** @type {number} */ y) => {
    const block = view.lineBlockAtHeight(y - documentTop);
    const part = (y - documentTop - block.top) / Math.max(1, block.height);
    return Math.round(block.from + block.length * Math.max(0, Math.min(1, part)));
  };
  return { from: at(frame.top), to: at(frame.bottom) };
}
