/**
 * From stretches of identity to stretches of colour. Pure.
 *
 * "model" is what a run wrote, "human" what a person wrote, and "edited" a person's words within what a
 * run wrote, on the same line: a mend rather than a passage of their own.
 */

/** @typedef {"human" | "model" | "edited"} Author */
/** @typedef {{from: number, to: number, author: Author}} Colour */

const LONGEST_MEND = 200;

/**
 * @param {number} from index of the first character
 * @param {{client: number, clock: number, units: number}[]} stretches
 * @param {import("../document/identities.js").Identities} identities
 * @param {(from: number, to: number) => string} slice the text
 * @returns {Colour[]} without gaps, neighbours differ
 */
export function colours(from, stretches, identities, slice) {
  /** @type {Colour[]} */
  const found = [];
  let at = from;
  for (const stretch of stretches) {
    for (const piece of identities.written(stretch.client, stretch.clock, stretch.units)) {
      const author = piece.run === null ? "human" : "model";
      const last = found.at(-1);
      if (last?.author === author) last.to += piece.units;
      else found.push({ from: at, to: at + piece.units, author });
      at += piece.units;
    }
  }
  for (let i = 1; i < found.length - 1; i++) {
    const piece = found[i];
    const short = piece.author === "human" && piece.to - piece.from <= LONGEST_MEND;
    if (short && !slice(piece.from, piece.to).includes("\n")) piece.author = "edited";
  }
  return found;
}
