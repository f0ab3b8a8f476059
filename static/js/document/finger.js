/**
 * A remembered spot in the CRDT's list of items, so that index and identity are found from nearby.
 *
 * Yjs finds both by walking from the start of the text; in a long story that is thousands of items for
 * every key. A finger starts at the last character it touched. `moved` must see every change of the
 * text, after the document took it in. Indices are UTF-16 units, as in the editor.
 */

import { MapMode, Y } from "../../vendor/libs.js";

/** @typedef {import("../protocol.js").Place} Place */
/** @typedef {{client: number, clock: number, units: number}} Stretch */

/** @param {Y.Item} item */
const visible = (item) => (item.deleted || !item.countable ? 0 : item.length);

export class Finger {
  /** @param {Y.Text} text */
  constructor(text) {
    this.text = text;
    /** @type {Y.ID | null} */
    this.touched = null;
    this.index = 0;
  }

  /** @param {{mapPos(pos: number, assoc: number, mode: MapMode): number | null}} changes of the text */
  moved(changes) {
    if (!this.touched) return;
    const at = changes.mapPos(this.index, 1, MapMode.TrackAfter);
    if (at === null) this.touched = null;
    else this.index = at;
  }

  /**
   * @param {number} index
   * @returns {Place} the character left of `index`
   */
  placeAt(index) {
    if (index <= 0) return null;
    const [stretch] = this.stretches(index - 1, index);
    return stretch ? [stretch.client, stretch.clock] : null;
  }

  /**
   * @param {Place} place
   * @returns {number | null} the index after that character, or where it stood; null when it isn't known here
   */
  indexOf(place) {
    if (place === null) return 0;
    const [client, clock] = place;
    const { store } = /** @type {Y.Doc} */ (this.text.doc);
    if (Y.getState(store, client) <= clock) return null;
    const target = Y.getItem(store, Y.createID(client, clock));
    if (!(target instanceof Y.Item)) return null;
    const start = this.#startOf(target);
    if (start === null) return null;
    if (target.deleted) return start;
    const offset = clock - target.id.clock;
    this.#touch(target, offset, start + offset);
    return start + offset + 1;
  }

  /**
   * @param {number} from
   * @param {number} to
   * @returns {Stretch[]} identities of the characters `[from, to)`, in order
   */
  stretches(from, to) {
    let { item, start } = this.#anchor();
    while (item && start > from) {
      item = item.left;
      if (item) start -= visible(item);
    }
    while (item && start + visible(item) <= from) {
      start += visible(item);
      item = item.right;
    }
    if (item && from < to) this.#touch(item, from - start, from);
    const found = [];
    for (; item && start < to; item = item.right) {
      const units = visible(item);
      if (!units) continue;
      const first = Math.max(from, start) - start;
      const size = Math.min(to, start + units) - start - first;
      found.push({ client: item.id.client, clock: item.id.clock + first, units: size });
      start += units;
    }
    return found;
  }

  /**
   * @param {Stretch} stretch of identity
   * @returns {{at: number | null, units: number}[]} where its text stands, in its order; null: not any more
   */
  spots({ client, clock, units }) {
    const { store } = /** @type {Y.Doc} */ (this.text.doc);
    const known = Y.getState(store, client);
    const found = [];
    while (units > 0) {
      if (clock >= known) return [...found, { at: null, units }];
      const item = Y.getItem(store, Y.createID(client, clock));
      const offset = clock - item.id.clock;
      const size = Math.min(units, item.length - offset);
      const stands = item instanceof Y.Item && !item.deleted && item.countable;
      const start = stands ? this.#startOf(item) : null;
      if (stands && start !== null) this.#touch(item, offset, start + offset);
      found.push({ at: start === null ? null : start + offset, units: size });
      clock += size;
      units -= size;
    }
    return found;
  }

  /**
   * @param {Y.Item} target
   * @returns {number | null} how much visible text stands before it, found by walking both ways
   */
  #startOf(target) {
    const anchor = this.#anchor();
    let [left, before] = [anchor.item, anchor.start];
    let [right, after] = [anchor.item, anchor.start];
    while (left || right) {
      if (right === target) return after;
      if (left === target) return before;
      if (right) {
        after += visible(right);
        right = right.right;
      }
      if (left) {
        left = left.left;
        if (left) before -= visible(left);
      }
    }
    return null;
  }

  /** @returns {{item: Y.Item | null, start: number}} where to walk from */
  #anchor() {
    if (this.touched) {
      const { store } = /** @type {Y.Doc} */ (this.text.doc);
      const item = Y.getItem(store, this.touched);
      if (item instanceof Y.Item && !item.deleted) {
        return { item, start: this.index - (this.touched.clock - item.id.clock) };
      }
    }
    return { item: this.text._start, start: 0 };
  }

  /**
   * @param {Y.Item} item
   * @param {number} offset
   * @param {number} index
   */
  #touch(item, offset, index) {
    this.touched = Y.createID(item.id.client, item.id.clock + offset);
    this.index = index;
  }
}
