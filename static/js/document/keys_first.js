/**
 * A key goes first: what the server sent waits one frame when the frame that is due shows a key.
 *
 * Never twice in a row and never longer than 50 ms, so that fast typing starves nothing. Pure: told of
 * keys, paints and news, asked at each frame; the clock is given.
 */

export const LONGEST_WAIT_MS = 50;

export class KeysFirst {
  /** @param {() => number} [now] in milliseconds */
  constructor(now = () => performance.now()) {
    this.now = now;
    /** Whether a key was handled that no frame has shown yet. */
    this.unpainted = false;
    this.putOff = false;
    /** @type {number | null} since when news wait */
    this.since = null;
  }

  /** A key, or a composition's input, was handled. */
  keyed() {
    this.unpainted = true;
  }

  /** A frame stands on the screen. */
  painted() {
    this.unpainted = false;
  }

  /** News came; they may lie with older ones. */
  came() {
    this.since ??= this.now();
  }

  /** @returns {boolean} whether the news that wait are to wait for the next frame; else they are applied now */
  putsOff() {
    const waits = this.unpainted && !this.putOff && this.timeLeft() > 0;
    this.putOff = waits;
    if (!waits) this.since = null;
    return waits;
  }

  /** @returns {number} milliseconds that what waits may still wait */
  timeLeft() {
    return this.since === null ? LONGEST_WAIT_MS : this.since + LONGEST_WAIT_MS - this.now();
  }
}
