/**
 * Which checkpoints only repeat their parent's text: nothing was changed between one run and the next.
 *
 * Where the last words and the counts agree, the two texts are fetched once and compared, one pair after
 * another; only what is found different, or could not be compared, is news.
 */

/** @typedef {import("./protocol.js").Checkpoint} Checkpoint */

const MAY_REPEAT = ["run_started", "run_paused", "run_ended"];

export class Repeats {
  /**
   * @param {import("./connection.js").Connection} connection
   * @param {() => void} found another one to be news after all
   */
  constructor(connection, found) {
    this.connection = connection;
    this.found = found;
    /** @type {Map<string, boolean>} by checkpoint, whether it repeats its parent */
    this.repeats = new Map();
    this.comparing = Promise.resolve();
  }

  /**
   * @param {Checkpoint} checkpoint
   * @param {Checkpoint | undefined} parent
   * @returns {boolean} whether it deserves a line; until a pair is compared, what looks the same does not
   */
  isNews(checkpoint, parent) {
    if (!parent || !MAY_REPEAT.includes(checkpoint.kind)) return true;
    const { num_words: words, excerpt } = checkpoint;
    if (words !== parent.num_words || excerpt !== parent.excerpt) return true;
    const known = this.repeats.get(checkpoint.id);
    if (known === undefined) {
      this.repeats.set(checkpoint.id, true);
      this.comparing = this.comparing.then(() => this.#compare(checkpoint, parent));
    }
    return known === false;
  }

  /** @param {Checkpoint} checkpoint @param {Checkpoint} parent */
  async #compare(checkpoint, parent) {
    const same = await Promise.all([this.#text(checkpoint), this.#text(parent)]).then(
      ([one, other]) => one === other,
      () => false,
    );
    if (same) return;
    this.repeats.set(checkpoint.id, false);
    this.found();
  }

  /** @param {Checkpoint} checkpoint @returns {Promise<string>} */
  async #text({ story, id }) {
    return (await this.connection.call("checkpoint_show", { story, checkpoint: id })).text;
  }
}
