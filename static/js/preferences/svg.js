/** Shapes of a chart, without strings of markup and without inline styles, which the page's policy forbids. */

const SPACE = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {{[name: string]: string | number}} attributes
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes))
    element.setAttribute(name, typeof value === "number" ? String(rounded(value)) : value);
  element.append(...children);
  return element;
}

/** @param {number} value @returns {number} to a hundredth of a pixel */
export const rounded = (value) => Math.round(value * 100) / 100;
