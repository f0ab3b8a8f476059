/**
 * The letters and words of a text, as a reader counts them, by the UTF-16 units behind which they end. Pure.
 *
 * White space at the beginning belongs to the first letter: nobody takes a space alone.
 */

/** @param {string} text @returns {string} the white space that it begins with */
export const leadOf = (text) => /^\s*/u.exec(text)?.[0] ?? "";

/** @param {string} text @returns {number[]} where each letter ends, ascending; the last is the text's length */
export function letterEnds(text) {
  const lead = leadOf(text).length;
  const ends = [];
  for (const { index, segment } of segmenter("grapheme").segment(text)) {
    const end = index + segment.length;
    if (end > lead) ends.push(end);
  }
  return ends.length || !text ? ends : [text.length];
}

/** @param {string} text @returns {number[]} where each word ends, and each run of signs between words */
export function wordEnds(text) {
  /** @type {number[]} */
  const ends = [];
  let afterSign = false;
  for (const { index, segment, isWordLike } of segmenter("word").segment(text)) {
    const isSpace = !segment.trim();
    if (!isSpace) {
      if (afterSign && !isWordLike) ends.pop();
      ends.push(index + segment.length);
    }
    afterSign = !isSpace && !isWordLike;
  }
  if (text && ends.at(-1) !== text.length) ends.push(text.length);
  return ends;
}

/**
 * @param {number[]} ends
 * @param {number} from units
 * @param {number} by 1 for the next end, -1 for the one before
 * @returns {number} not before the first end and not behind the last
 */
export function step(ends, from, by) {
  const found = by > 0 ? ends.find((end) => end > from) : ends.findLast((end) => end < from);
  return found ?? (by > 0 ? ends.at(-1) : ends[0]) ?? 0;
}

/** @type {Map<string, Intl.Segmenter>} */
const segmenters = new Map();

/** @param {"grapheme" | "word"} granularity */
function segmenter(granularity) {
  let known = segmenters.get(granularity);
  if (!known) {
    known = new Intl.Segmenter(undefined, { granularity });
    segmenters.set(granularity, known);
  }
  return known;
}
