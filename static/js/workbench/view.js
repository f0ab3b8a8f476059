/**
 * What every element has on this side: its values, a DOM element that shows them, and a way to say what was done with it.
 *
 * Values come as the server has them; one that is at its default may be missing.
 */

import { setAttributes } from "../dom.js";

/** @typedef {{id: string, kind: string, children?: ElementJson[], [name: string]: any}} ElementJson */
/**
 * @typedef {object} Desk what an element may ask of its page
 * @property {(id: string, event: string, value?: unknown) => Promise<any>} send rejects with what the server refused, or "away"
 * @property {() => Promise<void>} flush sends what fields still hold back
 * @property {(json: ElementJson) => View} make
 * @property {(field: {flush: () => Promise<void>}) => void} hold a field that has something unsent
 * @property {(message: string) => void} say
 * @property {string} name of the page, for what is kept
 */
/** @typedef {{[name: string]: any}} Values */

const NOT_VALUES = ["id", "kind", "children"];

export class View {
  /** @param {ElementJson} json @param {Desk} desk @param {HTMLElement} element */
  constructor(json, desk, element) {
    this.id = json.id;
    this.kind = json.kind;
    this.desk = desk;
    this.element = element;
    /** @type {Values} */
    this.values = valuesOf(json);
    /** @type {View[]} */
    this.children = [];
    element.classList.add("wb", `wb-${json.kind.replaceAll("_", "-")}`);
    element.dataset.element = json.id;
  }

  /** Shows everything for the first time. */
  begin() {
    const all = new Set(Object.keys(this.values));
    this.showCommon();
    this.show(all);
  }

  /** @param {Values} values of which only those that differ are shown */
  set(values) {
    const changed = new Set(Object.keys(values).filter((name) => this.takes(name, values[name])));
    for (const name of changed) this.values[name] = values[name];
    if (!changed.size) return;
    if (changed.has("hidden") || changed.has("hint")) this.showCommon();
    this.show(changed);
  }

  /** @param {string} name @param {unknown} value @returns {boolean} whether it is news */
  takes(name, value) {
    return !same(this.values[name], value);
  }

  /** @param {ElementJson} json as it stands now: what is missing is at its default again */
  reset(json) {
    const now = valuesOf(json);
    for (const name of Object.keys(this.values)) if (!(name in now)) now[name] = undefined;
    this.set(now);
  }

  /** @param {string} name @param {any} more appended to a text or a list */
  grow(name, more) {
    const { values } = this;
    if (typeof more === "string") values[name] = (values[name] ?? "") + more;
    else values[name] = (values[name] ?? []).concat(more);
    this.showMore(name, more);
  }

  showCommon() {
    const { hidden, hint } = this.values;
    this.element.hidden = Boolean(hidden);
    this.showHint(String(hint ?? ""));
  }

  /** @param {string} hint */
  showHint(hint) {
    setAttributes(this.element, { "data-hint": hint || false });
  }

  /** @param {Set<string>} _changed names of values */
  show(_changed) {}

  /** @param {string} name @param {any} _more that was appended just now */
  showMore(name, _more) {
    this.show(new Set([name]));
  }

  /** Where children lie; null where there can be none. @returns {HTMLElement | null} */
  get place() {
    return null;
  }

  /** @param {View[]} children that lie in it now */
  filled(children) {
    this.children = children;
  }

  /** It leaves the page. */
  end() {}

  /** @param {string} event @param {unknown} [value] with what fields hold back sent before */
  say(event, value) {
    void this.desk.flush();
    return this.desk.send(this.id, event, value).catch((error) => {
      if (error.code !== "away") this.desk.say(error.message);
    });
  }
}

/** @param {ElementJson} json @returns {Values} */
function valuesOf(json) {
  return Object.fromEntries(Object.entries(json).filter(([name]) => !NOT_VALUES.includes(name)));
}

/** @param {any} one @param {any} other @returns {boolean} whether both are the same JSON */
export function same(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [mine, theirs] = [Object.keys(one), Object.keys(other)];
  return mine.length === theirs.length && mine.every((name) => same(one[name], other[name]));
}
