/**
 * Looks at the next token whenever something has changed and the hand rests; never two looks at once, and
 * none of what has been overtaken is shown. Knows no page and no socket.
 */

const REST_MS = 250;

/** @template Asked, Seen */
export class Looking {
  /**
   * @param {(asked: Asked) => Promise<Seen>} ask
   * @param {{seen: (seen: Seen) => void, refused: (error: Error, asked: Asked) => void}} on
   * @param {(then: () => void, ms: number) => unknown} [later]
   */
  constructor(ask, on, later = (then, ms) => setTimeout(then, ms)) {
    this.ask = ask;
    this.on = on;
    this.later = later;
    /** @type {Asked | null} the newest wish that was not asked for yet */
    this.wish = null;
    this.turn = 0;
    this.isLooking = false;
  }

  /** @param {Asked} asked */
  want(asked) {
    this.wish = asked;
    this.turn += 1;
    const mine = this.turn;
    this.later(() => {
      if (mine === this.turn) void this.#look();
    }, REST_MS);
  }

  /** Nothing is wanted any more. */
  stop() {
    this.wish = null;
    this.turn += 1;
  }

  async #look() {
    if (this.isLooking || this.wish === null) return;
    const asked = this.wish;
    const mine = this.turn;
    this.wish = null;
    this.isLooking = true;
    try {
      const seen = await this.ask(asked);
      if (mine === this.turn) this.on.seen(seen);
    } catch (error) {
      if (mine === this.turn) this.on.refused(/** @type {Error} */ (error), asked);
    }
    this.isLooking = false;
    if (this.wish !== null) this.later(() => void this.#look(), 0);
  }
}
