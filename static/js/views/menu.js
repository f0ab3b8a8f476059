/**
 * A menu under a button: opens on click, moves by arrow keys, closes on Escape, choice, or a click elsewhere.
 */

import { h, icon } from "../dom.js";

/**
 * @typedef {{label: string, id?: string, line?: string, key?: string, checked?: boolean, disabled?: boolean,
 *   then: () => void, heading?: undefined}} Item
 */
/** @typedef {{heading: string}} Heading */

/** Between a menu and its button, in pixels. */
const GAP = 4;

/** @type {Menu | null} */
let openMenu = null;

export class Menu {
  /**
   * @param {HTMLElement} button inside an element that places the menu
   * @param {string} label for screen readers
   * @param {() => (Item | Heading)[]} items read when it opens and on `refresh`
   * @param {() => void} [opened] called when it has opened; what that learns, `refresh` shows
   */
  constructor(button, label, items, opened) {
    this.button = button;
    this.label = label;
    this.items = items;
    this.opened = opened;
    /** @type {string} what is shown, to tell whether there is anything to draw anew */
    this.shown = "";
    /** @type {HTMLElement | null} */
    this.list = null;
    this.outside = this.outside.bind(this);
    button.addEventListener("click", () => this.toggle());
  }

  toggle() {
    if (this.list) this.close();
    else this.open();
  }

  open() {
    openMenu?.close();
    openMenu = this;
    this.list = h("div", { class: "menu", role: "menu", "aria-label": this.label });
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.#fill(this.list);
    this.button.parentElement?.append(this.list);
    this.button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.outside, true);
    this.#keepInside(this.list);
    const items = this.#entries();
    const isChoice = items[0]?.hasAttribute("aria-checked");
    const checked = items.find((item) => item.getAttribute("aria-checked") === "true");
    ((isChoice && checked) || items[0])?.focus();
    this.opened?.();
  }

  close() {
    if (!this.list) return;
    const hadFocus = this.list.contains(document.activeElement);
    this.list.remove();
    this.list = null;
    openMenu = null;
    this.button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.outside, true);
    if (hadFocus) this.button.focus();
  }

  /**
   * Shows what the items say now, when it is open. The focus stays with its entry, or at its place when that
   * entry is gone, and the list stays where it was scrolled to.
   */
  refresh() {
    const { list } = this;
    if (!list || this.shown === JSON.stringify(this.items())) return;
    const before = this.#entries();
    const at = before.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const { scrollTop } = list;
    list.replaceChildren();
    this.#fill(list);
    this.#keepInside(list);
    list.scrollTop = scrollTop;
    if (at < 0) return;
    const now = this.#entries();
    const same = now.find((entry) => entry.dataset.id === before[at].dataset.id);
    (same ?? now[Math.min(at, now.length - 1)] ?? this.button).focus({ preventScroll: true });
  }

  /** @param {Event} event */
  outside(event) {
    const target = /** @type {Node} */ (event.target);
    if (!this.list?.contains(target) && !this.button.contains(target)) this.close();
  }

  /** @returns {HTMLElement[]} */
  #entries() {
    return [...(this.list?.querySelectorAll("button") ?? [])];
  }

  /** @param {HTMLElement} list */
  #fill(list) {
    const items = this.items();
    this.shown = JSON.stringify(items);
    for (const item of items) {
      if (item.heading !== undefined) list.append(h("p", { class: "menu-heading" }, item.heading));
      else list.append(this.#entry(item));
    }
  }

  /** @param {Item} item */
  #entry(item) {
    const choosable = item.checked !== undefined;
    const mark = choosable
      ? h("span", { class: "menu-mark" }, item.checked ? icon("check") : "")
      : null;
    const choose = () => {
      if (item.disabled) return;
      this.close();
      item.then();
    };
    return h(
      "button",
      {
        class: "menu-item",
        type: "button",
        "data-id": item.id ?? item.label,
        role: choosable ? "menuitemradio" : "menuitem",
        "aria-checked": choosable ? String(item.checked) : null,
        "aria-disabled": item.disabled ? "true" : null,
        on: { click: choose },
      },
      mark,
      h("span", { class: "menu-words" }, item.label, item.line ? h("small", {}, item.line) : ""),
      item.key ? h("kbd", {}, item.key) : null,
    );
  }

  /**
   * @param {HTMLElement} list moved left or right so that it stays in the window, and above its button where only there
   *   is room for it
   */
  #keepInside(list) {
    list.style.transform = "";
    list.classList.remove("is-above");
    const { left, right, bottom, height } = list.getBoundingClientRect();
    const sight = inSight(this.button);
    const above = this.button.getBoundingClientRect().top - sight.top;
    list.classList.toggle("is-above", bottom > sight.bottom && above > height + GAP);
    const over = right - (document.documentElement.clientWidth - 8);
    if (over > 0) list.style.transform = `translateX(${-over}px)`;
    else if (left < 8) list.style.transform = `translateX(${8 - left}px)`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const items = this.#entries();
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const goTo = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (goTo !== undefined) items.at(goTo % items.length)?.focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  }
}

/** @returns {boolean} whether a menu was open and is closed now */
export function closeMenus() {
  const had = openMenu !== null;
  openMenu?.close();
  return had;
}

/** @param {HTMLElement} element @returns {{top: number, bottom: number}} of what is seen of what it is scrolled in */
function inSight(element) {
  const scrolls = (/** @type {Element} */ one) =>
    ["auto", "scroll"].includes(getComputedStyle(one).overflowY);
  let at = element.parentElement;
  while (at && !scrolls(at)) at = at.parentElement;
  return at?.getBoundingClientRect() ?? { top: 0, bottom: innerHeight };
}
