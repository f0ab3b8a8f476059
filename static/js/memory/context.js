/** "What the model sees" in words and numbers: the pieces, how the window is divided, what was cut and why. Pure. */

import { activeRun, chosenModel, reasonOfServer, statusOfLoading } from "../faces.js";
import { counted, numberText } from "../format.js";
import { nameOfEntry, quoted } from "./lore.js";

/** @typedef {import("../protocol.js").Context} Context */
/** @typedef {import("../protocol.js").ContextPiece} ContextPiece */
/** @typedef {import("../protocol.js").LoreEntry} LoreEntry */
/** @typedef {import("../protocol.js").Origin} Origin */

/** @type {{[origin in Origin]: string}} */
export const ORIGINS = {
  start: "Beginning",
  format: "Prompt format",
  memory: "Memory",
  prompt: "Writing prompt",
  lore: "Lore",
  note: "Note",
  story: "Story",
};
/** @type {{[origin in Origin]: string}} */
export const MEANINGS = {
  start: "the sign with which the model begins",
  format: "what the model’s prompt format puts around the text",
  memory: "what it should always know",
  prompt: "what the story is to be about",
  lore: "entries that are called, or always there",
  note: "the reminder close to where it writes",
  story: "your text and the model’s",
};
const LONGEST_CHUNK = 4000;
/** A line may be broken here, and nothing is seen. */
const BREAK = "\u200b";

/**
 * @param {Context} context
 * @returns {{origin: Origin | "reserve" | "free", label: string, tokens: number}[]} in the order in which they are
 *   first read, then what is kept for the answer, then what is free
 */
export function division({ window, reserve, used, pieces }) {
  /** @type {Map<Origin, number>} */
  const sums = new Map();
  for (const { origin, num_tokens } of pieces)
    sums.set(origin, (sums.get(origin) ?? 0) + num_tokens);
  const read = [...sums].map(([origin, tokens]) => ({ origin, label: ORIGINS[origin], tokens }));
  const free = Math.max(0, window - reserve - used);
  return [
    ...read,
    { origin: /** @type {const} */ ("reserve"), label: "Kept for writing", tokens: reserve },
    { origin: /** @type {const} */ ("free"), label: "Free", tokens: free },
  ].filter(({ tokens }) => tokens > 0);
}

/** @param {Context} context @param {Origin} origin @returns {number} tokens */
export const tokensOf = ({ pieces }, origin) =>
  pieces.reduce((sum, piece) => sum + (piece.origin === origin ? piece.num_tokens : 0), 0);

/** @param {ContextPiece} piece @param {LoreEntry[]} entries */
export function pieceTitle(piece, entries) {
  const entry = entries.find(({ id }) => id === piece.entry);
  return entry ? `${ORIGINS[piece.origin]}: ${nameOfEntry(entry)}` : ORIGINS[piece.origin];
}

/** @param {Context} context @param {number} budget of the lore @returns {string[]} what does not stand there, and why */
export function cutLines({ cut, window }, budget) {
  const lines = [];
  if (cut.story)
    lines.push(
      `${counted(cut.story, "token")} of the story lie before what fits: the model reads ${numberText(window)} tokens at once.`,
    );
  if (cut.memory)
    lines.push(
      `${counted(cut.memory, "token")} of the memory did not fit: the story keeps its share of the window.`,
    );
  if (cut.lore.length)
    lines.push(
      `${entriesText(cut.lore.length)} had no room: all of the lore together gets ${counted(budget, "token")}.`,
    );
  return lines;
}

/**
 * @param {Context} context
 * @param {LoreEntry[]} entries
 * @returns {{title: string, line: string, kind: "active" | "out" | "wrong"}[]}
 */
export function loreLines(context, entries) {
  const named = (/** @type {string} */ id) => {
    const entry = entries.find((one) => one.id === id);
    return entry ? nameOfEntry(entry) : "An entry that was removed";
  };
  return [
    ...context.active
      .filter(({ entry }) => !context.cut.lore.includes(entry))
      .map(({ entry, key }) => ({
        title: named(entry),
        line: key === null ? "always there" : `called by ${quoted(key)}`,
        kind: /** @type {const} */ ("active"),
      })),
    ...context.cut.lore.map((entry) => ({
      title: named(entry),
      line: "called, but the budget is full",
      kind: /** @type {const} */ ("out"),
    })),
    ...context.wrong.map(({ entry, message }) => ({
      title: named(entry),
      line: message,
      kind: /** @type {const} */ ("wrong"),
    })),
  ];
}

/** @param {import("../store.js").State} state @returns {string} for which place this is, or why there is nothing to see */
export function placeWords(state) {
  const run = activeRun(state.runs);
  const { seen } = state;
  const away = reasonOfServer(state);
  if (away) return seen ? `${away}. This is what it was.` : `${away}.`;
  if (!seen) return reasonForNone(state);
  if (seen.run !== (run?.id ?? null)) return "Looking again…";
  if (!run)
    return state.caretAtEnd
      ? "If you pressed Write now, at the end."
      : "If you pressed Write now, at the caret.";
  return run.state === "paused" ? "Where the run rests." : "Where the run writes.";
}

/** @param {import("../store.js").State} state */
function reasonForNone(state) {
  if (state.seenTrouble) return state.seenTrouble;
  const model = chosenModel(state);
  if (!model) return "No model is chosen that could see anything.";
  if (model.state === "unusable") return `${model.name} can’t be used: ${model.reason}`;
  if (model.state === "starting" || model.state === "loading") {
    return `${statusOfLoading(model).text}. Then it is shown here.`;
  }
  return "Looking…";
}

/** @param {Context} context @returns {string} letter by letter what the model reads */
export const exactText = ({ pieces }) => pieces.map(({ text }) => text).join("");

/** @param {string} text @returns {string} with signs for white space; lines end, and may be broken, where they do without */
export const withSigns = (text) =>
  text
    .replaceAll(" ", `·${BREAK}`)
    .replaceAll("\t", "⇥\t")
    .replaceAll("\u00a0", "⍽")
    .replaceAll("\n", "↵\n");

/**
 * @param {string} text
 * @returns {string[]} stretches that end at line ends, most of them short enough to be drawn quickly
 */
export function chunks(text) {
  const parts = [];
  let from = 0;
  while (text.length - from > LONGEST_CHUNK) {
    const before = text.lastIndexOf("\n", from + LONGEST_CHUNK - 1);
    const line = before >= from ? before : text.indexOf("\n", from + LONGEST_CHUNK);
    if (line < 0) break;
    parts.push(text.slice(from, line + 1));
    from = line + 1;
  }
  parts.push(text.slice(from));
  return parts;
}

/** @param {number} count */
const entriesText = (count) => (count === 1 ? "1 entry" : `${numberText(count)} entries`);
