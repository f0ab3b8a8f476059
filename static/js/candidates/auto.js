/** What the page says of the automatic writer, and what its one button does. Pure: state in, words out. */

import { reasonNotToWrite, reasonOfServer } from "../faces.js";
import { clamped, counted, numberText } from "../format.js";
import { effectiveParams } from "../parameters.js";
import { FEWEST_CARDS, MOST_CARDS, fateWishes } from "./fate.js";
import { wishes } from "./faces.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").Auto} Auto */
/**
 * @typedef {{steps: number | null, cards: number, picker: string}} AutoWishes `steps` null: until it is stopped
 * @typedef {{action: "start" | "pause" | "resume", label: string, hint: string, reason: string}} AutoControl
 */

export const MOST_STEPS = 1000;
/** @type {AutoWishes} */
export const PLAIN_WISHES = { steps: 20, cards: 3, picker: "logprob" };

/** @type {{[picker: string]: [name: string, line: string]}} */
export const PICKERS = {
  logprob: ["likeliest", "The one whose words the model is surest of."],
  random: ["chance", "Any of them."],
  taste: ["your taste", "The one that is most like what you took."],
};

const DOES = { asking: "asking", writing: "writing", choosing: "choosing" };

/** @param {Auto | null} auto @returns {boolean} whether it has begun and not ended */
export const isLive = (auto) => auto !== null && auto.state !== "ended";

/** @param {Auto | null} auto @returns {boolean} whether it can go on from where it was */
const canGoOn = (auto) =>
  auto?.state === "paused" || (auto?.state === "ended" && auto.reason === "interrupted");

/** @param {State} state @returns {AutoControl} what the button and its key do */
export function autoControl(state) {
  const { auto } = state;
  if (auto && isLive(auto) && auto.state !== "paused") {
    const hint = "Rest after this word; what it is at is written anew when it goes on";
    return { action: "pause", label: "Pause", hint, reason: reasonOfServer(state) };
  }
  if (canGoOn(auto)) {
    const reason = reasonNotToWrite(state, "resume");
    const hint = "Go on from what stands now";
    return { action: "resume", label: "Hand back", hint, reason };
  }
  const reason = reasonNotToWrite(state, "write");
  const hint = "It writes at the end of the story; you can edit meanwhile";
  return { action: "start", label: startLabel(state.autoWishes.steps), hint, reason };
}

/** @param {number | null} steps */
const startLabel = (steps) =>
  steps === null ? "Write until I stop it" : `Write ${counted(steps, "step")}`;

/** @param {State} state @returns {string} empty where it can be ended */
export function reasonNotToStop(state) {
  return isLive(state.auto) ? reasonOfServer(state) : "It is not at work";
}

/** @param {Auto | null} auto @returns {string} where it is, or how it came to an end */
export function autoLine(auto) {
  if (!auto) return "";
  const of = auto.steps === null ? "" : ` of ${numberText(auto.steps)}`;
  const step = `Step ${numberText(auto.step)}${of}`;
  if (auto.state === "paused") return `${step}: paused. ${auto.message}`.trim();
  if (auto.state !== "ended") return `${step}: ${DOES[auto.state]}`;
  const done = counted(auto.step, "step");
  if (auto.reason === "finished" && !auto.message) return `Finished: ${done}`;
  const words = { finished: "Finished", stopped: "Stopped", failed: "Failed" };
  const how = words[/** @type {keyof typeof words} */ (auto.reason)] ?? "Interrupted";
  return `${how} after ${done}. ${auto.message}`.trim();
}

/** @param {Auto | null} auto @returns {string} for those who hear the page: not every step */
export function autoNews(auto) {
  if (!auto) return "";
  if (auto.state === "paused" || auto.state === "ended")
    return `Automatic writer. ${autoLine(auto)}`;
  return auto.reaction || "The automatic writer is at work";
}

/** @param {Auto | null} auto @returns {string} for the line that unfolds the section */
export function autoSummary(auto) {
  if (!auto || auto.state === "ended") return "Automatic writer";
  return `Automatic writer · ${auto.state === "paused" ? "paused" : `step ${numberText(auto.step)}`}`;
}

/** @param {unknown} kept what was kept in the browser @returns {AutoWishes} */
export function wishesFrom(kept) {
  const { steps, cards, picker } = /** @type {{[name: string]: unknown}} */ (kept ?? {});
  return {
    steps: steps === null ? null : stepsOf(Number(steps)),
    cards: cardsOf(Number(cards)),
    picker: typeof picker === "string" ? picker : PLAIN_WISHES.picker,
  };
}

/** @param {number} value @returns {number} as many steps as may be */
export const stepsOf = (value) =>
  Number.isFinite(value) && value ? clamped(Math.round(value), 1, MOST_STEPS) : 20;

/** @param {number} value @returns {number} as many cards as fate deals */
export const cardsOf = (value) =>
  Number.isFinite(value) && value ? clamped(Math.round(value), FEWEST_CARDS, MOST_CARDS) : 3;

/** @param {State} state @returns {object} the fields of `auto_start`, beside the story */
export function startFields(state) {
  const { settings, autoWishes, pickers } = state;
  const { tokens, limit } = wishes(settings);
  const { policy, ranges } = fateWishes(settings, state.fateRanges);
  const params = effectiveParams(state);
  const { steps, cards, picker } = autoWishes;
  return {
    model: settings.model ?? state.defaultModel,
    ...(steps === null ? {} : { steps }),
    cards,
    policy,
    picker: pickers.includes(picker) ? picker : pickers[0],
    ranges,
    params: {
      ...params,
      limit,
      max_tokens: tokens,
      min_tokens: Math.min(Number(params.min_tokens ?? 0), tokens),
    },
    mode: settings.mode ?? "continue",
    prompt: settings.mode === "prompt" ? (settings.prompt ?? "") : "",
  };
}
