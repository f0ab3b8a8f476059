/**
 * The elements of one page: made of what the server tells, found by their ids, changed in place.
 *
 * What stays keeps its DOM, and with it focus, caret, scroll and what is typed.
 */

import { viewOf } from "./kinds.js";

/** @typedef {import("./view.js").ElementJson} ElementJson */
/** @typedef {import("./view.js").View} View */

export class Tree {
  /** @param {HTMLElement} place @param {Omit<import("./view.js").Desk, "make">} desk */
  constructor(place, desk) {
    this.place = place;
    /** @type {import("./view.js").Desk} */
    this.desk = { ...desk, make: (json) => this.#make(json) };
    /** @type {Map<string, View>} */
    this.views = new Map();
    /** @type {View | null} */
    this.root = null;
  }

  /** @param {ElementJson} json the whole page as it stands */
  put(json) {
    if (this.root?.id === json.id) {
      this.#renew(this.root, json);
      return;
    }
    this.clear();
    this.root = this.#make(json);
    this.place.replaceChildren(this.root.element);
  }

  clear() {
    for (const view of this.views.values()) view.end();
    this.views.clear();
    this.root = null;
    this.place.replaceChildren();
  }

  /** @param {import("./link.js").Op} op */
  apply(op) {
    const view = this.views.get(op.id);
    if (!view) return;
    if (op.op === "set") view.set(op.values);
    else if (op.op === "grow") view.grow(op.name, op.more);
    else if (op.op === "children") this.#fill(view, op.children);
  }

  /** @param {ElementJson} json @returns {View} */
  #make(json) {
    const view = viewOf(json, this.desk);
    this.views.set(view.id, view);
    this.#fill(view, json.children ?? []);
    view.begin();
    return view;
  }

  /** @param {View} view @param {ElementJson} json */
  #renew(view, json) {
    view.reset(json);
    this.#fill(view, json.children ?? []);
  }

  /** @param {View} parent @param {ElementJson[]} wanted */
  #fill(parent, wanted) {
    const { place } = parent;
    if (!place) return;
    const stays = new Set(wanted.map(({ id }) => id));
    for (const child of parent.children) if (!stays.has(child.id)) this.#drop(child);
    const focused = document.activeElement;
    const children = wanted.map((json) => {
      const there = this.views.get(json.id);
      if (!there || there.kind !== json.kind) return this.#make(json);
      this.#renew(there, json);
      return there;
    });
    parent.filled(children);
    let at = place.firstElementChild;
    for (const { element } of children) {
      if (at === element) at = at.nextElementSibling;
      else place.insertBefore(element, at);
    }
    // What was moved has lost the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected)
      focused.focus({ preventScroll: true });
  }

  /** @param {View} view */
  #drop(view) {
    for (const child of view.children) this.#drop(child);
    view.end();
    view.element.remove();
    this.views.delete(view.id);
  }
}
