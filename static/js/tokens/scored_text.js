/**
 * What a scoring told of the text's tokens, by where they stand now: typed arrays, moved through every change.
 *
 * Token `i` stands at `[from[i], to[i])` in UTF-16 units, in ascending order; where both are equal it has no place: it
 * has no text, or its text was changed since. Knows no editor: changes come as CodeMirror's `ChangeSet`. Pure.
 */

/** @typedef {import("../protocol.js").ScoredToken} ScoredToken */
/** @typedef {{at: number | null, units: number}} Spot text of that many units at an index; null: it is not there any more */
/** @typedef {{iterChangedRanges(then: (fromA: number, toA: number, fromB: number, toB: number) => void): void}} Changes */
/** @typedef {{index: number, from: number, to: number, logprob: number | null, rank: number, entropy: number, after: number}} Scored */

const FIRST_ROOM = 1024;

export class ScoredText {
  /** @param {string} score which scoring tells it */
  constructor(score) {
    this.score = score;
    this.count = 0;
    /** Where the last token that has a place ends. */
    this.end = 0;
    this.from = new Uint32Array(FIRST_ROOM);
    this.to = new Uint32Array(FIRST_ROOM);
    /** NaN where there is none. */
    this.logprob = new Float32Array(FIRST_ROOM);
    this.rank = new Uint32Array(FIRST_ROOM);
    this.entropy = new Float32Array(FIRST_ROOM);
    this.after = new Float32Array(FIRST_ROOM);
  }

  #makeRoom() {
    this.from = grown(this.from);
    this.to = grown(this.to);
    this.logprob = grown(this.logprob);
    this.rank = grown(this.rank);
    this.entropy = grown(this.entropy);
    this.after = grown(this.after);
  }

  /**
   * Takes in the next tokens.
   *
   * @param {ScoredToken[]} tokens
   * @param {Spot[]} spots of their text, in order
   */
  add(tokens, spots) {
    const next = spotReader(spots);
    for (const [units, logprob, rank, entropy, after] of tokens) {
      if (this.count === this.from.length) this.#makeRoom();
      const at = next(units);
      const index = this.count++;
      const placed = at !== null && at >= this.end && units > 0;
      this.from[index] = placed ? at : this.end;
      this.to[index] = placed ? at + units : this.end;
      this.end = this.to[index];
      this.logprob[index] = logprob ?? Number.NaN;
      this.rank[index] = rank;
      this.entropy[index] = entropy ?? 0;
      this.after[index] = after ?? 0;
    }
  }

  /** @param {Changes} changes of the text; tokens that they touch lose their place */
  moved(changes) {
    let index = 0;
    let shift = 0;
    const { from, to, count } = this;
    changes.iterChangedRanges((fromA, toA, _fromB, toB) => {
      // What ends where the change begins is not touched, nor what begins where it ends.
      for (; index < count && to[index] <= fromA; index++) this.#shift(index, shift);
      for (; index < count && from[index] < toA; index++) from[index] = to[index] = toB;
      shift = toB - toA;
    });
    if (shift) for (; index < count; index++) this.#shift(index, shift);
    this.end = count ? to[count - 1] : 0;
  }

  /** @param {number} index @param {number} by */
  #shift(index, by) {
    this.from[index] += by;
    this.to[index] += by;
  }

  /**
   * @param {number} at
   * @returns {number} index of the first token that ends behind `at`; `count` where there is none
   */
  firstAfter(at) {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.to[middle] > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** @param {number} at @returns {number | null} index of the token whose text holds the character there */
  at(at) {
    const index = this.#placedFrom(this.firstAfter(at));
    return index !== null && this.from[index] <= at ? index : null;
  }

  /** @param {number} index @param {1 | -1} by @returns {number | null} the next token that has a place */
  next(index, by) {
    for (let at = index + by; at >= 0 && at < this.count; at += by)
      if (this.to[at] > this.from[at]) return at;
    return null;
  }

  /** @param {number} index @returns {number | null} it, or the next one that has a place */
  #placedFrom(index) {
    return this.next(index - 1, 1);
  }

  /** @param {number} index @returns {Scored | null} null where it has no place */
  token(index) {
    if (index < 0 || index >= this.count || this.to[index] === this.from[index]) return null;
    const logprob = Number.isNaN(this.logprob[index]) ? null : this.logprob[index];
    return {
      index,
      from: this.from[index],
      to: this.to[index],
      logprob,
      rank: this.rank[index],
      entropy: this.entropy[index],
      after: this.after[index],
    };
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {(index: number) => void} see each token that has a place and some text in `[from, to)`, in order
   */
  each(from, to, see) {
    for (let index = this.firstAfter(from); index < this.count && this.from[index] < to; index++)
      if (this.to[index] > this.from[index]) see(index);
  }
}

/**
 * @template {Uint32Array | Float32Array} T
 * @param {T} array
 * @returns {T} twice as long, with the same beginning
 */
function grown(array) {
  const Kind = /** @type {new (length: number) => T} */ (array.constructor);
  const longer = new Kind(2 * array.length);
  longer.set(array);
  return longer;
}

/**
 * @param {Spot[]} spots
 * @returns {(units: number) => number | null} where the next units stand; null where not all of them stand together
 */
function spotReader(spots) {
  let spot = 0;
  let read = 0;
  return (units) => {
    /** @type {number | null} */
    let start = null;
    let whole = true;
    for (let got = 0; got < units;) {
      if (spot >= spots.length) return null;
      const { at, units: size } = spots[spot];
      const take = Math.min(units - got, size - read);
      const here = at === null ? null : at + read;
      if (got === 0) start = here;
      if (here === null || start === null || here !== start + got) whole = false;
      got += take;
      read += take;
      if (read === size) [spot, read] = [spot + 1, 0];
    }
    return whole ? start : null;
  };
}
