/** One stop for Tab among many items; arrows move in them, Enter and Space pick. */

const VERTICAL = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };

/**
 * @typedef {object} Items
 * @property {string} selector of an item, from within it
 * @property {() => number} num
 * @property {(at: number) => HTMLElement | null} item makes it, where it was not drawn yet
 * @property {(item: HTMLElement) => number} at
 * @property {(at: number, event: KeyboardEvent) => void} [picked]
 * @property {(at: number, key: string) => number | null} [step] where a key leads; null: nowhere
 */

export class Roving {
  /** @param {HTMLElement} container @param {Items} items */
  constructor(container, items) {
    this.container = container;
    this.items = items;
    /** @type {HTMLElement | null} */
    this.stop = null;
    container.addEventListener("keydown", (event) => this.#key(event));
    container.addEventListener("pointerdown", (event) => {
      const item = this.#itemOf(event.target);
      if (item) this.#setStop(item);
    });
  }

  /** After items were drawn: one of them can be reached. @param {number} [at] preferred */
  settle(at) {
    const { num, item } = this.items;
    const there = this.stop && this.container.contains(this.stop) && at === undefined;
    if (!there && num()) this.#setStop(item(Math.min(at ?? 0, num() - 1)));
  }

  /** @param {number} at */
  focus(at) {
    const item = this.items.item(Math.max(0, Math.min(at, this.items.num() - 1)));
    this.#setStop(item);
    item?.focus();
    item?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {HTMLElement | null} item */
  #setStop(item) {
    if (item === this.stop || !item) return;
    if (this.stop) this.stop.tabIndex = -1;
    item.tabIndex = 0;
    this.stop = item;
  }

  /** @param {EventTarget | null} target @returns {HTMLElement | null} */
  #itemOf(target) {
    return target instanceof Element ? target.closest(this.items.selector) : null;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const item = this.#itemOf(target);
    if (!item || ctrlKey || metaKey || altKey) return;
    const at = this.items.at(item);
    if (key === "Enter" || key === " ") {
      if (!this.items.picked || (target !== item && target instanceof HTMLAnchorElement)) return;
      event.preventDefault();
      this.items.picked(at, event);
      return;
    }
    const to = this.#step(at, key);
    if (to === null) return;
    event.preventDefault();
    this.focus(to);
  }

  /** @param {number} at @param {string} key @returns {number | null} */
  #step(at, key) {
    const own = this.items.step?.(at, key);
    if (own !== undefined && own !== null) return own;
    if (key === "Home") return 0;
    if (key === "End") return this.items.num() - 1;
    const by = VERTICAL[/** @type {keyof typeof VERTICAL} */ (key)];
    return by === undefined ? null : at + by;
  }
}
