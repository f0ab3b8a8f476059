/** What is brought into sight stands above a sheet that lies over the page from below. */

import { EditorView } from "../../vendor/libs.js";

/** @returns {import("../../vendor/libs.js").Extension} */
export function aboveSheets() {
  return EditorView.scrollMargins.of((view) => ({ bottom: covered(view) }));
}

/** @param {EditorView} view @returns {number} pixels of its lower edge that a sheet as wide as the page covers */
function covered({ scrollDOM }) {
  const page = scrollDOM.getBoundingClientRect();
  const sheets = [
    ...document.querySelectorAll(".panel:not([hidden]), .token-card:not([hidden])"),
  ].map((panel) => panel.getBoundingClientRect());
  const over = sheets.find(({ left, right }) => left <= page.left && right >= page.right);
  return over ? Math.max(0, page.bottom - over.top) : 0;
}
