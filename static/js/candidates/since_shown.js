/** How long the writer has had a set's cards before their eyes: what a choice took is told with it. */

/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */

export class SinceShown {
  /** @param {() => number} [now] milliseconds */
  constructor(now = () => performance.now()) {
    this.now = now;
    /** @type {Map<string, number | null>} since when; null: it was there before this page was */
    this.since = new Map();
  }

  /** @param {CandidateSet[]} sets as the page has them now */
  sees(sets) {
    const here = new Set(sets.map(({ id }) => id));
    for (const id of this.since.keys()) if (!here.has(id)) this.since.delete(id);
    for (const set of sets) {
      if (this.since.has(set.id) || !set.cards.some((card) => card.tokens?.length)) continue;
      this.since.set(set.id, set.state === "ended" ? null : this.now());
    }
  }

  /** @param {string} set @returns {number | null} seconds since its first letter could be read; null: not known */
  secondsOf(set) {
    const since = this.since.get(set) ?? null;
    return since === null ? null : Math.round(this.now() - since) / 1000;
  }
}
