/** What the panel of candidates says about its controls, its sets and its cards. Pure: state in, words out. */

import { reasonNotToWrite, reasonOfServer, statusOfLoading } from "../faces.js";
import { counted, numberText } from "../format.js";
import { dealt, isFate, stepWords } from "./fate.js";
import { autoProgress, cardsShown, isAtWork } from "./sets.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */
/** @typedef {import("../protocol.js").Card} Card */
/**
 * @typedef {{num: number, tokens: number, limit: "tokens" | "sentence" | "paragraph", quickgen: boolean,
 *   beams: number, spread: import("./ways.js").Spread}} Wishes `beams`: how many continuations a search keeps; 1: they are
 *   written by chance, and `spread` says whether each has parameters of its own
 */
/** @typedef {{kind: "quiet" | "busy" | "warn" | "error", text: string, detail: string, done: number | null}} SetFace */

export const MOST_CANDIDATES = 20;
export const MOST_TOKENS = 500;
export const MOST_SETS = 50;

/**
 * @param {import("../protocol.js").Settings} settings
 * @returns {Wishes} how many candidates, how long, how they are found, and whether the next ones are asked for at once
 */
export function wishes(settings) {
  const wanted = settings.num_candidates ?? 3;
  const num = isFate(settings) ? dealt(wanted) : wanted;
  const beams = settings.candidate_beams ?? 1;
  return {
    num,
    tokens: settings.candidate_tokens ?? 40,
    limit: settings.candidate_limit ?? "tokens",
    quickgen: settings.quickgen === true,
    spread: settings.candidate_spread ?? "same",
    // A search finds no more than it keeps.
    beams: beams > 1 ? Math.max(beams, num) : 1,
  };
}

/** @param {State} state @returns {string} empty where candidates can be asked for */
export function reasonNotToAsk(state) {
  return reasonNotToWrite(state, "write");
}

/** @param {State} state @returns {string} empty where several sets can be asked for */
export function reasonNotToAskSeveral(state) {
  if (wishes(state.settings).beams > 1) return "A search would find the same again";
  if (isFate(state.settings)) return "Fate deals one hand at a time: you choose in between";
  return reasonNotToAsk(state);
}

/** @param {State} state @param {CandidateSet} set @returns {string} empty where its model can write more of it */
export function reasonNotToGoOn(state, set) {
  const away = reasonOfServer(state);
  if (away) return away;
  const model = state.models.find(({ key }) => key === set.model);
  if (!model) return `${set.model_name} is not here any more`;
  return model.state === "unusable" ? `${model.name} cannot be used: ${model.reason}` : "";
}

/** @param {State} state @returns {string} the line under the button */
export function askLine(state) {
  const reason = reasonNotToAsk(state);
  if (reason) return reason;
  const auto = autoProgress(state.sets, state.autoTotal);
  if (auto) return auto;
  if (state.askingCandidates || state.sets.some(isAtWork)) return "";
  if (state.settings.mode === "prompt" && state.length === 0) return "To the prompt";
  return state.caretAtEnd ? "From the end" : "From the caret";
}

/**
 * @param {CandidateSet} set
 * @param {State} state
 * @returns {SetFace} what it does, or why it came to an end
 */
export function setFace(set, state) {
  if (set.state === "queued") return queuedFace(set, state);
  if (set.state === "reading") {
    const { done, total } = set.reading ?? { done: 0, total: 0 };
    const much = total ? `${numberText(done)} of ${numberText(total)} tokens` : "the story";
    return { kind: "busy", text: `Reading ${much}`, detail: "", done: total ? done / total : null };
  }
  if (set.state === "searching") {
    const { done, total } = set.searching ?? { done: 0, total: 0 };
    const text = `Searching, ${numberText(done)} of ${numberText(total)} tokens`;
    const detail = "What leads may fall behind, so that nothing can be read before it is over.";
    return { kind: "busy", text, detail, done: total ? done / total : null };
  }
  const begun = set.cards.some((card) => card.tokens?.length);
  if (set.state === "writing" && !begun)
    return { kind: "busy", text: "Reading the story", detail: "", done: null };
  // Each card says that it is being written.
  if (set.state === "writing") return { kind: "busy", text: "", detail: "", done: null };
  if (set.cards.some((card) => card.taken))
    return { kind: "quiet", text: "What else you take follows it", detail: "", done: null };
  if (set.stale) {
    const detail = "What they were written on from reads differently now. They can still be taken.";
    return { kind: "quiet", text: "The text before it has changed since", detail, done: null };
  }
  return { kind: "quiet", text: stepWords(set), detail: "", done: null };
}

/** @param {CandidateSet} set @param {State} state @returns {SetFace} */
function queuedFace(set, state) {
  const model = state.models.find(({ key }) => key === set.model);
  const loads = model && (model.state === "loading" || model.state === "starting");
  if (!loads) return { kind: "busy", text: "Waiting for its turn", detail: "", done: null };
  const { text, detail, done } = statusOfLoading(model);
  return { kind: "busy", text, detail, done };
}

/**
 * @param {Card} card
 * @returns {{kind: "quiet" | "busy" | "warn" | "error", text: string, detail: string}}
 */
export function cardFace(card) {
  if (card.state === "queued") return { kind: "quiet", text: "Waiting", detail: "" };
  if (card.state === "running") {
    // What is read before the first word, the set says.
    return { kind: "busy", text: card.tokens?.length ? "Writing" : "", detail: "" };
  }
  const { message } = card;
  if (card.reason === "failed") return { kind: "error", text: "Failed", detail: message };
  if (card.reason === "interrupted") return { kind: "warn", text: "Interrupted", detail: message };
  const words = [];
  if (card.taken) words.push("Taken");
  if (card.text !== null) words.push("Edited");
  if (card.reason === "stopped") words.push("Stopped");
  else if (card.detail === "end_of_text" && !words.length) words.push("The model ends here");
  else if (card.detail === "nothing_else") words.push("Nothing else was found");
  else if (card.detail === "banned_strings") words.push("All that could follow is banned");
  return { kind: "quiet", text: words.join(", "), detail: "" };
}

/** @param {CandidateSet} set as it ended @returns {string} for those who hear the page */
export function readyWords(set) {
  const cards = cardsShown(set).filter(({ detail }) => detail !== "nothing_else");
  const failed = cards.find((card) => card.reason === "failed");
  if (!cards.length) return "Nothing was found";
  if (failed && cards.every((card) => card.reason === "failed"))
    return `No candidates: ${failed.message}`;
  return `${counted(cards.length, "candidate")} ${cards.length === 1 ? "is" : "are"} ready`;
}

/** @param {State} state @returns {string} what the button asks for */
export function askLabel(state) {
  const { num } = wishes(state.settings);
  const stories = state.settings.mode === "prompt" && state.length === 0;
  if (stories) return num === 1 ? "Ask for a story" : `Ask for ${num} stories`;
  return `Ask for ${counted(num, "candidate")}`;
}

/** @param {State} state @returns {string} what is asked for, in short */
export function wishesLine({ settings }) {
  const { num, tokens, limit, beams } = wishes(settings);
  const each = {
    tokens: counted(tokens, "token"),
    sentence: "a sentence",
    paragraph: "a paragraph",
  };
  if (isFate(settings)) return `Fate deals ${numberText(num)}`;
  const best = num === 1 ? "The best" : `The ${numberText(num)} best`;
  const found = beams > 1 ? `${best} of ${numberText(beams)}` : counted(num, "candidate");
  return `${found}, ${each[limit]} each`;
}
