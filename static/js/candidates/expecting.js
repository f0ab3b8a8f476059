/**
 * Which card the room expects the writer to take: asked for each set that is written, where the writer wants to know.
 * It is asked for once and again only when a set has other cards.
 */

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */
/** @typedef {{candidate: string, probability: number, reasons: string[]}} Expectation */

export class Expecting {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    /** @type {Map<string, string>} what of a set was asked about */
    this.asked = new Map();
  }

  start() {
    this.store.subscribe(["sets", "settings", "picker"], (state) => {
      const wants = state.settings.fate_expects === true && state.picker.learned;
      if (wants) for (const set of state.sets) void this.#ask(set);
      else if (Object.keys(state.expected).length) this.#forget();
    });
  }

  #forget() {
    this.asked.clear();
    this.store.set({ expected: {} });
  }

  /** @param {CandidateSet} set */
  async #ask(set) {
    if (set.state !== "ended" || set.cards.some(({ taken }) => taken > 0)) return;
    const cards = set.cards.filter(({ dismissed }) => !dismissed).map(({ id, text }) => [id, text]);
    const known = JSON.stringify(cards);
    if (cards.length < 2 || this.asked.get(set.id) === known) return;
    this.asked.set(set.id, known);
    const answer = await this.connection.call("picker_expects", { set: set.id }).catch(() => null);
    if (!answer || this.asked.get(set.id) !== known) return;
    const { candidate, probability, reasons } = answer;
    const expected = {
      ...this.store.state.expected,
      [set.id]: { candidate, probability, reasons },
    };
    this.store.set({ expected });
  }
}
