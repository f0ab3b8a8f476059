/**
 * Dragging rows of a list by their grips, with the mouse, a pen or a finger. While one is dragged the
 * others make room for it; what is laid down is told once, Escape lays it down where it was.
 */

/** So near to the edge of what scrolls, in pixels, the list scrolls on. */
const EDGE = 36;
const SCROLL_STEP = 8;

export class DragOrder {
  /**
   * @param {HTMLElement} list
   * @param {() => HTMLElement[]} rows those that can be moved, from top to bottom
   * @param {(row: HTMLElement, to: number) => void} dropped
   */
  constructor(list, rows, dropped) {
    this.rows = rows;
    this.dropped = dropped;
    /** @type {Drag | null} */
    this.drag = null;
    list.addEventListener("pointerdown", (event) => this.#down(event));
    list.addEventListener("pointermove", (event) => this.#move(event));
    list.addEventListener("pointerup", () => this.#end(true));
    list.addEventListener("pointercancel", () => this.#end(false));
  }

  /** @returns {boolean} whether a row was being dragged; it is where it was now */
  cancel() {
    const dragged = this.drag !== null;
    this.#end(false);
    return dragged;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const target = event.target instanceof Element ? event.target : null;
    const grip = target?.closest(".grip");
    const row = this.rows().find((one) => grip && one.contains(grip));
    if (!row || event.button !== 0 || this.drag) return;
    event.preventDefault();
    /** @type {HTMLElement} */ (grip).setPointerCapture(event.pointerId);
    /** @type {HTMLElement} */ (grip).focus({ preventScroll: true });
    this.drag = new Drag(row, this.rows(), event.clientY);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    this.drag?.to(event.clientY);
  }

  /** @param {boolean} laysDown */
  #end(laysDown) {
    const { drag } = this;
    if (!drag) return;
    this.drag = null;
    drag.end();
    if (laysDown && drag.place !== drag.from) this.dropped(drag.row, drag.place);
  }
}

/** One row on its way. */
class Drag {
  /** @param {HTMLElement} row @param {HTMLElement[]} rows @param {number} y of the pointer */
  constructor(row, rows, y) {
    this.row = row;
    this.rows = rows;
    this.y = y;
    this.from = rows.indexOf(row);
    this.place = this.from;
    this.scroller = scrollerOf(row);
    this.scrolled = this.scroller.scrollTop;
    this.boxes = rows.map((one) => one.getBoundingClientRect());
    row.classList.add("is-dragged");
    row.parentElement?.classList.add("is-moving");
  }

  /** @param {number} y of the pointer */
  to(y) {
    this.#scroll(y);
    const by = y - this.y + this.scroller.scrollTop - this.scrolled;
    const own = this.boxes[this.from];
    const middle = own.top + own.height / 2 + by;
    this.place = this.boxes.filter((box, at) => {
      return at !== this.from && box.top + box.height / 2 < middle;
    }).length;
    this.row.style.setProperty("--shift", `${by}px`);
    for (const [at, one] of this.rows.entries()) {
      if (at === this.from) continue;
      const makesRoom = at > this.from ? at <= this.place : at >= this.place;
      const shift = makesRoom ? (at > this.from ? -own.height : own.height) : 0;
      one.style.setProperty("--shift", `${shift}px`);
    }
  }

  /** @param {number} y */
  #scroll(y) {
    const { top, bottom } = this.scroller.getBoundingClientRect();
    if (y < top + EDGE) this.scroller.scrollTop -= SCROLL_STEP;
    if (y > bottom - EDGE) this.scroller.scrollTop += SCROLL_STEP;
  }

  end() {
    this.row.classList.remove("is-dragged");
    this.row.parentElement?.classList.remove("is-moving");
    for (const one of this.rows) one.style.removeProperty("--shift");
  }
}

/** @param {HTMLElement} row @returns {HTMLElement} what scrolls it */
const scrollerOf = (row) => row.closest(".panel-body") ?? document.documentElement;
