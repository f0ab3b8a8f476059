/**
 * Which letter of a card's text the pointer is at, and what a click, a tap or a long press there means.
 *
 * A mouse shows what a click would take; a finger marks by a tap, or by staying down and moving. Marks are UTF-16 units
 * of the card's whole text. Knows neither cards nor commands.
 */

import { leadOf, letterEnds } from "../candidates/letters.js";

const LONG_PRESS_MS = 400;
/** How far a finger may stray before it scrolls, in pixels. */
const STRAYS_PX = 10;

export class LetterMarks {
  /**
   * @param {HTMLElement} place whose text nodes hold the card's text without the white space before it
   * @param {() => string} text the card's whole text
   * @param {{hovered: (units: number | null) => void, marked: (units: number) => void,
   *   clicked: (units: number) => void}} on
   */
  constructor(place, text, on) {
    this.place = place;
    this.text = text;
    this.on = on;
    this.isTouch = false;
    this.isPressing = false;
    this.down = { x: 0, y: 0 };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    place.addEventListener("pointermove", (event) => this.#moved(event));
    place.addEventListener("pointerleave", () => on.hovered(null));
    place.addEventListener("pointerdown", (event) => this.#pressed(event));
    for (const end of ["pointerup", "pointercancel"])
      place.addEventListener(end, () => clearTimeout(this.timer));
    place.addEventListener("touchmove", (event) => this.#dragged(event), { passive: false });
    place.addEventListener("contextmenu", (event) => {
      if (this.isTouch) event.preventDefault();
    });
    // A second click on the same spot belongs to the first, which took already: the focus stays in the page.
    place.addEventListener("mousedown", (event) => {
      if (event.detail > 1) event.preventDefault();
    });
    place.addEventListener("click", (event) => this.#clicked(event));
  }

  /** @param {PointerEvent} event */
  #moved({ pointerType, clientX, clientY }) {
    if (pointerType !== "touch") this.on.hovered(this.unitsAt(clientX, clientY));
    else if (Math.hypot(clientX - this.down.x, clientY - this.down.y) > STRAYS_PX)
      clearTimeout(this.timer);
  }

  /** @param {PointerEvent} event */
  #pressed({ pointerType, clientX: x, clientY: y }) {
    this.isTouch = pointerType === "touch";
    this.isPressing = false;
    if (!this.isTouch) return;
    this.down = { x, y };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isPressing = true;
      this.#mark(x, y);
    }, LONG_PRESS_MS);
  }

  /** @param {TouchEvent} event */
  #dragged(event) {
    if (!this.isPressing) return;
    if (event.cancelable) event.preventDefault();
    this.#mark(event.touches[0].clientX, event.touches[0].clientY);
  }

  /** @param {MouseEvent} event */
  #clicked({ clientX, clientY, detail }) {
    if (detail > 1) return;
    if (this.isTouch) {
      if (!this.isPressing) this.#mark(clientX, clientY);
      return;
    }
    const selection = getSelection();
    const selects =
      selection && !selection.isCollapsed && this.place.contains(selection.anchorNode);
    const units = this.unitsAt(clientX, clientY);
    if (!selects && units !== null) this.on.clicked(units);
  }

  /** @param {number} x @param {number} y */
  #mark(x, y) {
    const units = this.unitsAt(x, y);
    if (units !== null) this.on.marked(units);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {number | null} the text up to and with the letter there; null where no letter is near
   */
  unitsAt(x, y) {
    const text = this.text();
    const lead = leadOf(text).length;
    const offset = this.#caretAt(x, y);
    if (offset === null || !text) return null;
    const ends = letterEnds(text);
    const found = ends.findIndex((end) => end > offset + lead);
    const behind = found < 0 ? ends.length - 1 : found;
    const startOf = (/** @type {number} */ index) => (index > 0 ? ends[index - 1] : lead);
    const boxes = (/** @type {number} */ index) =>
      this.#boxes(startOf(index) - lead, ends[index] - lead);
    const around = [behind, behind - 1].filter((index) => index >= 0);
    const under = around.find((index) => boxes(index).some((box) => holds(box, x, y)));
    const besides = around.toReversed().find((index) => boxes(index).some((box) => beside(box, y)));
    return ends[under ?? besides ?? behind];
  }

  /** @param {number} x @param {number} y @returns {number | null} units before the gap that is nearest */
  #caretAt(x, y) {
    const spot = gapAt(x, y);
    if (!spot || !this.place.contains(spot.node)) return null;
    let before = 0;
    for (const node of this.#nodes()) {
      if (node === spot.node) return before + spot.offset;
      before += node.length;
    }
    return spot.offset ? before : 0;
  }

  /** @param {number} from @param {number} to @returns {DOMRect[]} where these units are drawn */
  #boxes(from, to) {
    const boxes = [];
    let start = 0;
    for (const node of this.#nodes()) {
      const [first, last] = [Math.max(from - start, 0), Math.min(to - start, node.length)];
      start += node.length;
      if (first >= last) continue;
      const range = new Range();
      range.setStart(node, first);
      range.setEnd(node, last);
      boxes.push(...range.getClientRects());
    }
    return boxes;
  }

  /** @returns {Generator<Text>} */
  *#nodes() {
    const walker = document.createTreeWalker(this.place, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) yield /** @type {Text} */ (walker.currentNode);
  }
}

/**
 * @param {number} x
 * @param {number} y
 * @returns {{node: Node, offset: number} | null}
 */
function gapAt(x, y) {
  const position = document.caretPositionFromPoint?.(x, y);
  if (position) return { node: position.offsetNode, offset: position.offset };
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}

/** @param {DOMRect} box @param {number} y */
const beside = (box, y) => y >= box.top && y < box.bottom;

/** @param {DOMRect} box @param {number} x @param {number} y */
const holds = (box, x, y) => beside(box, y) && x >= box.left && x < box.right;
