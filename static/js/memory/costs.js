/** What a change of the memory costs before it is read, in words. Pure: the page's state in, words out. */

import { activeRun, chosenModel, reasonOfServer } from "../faces.js";
import { counted, durationText, numberText, percentText } from "../format.js";
import { effectiveParams } from "../parameters.js";
import { isEmpty } from "./changes.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {{kind: "quiet" | "unread" | "warn" | "error", text: string, canRead: boolean}} CostFace */

/**
 * @param {{tokens: number, seconds: number | null}} reread
 * @returns {string} "480 tokens, about 0.6 s"
 */
export function rereadWords({ tokens, seconds }) {
  const time = seconds === null || !tokens ? "" : `, ${timeWords(seconds)}`;
  return counted(tokens, "token") + time;
}

/** @param {number} seconds */
const timeWords = (seconds) =>
  seconds < 0.05 ? "at once" : `about ${durationText(seconds, seconds < 2 ? 1 : 0)}`;

/** @param {State} state @returns {boolean} whether a run is under way that has not read what stands here */
export function isUnread(state) {
  const run = activeRun(state.runs);
  if (!run || !state.storedMemory) return false;
  return run.memory_version !== state.storedMemory.version || !isEmpty(state.memoryChange);
}

/** @param {State} state @returns {CostFace} */
export function costFace(state) {
  if (state.memoryTrouble) return face("error", `Not stored. ${state.memoryTrouble}`);
  const away = reasonOfServer(state);
  if (away) return face("warn", `${away}.`);
  const run = activeRun(state.runs);
  const seen = state.seen?.run === (run?.id ?? null) ? state.seen : null;
  if (run) return costForRun(state, seen);
  return costForNext(state, seen);
}

/** @param {State} state @param {State["seen"]} seen */
function costForRun(state, seen) {
  if (state.readingMemory) return face("quiet", "The run reads this before its next word.");
  if (!isUnread(state)) return face("quiet", "The run has read what stands here.");
  const unread = "The run has not read this yet.";
  if (!seen?.unread) return face("unread", unread, true);
  const { reread } = seen.context;
  if (!reread.tokens) return face("unread", `${unread} Nothing has to be read again for it.`, true);
  return face("unread", `${unread} Reading it re-reads ${rereadWords(reread)}.`, true);
}

/** @param {State} state @param {State["seen"]} seen */
function costForNext(state, seen) {
  const model = chosenModel(state);
  if (!model) return face("quiet", "No model is chosen that could read this.");
  if (model.state === "unusable" || model.state === "failed")
    return face("warn", `${model.name} can’t read this: ${model.reason}`);
  if (model.state === "starting" || model.state === "loading")
    return face("quiet", "What the next Write reads is known once the model is loaded.");
  if (model.state === "unloaded" && !seen)
    return face("quiet", "The model loads when you press Write, and reads all of it then.");
  if (state.seenTrouble) return face("warn", state.seenTrouble);
  if (!seen) return face("quiet", "Counting what the next Write reads…");
  const { reread } = seen.context;
  if (!reread.tokens) return face("quiet", "The next Write reads nothing again.");
  return face("quiet", `The next Write reads ${rereadWords(reread)}.`);
}

/** @param {CostFace["kind"]} kind @param {string} text @param {boolean} [canRead] @returns {CostFace} */
const face = (kind, text, canRead = false) => ({ kind, text, canRead });

/**
 * @param {State} state
 * @param {number} share
 * @returns {string} what it means for the window of the model that is chosen
 */
export function shareWords(state, share) {
  const part = percentText(share);
  const room = roomOf(state);
  if (!room)
    return `At least ${part} of what the model reads at once stays the story’s; memory, note and lore get the rest.`;
  const story = Math.round(room * share);
  const rest =
    story < room
      ? `memory, note and lore get at most ${numberText(room - story)}`
      : "nothing is left for memory, note and lore";
  return `At least ${part} stays the story’s: ${numberText(story)} of ${numberText(room)} tokens; ${rest}.`;
}

/** @param {State} state @returns {number} tokens that memory and story share, 0 where no model tells */
function roomOf(state) {
  const { seen } = state;
  if (seen) return Math.max(0, seen.context.window - seen.context.reserve);
  const info = chosenModel(state)?.info;
  if (!info) return 0;
  const most = Number(effectiveParams(state).max_tokens ?? 0);
  return Math.max(0, info.context - (most < info.context / 2 ? most : 0));
}
