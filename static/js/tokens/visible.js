/**
 * Tokens as they are to be looked at: white space and what has no shape are made visible. Pure.
 */

/** @typedef {{text: string, sign: boolean}} Piece `sign`: it stands for something that can't be seen */

/** @type {{[character: string]: string}} */
const SIGNS = { " ": "·", "\n": "↵", "\r": "␍", "\t": "⇥", "\u00a0": "⍽", "\u3000": "□" };
/** @type {{[character: string]: string}} */
const NAMES = { " ": "space", "\n": "line break", "\t": "tab", "\u00a0": "fixed space" };
const UNSEEN = /[\s\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/u;
/** What joins letters or emoji into one shape is left where it works. */
const JOINER = /[\u200c\u200d\ufe0e\ufe0f]|[\u{e0020}-\u{e007f}]/u;

/** @param {string} character @returns {string} */
function signOf(character) {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return SIGNS[character] ?? `U+${code}`;
}

/** @param {string} text @returns {Piece[]} neighbours differ in `sign` */
export function visiblePieces(text) {
  /** @type {Piece[]} */
  const pieces = [];
  const characters = [...text];
  characters.forEach((character, index) => {
    const joins = JOINER.test(character) && index > 0 && index < characters.length;
    const sign = UNSEEN.test(character) && !joins;
    const shown = sign ? signOf(character) : character;
    const last = pieces.at(-1);
    if (last?.sign === sign) last.text += shown;
    else pieces.push({ text: shown, sign });
  });
  return pieces;
}

/** @param {string} text @returns {string} the same in one string */
export const visibleText = (text) =>
  visiblePieces(text)
    .map((piece) => piece.text)
    .join("");

/** @param {string} text @returns {string} for those who hear it: white space alone has a name */
export function spokenText(text) {
  if (text.trim() || !text) return text.trim() || "nothing";
  return [...text].map((character) => NAMES[character] ?? signOf(character)).join(", ");
}
