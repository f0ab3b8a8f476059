/**
 * Elements without HTML strings: text always arrives as text.
 */

/**
 * @typedef {{[name: string]: unknown} & {class?: string, on?: {[event: string]: (event: any) => void}}} Props
 */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props] `class`, `on`, attributes with a dash or in lower case, `dataset`; true sets an
 *   empty attribute, false and null leave it out
 * @param {...(Node | string | null | false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = String(value);
    else if (name === "on") {
      for (const [event, handler] of Object.entries(props.on ?? {}))
        element.addEventListener(event, handler);
    } else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== false) element.append(child);
  return element;
}

/**
 * @param {string} name of a symbol in the page
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T} the element, which the page must have
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return /** @type {T} */ (element);
}

/**
 * Sets text only where it differs, so that screen readers and selections are not disturbed.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets attributes only where they differ, so that a view can be shown often.
 *
 * @param {HTMLElement} element
 * @param {{[name: string]: string | boolean}} attributes true sets an empty one, false removes it
 */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const wanted = value === false ? null : value === true ? "" : value;
    if (element.getAttribute(name) === wanted) continue;
    if (wanted === null) element.removeAttribute(name);
    else element.setAttribute(name, wanted);
  }
}
