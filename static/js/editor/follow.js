/**
 * Keeps the place where a run writes in sight, but only while the reader is there.
 *
 * Following ends when the reader scrolls away from that place and begins again when they come back to
 * it. The page is moved only by as much as the writing went below the resting line.
 */

import { caretsField } from "./carets.js";

/** @typedef {import("../../vendor/libs.js").EditorView} EditorView */

/** Where in the window's height the line being written may lie at lowest. */
export const LOWEST = 0.72;

/** For how long after a wheel, a touch or a key the page's moves count as the reader's, in milliseconds. */
const HAND_MS = 1000;
const UPWARDS = new Set(["ArrowUp", "PageUp", "Home"]);
const SCROLLING = ["wheel", "touchmove", "pointerdown", "pointermove"];

export class Follow {
  /**
   * @param {EditorView} view
   * @param {(following: boolean) => void} changed
   */
  constructor(view, changed) {
    this.view = view;
    this.changed = changed;
    this.following = true;
    this.lastTop = 0;
    /** Where the place of the writing stood in the window, in pixels from its top. */
    this.lastHeight = 0;
    this.movedByHand = -Infinity;
    this.keyPressed = -Infinity;
    /** A button is down, perhaps on the scroll bar. */
    this.held = false;
    this.onScroll = this.onScroll.bind(this);
    this.onHand = this.onHand.bind(this);
    this.onKey = this.onKey.bind(this);
    view.scrollDOM.addEventListener("scroll", this.onScroll, { passive: true });
    for (const type of SCROLLING)
      view.scrollDOM.addEventListener(type, this.onHand, { passive: true });
    addEventListener("keydown", this.onKey, true);
  }

  stop() {
    const { scrollDOM } = this.view;
    scrollDOM.removeEventListener("scroll", this.onScroll);
    for (const type of SCROLLING) scrollDOM.removeEventListener(type, this.onHand);
    removeEventListener("keydown", this.onKey, true);
  }

  /** @param {Event} event */
  onHand(event) {
    if (event instanceof PointerEvent) this.held = event.buttons > 0;
    if (!(event instanceof PointerEvent) || this.held) this.movedByHand = performance.now();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    this.keyPressed = performance.now();
    if (UPWARDS.has(event.key)) this.movedByHand = this.keyPressed;
  }

  /** The text grew or the carets moved: come along when following. */
  keepUp() {
    if (!this.following) return;
    this.view.requestMeasure({
      key: this,
      read: () => this.#overshoot(),
      write: (overshoot) => {
        const { scrollDOM } = this.view;
        if (overshoot > 0) scrollDOM.scrollTop += overshoot;
        this.#remember();
      },
    });
  }

  /** Go to the place where the run writes, and stay with it. */
  resume() {
    this.#set(true);
    const caret = this.#caret();
    if (!caret) return;
    const { view } = this;
    const { defaultLineHeight } = view;
    const top = view.lineBlockAt(caret.at).bottom - view.scrollDOM.clientHeight * LOWEST;
    view.scrollDOM.scrollTop = Math.max(0, top + defaultLineHeight);
    this.keepUp();
  }

  /** The reader is brought elsewhere: while a run writes, stay there. */
  leave() {
    if (this.#caret()) this.#set(false);
  }

  onScroll() {
    const { scrollTop } = this.view.scrollDOM;
    const down = scrollTop > this.lastTop;
    if (!this.#scrolledUp() && down && !this.following && this.#caretInSight()) this.#set(true);
    this.#remember();
  }

  /**
   * The page itself only ever moves down, so up is the reader's, unless the editor has found that the text
   * above is less high than it had thought: then the writing stays where it is in the window, or no hand
   * was at it. Asked before the page is moved, too, since the event of a scroll comes later than the scroll.
   */
  #scrolledUp() {
    const by = this.lastTop - this.view.scrollDOM.scrollTop;
    const up = by > 1 && this.#caretHeight() - this.lastHeight > by / 2 && this.#byReader();
    if (up && this.#caret()) this.#set(false);
    return up;
  }

  /** With a key, the page is moved to where the writer's caret is: at the writing itself is no leaving it. */
  #byReader() {
    const now = performance.now();
    const leaves = this.view.state.selection.main.head !== this.#caret()?.at;
    const byKey = leaves && now - this.keyPressed < HAND_MS;
    return this.held || byKey || now - this.movedByHand < HAND_MS;
  }

  #remember() {
    this.lastTop = this.view.scrollDOM.scrollTop;
    this.lastHeight = this.#caretHeight();
  }

  #caretHeight() {
    const { view } = this;
    const at = Math.min(this.#caret()?.at ?? view.state.doc.length, view.state.doc.length);
    return view.lineBlockAt(at).bottom - view.scrollDOM.scrollTop;
  }

  #caret() {
    return this.view.state.field(caretsField).find((caret) => caret.kind === "run");
  }

  #caretInSight() {
    const caret = this.#caret();
    if (!caret) return true;
    const spot = this.view.coordsAtPos(Math.min(caret.at, this.view.state.doc.length), -1);
    const frame = this.view.scrollDOM.getBoundingClientRect();
    return spot !== null && spot.top < frame.bottom && spot.bottom > frame.top;
  }

  /** @returns {number} pixels by which the line being written lies too low */
  #overshoot() {
    if (this.#scrolledUp()) return 0;
    const caret = this.#caret();
    const at = caret ? Math.min(caret.at, this.view.state.doc.length) : -1;
    if (at < 0) return 0;
    const frame = this.view.scrollDOM.getBoundingClientRect();
    const spot = this.view.coordsAtPos(at, -1);
    const bottom = spot ? spot.bottom : frame.top + this.view.lineBlockAt(at).bottom;
    return Math.ceil(bottom - (frame.top + frame.height * LOWEST));
  }

  /** @param {boolean} following */
  #set(following) {
    if (following === this.following) return;
    this.following = following;
    this.changed(following);
  }
}
