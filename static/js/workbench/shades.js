/** Shades from 0 to 1 on the one sequential scale of the room, whose colours are in heat.css. */

import { h } from "../dom.js";
import { NUM_STEPS } from "../tokens/scale.js";

/** @param {number | null | undefined} shade @returns {string} a class; empty for none */
export const shadeClass = (shade) =>
  shade === null || shade === undefined
    ? ""
    : `heat heat-${Math.min(NUM_STEPS - 1, Math.max(0, Math.floor(shade * NUM_STEPS)))}`;

/**
 * @param {string} words what the shades say
 * @param {boolean} ends whether the scale goes from 0 to 1 in the reader's eyes, too
 * @returns {HTMLElement}
 */
export function shadeLegend(words, ends = true) {
  const steps = Array.from({ length: NUM_STEPS }, (_, step) =>
    h("span", { class: `heat heat-${step}` }),
  );
  const scale = h("span", { class: "wb-scale", "aria-hidden": "true" }, ...steps);
  return h(
    "p",
    { class: "wb-legend" },
    ...(ends ? ["0", scale, "1"] : [scale]),
    h("span", {}, words),
  );
}
