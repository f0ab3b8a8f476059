/**
 * Fate: cards that are each written with parameters drawn at random, hidden until one is taken. What is asked for, and
 * what a card says of it. Pure; the server draws and checks.
 */

import { counted, numberText, percentText } from "../format.js";

/** @typedef {import("../protocol.js").Settings} Settings */
/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").Card} Card */
/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */
/** @typedef {import("../protocol.js").FateRanges} FateRanges */
/** @typedef {import("../protocol.js").FateRange} FateRange */
/** @typedef {"random" | "fixed" | "steps" | "bandit"} FatePolicy */

export const FEWEST_CARDS = 2;
export const MOST_CARDS = 9;

/** @type {{[policy in FatePolicy]: [name: string, line: string]}} */
export const POLICIES = {
  random: ["chance", "Drawn anew for every card, from the ranges alone."],
  fixed: ["your averages", "The averages of what you took at such a step."],
  steps: ["what you took", "Drawn near what you took at such a step, and sometimes from anywhere."],
  bandit: ["learning", "Mostly what should please you here, with tries of what is not known yet."],
};

/** @param {Settings} settings @returns {boolean} whether the next cards are drawn */
export const isFate = ({ candidate_spread, candidate_beams }) =>
  candidate_spread === "fate" && !((candidate_beams ?? 1) > 1);

/**
 * @param {Settings} settings
 * @param {FateRanges} plain
 * @returns {{policy: FatePolicy, blind: boolean, ranges: FateRanges}} how they are drawn
 */
export function fateWishes({ fate_policy, fate_blind, fate_ranges }, plain) {
  return {
    policy: fate_policy ?? "random",
    blind: fate_blind !== false,
    ranges: fate_ranges ?? plain,
  };
}

/** @param {Settings} settings @param {FateRanges} plain @returns {boolean} whether fate says how long a card may be */
export function drawsTokens(settings, plain) {
  const scale = fateWishes(settings, plain).ranges.ranges.max_tokens?.scale ?? "fixed";
  return scale !== "fixed";
}

/** @param {number} num @returns {number} of cards, as many as fate deals */
export const dealt = (num) => Math.min(MOST_CARDS, Math.max(FEWEST_CARDS, num));

/** @param {CandidateSet} set @returns {boolean} whether its parameters are not to be seen yet */
export const isHidden = (set) =>
  set.fate?.blind === true && !set.cards.some((card) => card.taken > 0);

/**
 * @param {Card} card of a set that was drawn
 * @param {CandidateSet} set
 * @param {Parameter[]} parameters
 * @returns {string} what was drawn for it; empty while that is hidden
 */
export function drawnWords(card, set, parameters) {
  if (!set.fate || isHidden(set)) return "";
  const words = [];
  for (const name of set.fate.drawn) {
    const value = card.params?.[name];
    const title = parameters.find((one) => one.name === name)?.title ?? name;
    if (typeof value === "number") words.push(`${title} ${numberText(value)}`);
  }
  return words.join(" · ");
}

/** @param {CandidateSet} set @returns {string} what its heading says of how it was drawn */
export function stepWords({ fate }) {
  if (!fate) return "";
  const by = fate.policy === "random" ? "" : `, by ${POLICIES[fate.policy]?.[0] ?? fate.policy}`;
  return `Step ${numberText(fate.step)}${by}`;
}

/**
 * @param {Card} card
 * @param {CandidateSet} set
 * @param {{[set: string]: import("./expecting.js").Expectation}} expected
 * @returns {string} that it is the one that the room expects to be taken; else empty
 */
export function expectedWords(card, set, expected) {
  const found = expected[set.id];
  if (found?.candidate !== card.id) return "";
  const why = found.reasons.length ? `: ${found.reasons.join(", ")}` : "";
  return `Expected, ${percentText(found.probability)}${why}`;
}

/** @type {import("../protocol.js").Picker} of whom nothing is known yet */
export const NO_PICKER = {
  ...{ learned: false, report: null, learning: null, problem: "" },
  by_itself: true,
};

/** @param {import("../protocol.js").Picker} picker @returns {string} what it learned, or why it did not */
export function pickerWords({ learned, report, learning, problem }) {
  if (learning) {
    const how = learning.stage === "seeing" ? "Learning: the model reads, set" : "Learning,";
    const { done, of } = learning;
    return of ? `${how} ${numberText(done)} of ${numberText(of)}` : "Learning";
  }
  if (problem) return problem;
  if (learned && report) return report.sentence;
  return "Nothing was learned yet. It learns from what you took, on this machine, in some seconds.";
}

/**
 * @param {FateRange} range
 * @param {Parameter} parameter
 * @returns {string} what is wrong with it, in words; empty where nothing is
 */
export function rangeProblem({ scale, low, high }, parameter) {
  if (scale === "fixed") return "";
  if (low > high) return "The lower end is above the upper one.";
  if (low < parameter.low || high > parameter.high)
    return `From ${numberText(parameter.low)} to ${numberText(parameter.high)}.`;
  if (scale === "log" && low <= 0) return "By factors it must begin above 0.";
  return "";
}

/** @param {FateRanges} ranges @returns {string} in short, for the line that unfolds them */
export function rangesLine({ ranges, couplings }) {
  const drawn = Object.values(ranges).filter(({ scale }) => scale !== "fixed").length;
  const coupled = couplings.filter(({ strength }) => strength > 0).length;
  const what = drawn ? `${counted(drawn, "parameter")} drawn` : "Nothing is drawn";
  return coupled ? `${what}, ${counted(coupled, "coupling")}` : what;
}
