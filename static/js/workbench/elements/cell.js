/** What stands in a table's cell. */

import { h } from "../../dom.js";
import { figure } from "../figures.js";
import { safeLink } from "../links.js";
import { shadeClass } from "../shades.js";

/** @typedef {{text: string | number | null, shade?: number, link?: string, pick?: boolean, tone?: string, hint?: string}} Cell */
/** So many characters are given room, rather than a column of single words. */
const LONG = 24;

/** @typedef {Cell | string | number | null} Content */

/** @param {Content} content @returns {Cell} */
export const cellOf = (content) =>
  typeof content === "object" && content !== null ? content : { text: content };

/**
 * @param {Cell} cell
 * @param {import("./table.js").TableColumn | undefined} column
 * @param {boolean} inGrid whether arrows lead to it, and not Tab
 */
export function drawCell({ text, shade, link, pick, tone, hint }, column, inGrid) {
  const words = wordsOf(text, column?.digits ?? null);
  const number = typeof text === "number";
  const long = words.length > LONG;
  const side = column?.align ?? "left";
  const cell = h("td", {
    class: `is-${side} ${tone ? `is-${tone}` : ""} ${number ? "is-number" : ""} ${long ? "is-long" : ""} ${shadeClass(shade)}`,
    role: inGrid ? "gridcell" : null,
    "data-hint": hint,
  });
  const stop = inGrid ? { tabindex: "-1" } : {};
  const address = safeLink(link);
  if (address) {
    const more = address.outside ? { target: "_blank", rel: "noreferrer" } : {};
    cell.append(h("a", { href: address.href, ...stop, ...more }, words));
  } else if (pick && inGrid)
    cell.append(h("button", { class: "wb-cell-pick", type: "button", ...stop }, words));
  else cell.append(h("div", { class: "wb-cell-text" }, words));
  return cell;
}

/** @param {Cell["text"]} text @param {number | null} digits @returns {string} */
function wordsOf(text, digits) {
  if (text === null || text === undefined) return "–";
  return typeof text === "number" ? figure(text, digits) : String(text);
}
