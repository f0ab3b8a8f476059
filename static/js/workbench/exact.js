/** Texts in which every character counts: white space and what has no shape are shown by signs. */

import { h } from "../dom.js";
import { visiblePieces } from "../tokens/visible.js";

/** @param {string} text @returns {(string | HTMLElement)[]} signs are quieter than letters */
export const exactNodes = (text) =>
  text === ""
    ? [h("span", { class: "wb-sign" }, "nothing")]
    : visiblePieces(text).map(({ text: shown, sign }) =>
        sign ? h("span", { class: "wb-sign" }, shown) : shown,
      );

/**
 * As it is read: single spaces are spaces; what else can't be seen, and a token of spaces alone, has signs.
 *
 * @param {string} text @returns {(string | HTMLElement)[]}
 */
export function readableNodes(text) {
  if (!text.trim()) return exactNodes(text);
  return text.split(/( )/).flatMap((part) => (part === " " ? [" "] : part ? exactNodes(part) : []));
}

/** @param {string} text @returns {(string | HTMLElement)[]} signs at its ends, and for line ends */
export const edgeNodes = (text) => (/^\s|\s$|[\n\t\r]/.test(text) ? exactNodes(text) : [text]);
