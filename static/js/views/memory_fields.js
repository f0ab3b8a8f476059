/** The panel's fields: each shows what the memory holds, except while it has the focus, and reports what was typed. */

import { h, setText } from "../dom.js";
import { clamped } from "../format.js";

/** @typedef {{element: HTMLElement, show: (value: any) => void}} Field */

/**
 * A text that grows with what is in it.
 *
 * @param {{id: string, label?: string, most: number, placeholder?: string, rows?: number, prose?: boolean,
 *   described?: string}} wanted
 * @param {(text: string) => void} changed
 * @returns {Field & {element: HTMLTextAreaElement}}
 */
export function textField(wanted, changed) {
  const area = h("textarea", {
    class: `field memory-area${wanted.prose ? " is-prose" : ""}`,
    id: wanted.id,
    dir: "auto",
    rows: String(wanted.rows ?? 3),
    maxlength: String(wanted.most),
    "aria-label": wanted.label,
    "aria-describedby": wanted.described,
    placeholder: wanted.placeholder ?? "",
    spellcheck: wanted.prose ? "true" : "false",
  });
  area.addEventListener("input", () => changed(area.value));
  return { element: area, show: shower(area) };
}

/**
 * @param {{id: string, low: number, high: number, step?: number, usual: number, described?: string}} wanted
 * @param {(value: number) => void} changed
 * @returns {Field & {element: HTMLInputElement}}
 */
export function numberField(wanted, changed) {
  const { id, low, high, usual, described } = wanted;
  const field = h("input", {
    class: "number",
    id,
    type: "number",
    inputmode: "numeric",
    min: String(low),
    max: String(high),
    step: String(wanted.step ?? 1),
    "aria-describedby": described,
  });
  const value = () =>
    Number.isFinite(field.valueAsNumber) ? Math.round(field.valueAsNumber) : usual;
  field.addEventListener("input", () => {
    if (field.value !== "" && field.validity.valid) changed(value());
  });
  field.addEventListener("change", () => {
    const inside = clamped(value(), low, high);
    field.value = String(inside);
    changed(inside);
  });
  return { element: field, show: shower(field) };
}

/**
 * @param {string} label
 * @param {HTMLElement} field that has an id
 * @param {HTMLElement | null} [line] what it means
 */
export function row(label, field, line = null) {
  const head = h("label", { for: field.id }, label);
  return h(
    "div",
    { class: "memory-row" },
    h("div", { class: "parameter-head" }, head, field),
    line,
  );
}

/**
 * @param {string} words
 * @param {string} [id]
 * @returns {HTMLParagraphElement}
 */
export const line = (words, id) => h("p", { class: "parameter-line", id }, words);

/**
 * @param {string} title
 * @param {string} id
 * @returns {{heading: HTMLElement, say: (words: string) => void}} with room for a few quiet words beside it
 */
export function heading(title, id) {
  const aside = h("span", { class: "memory-count" });
  const element = h("h2", { class: "group memory-heading", id }, title, aside);
  return { heading: element, say: (words) => setText(aside, words) };
}

/** @param {HTMLInputElement | HTMLTextAreaElement} field */
const shower = (field) => (/** @type {string | number} */ value) => {
  const text = String(value);
  // What somebody types into is theirs until they leave it.
  if (document.activeElement !== field && field.value !== text) field.value = text;
};
