/** What the statistics of a reader's choices say, in words; and where they say nothing yet. Pure. */

import { clamped, counted, numberText, percentText } from "../format.js";

/** @typedef {import("./statistics.js").Group} Group */
/** @typedef {import("./statistics.js").Interval} Interval */
/** @typedef {import("./statistics.js").ParameterStatistics} ParameterStatistics */

/** With fewer choices an interval may be there, but nobody should believe it. */
export const FEWEST_CHOICES = 12;

/**
 * @typedef {object} Told how a parameter is told of
 * @property {string} title as the server calls it
 * @property {string} line what it does
 * @property {number} decimals of its values
 * @property {string} less what continuations with less of it are
 * @property {string} more
 */

/** @type {{[name: string]: Told}} */
export const PARAMETERS = {
  temperature: {
    title: "Temperature",
    line: "How daring the choice of words is.",
    decimals: 2,
    less: "cooler ones",
    more: "warmer ones",
  },
  top_k: {
    title: "Top k",
    line: "Among how many of the likeliest tokens the choice is.",
    decimals: 0,
    less: "ones with fewer tokens to choose from",
    more: "ones with more tokens to choose from",
  },
  top_p: {
    title: "Top p",
    line: "How much of the probability there is to choose from.",
    decimals: 2,
    less: "ones that left out more of the unlikely",
    more: "ones that let in more of the unlikely",
  },
  min_p: {
    title: "Min p",
    line: "How likely, against the likeliest, a token must be.",
    decimals: 3,
    less: "ones that let in more of the unlikely",
    more: "ones that left out more of the unlikely",
  },
  typical_p: {
    title: "Typical p",
    line: "How near to the expected surprise tokens are kept; 1 is off.",
    decimals: 2,
    less: "ones that kept nearer to the typical",
    more: "ones that kept less to the typical",
  },
  repetition_penalty: {
    title: "Repetition penalty",
    line: "How much less likely words become that came before.",
    decimals: 2,
    less: "ones that were freer to repeat themselves",
    more: "ones that were kept from repeating themselves",
  },
  max_tokens: {
    title: "Most tokens",
    line: "How long a continuation could become.",
    decimals: 0,
    less: "shorter ones",
    more: "longer ones",
  },
};

/** @typedef {"you" | "they"} Who */

/** @param {Who} who at the beginning of a sentence */
const subject = (who) => (who === "you" ? "You" : "They");

/** @param {string} name @param {number} value @returns {string} of a parameter, always as many decimals */
export const valueText = (name, value) => value.toFixed(PARAMETERS[name]?.decimals ?? 2);

/** @param {Group} group */
export const choicesOf = (group) => group.num_sets - group.num_without_choice;

/** @param {number} choices @returns {number} how many are missing before anything can be concluded */
export const missing = (choices) => Math.max(0, FEWEST_CHOICES - choices);

/** @param {Group} group @returns {number} of a card from which something was taken, 0 to 1 */
export function takenShare(group) {
  const choices = choicesOf(group);
  return choices ? clamped((group.mean_taken * group.num_sets) / choices, 0, 1) : 0;
}

/** @param {Group} group @param {Who} who @returns {string} how much there is to go by */
export function leadWords(group, who) {
  const choices = choicesOf(group);
  if (!choices) return who === "you" ? "You have chosen nothing yet." : "They have chosen nothing.";
  const { num_stories } = group;
  const where = num_stories === 1 ? "in one story" : `in ${numberText(num_stories)} stories`;
  const taken = percentText(takenShare(group)).replace(" ", "\u00a0");
  return `${counted(choices, "choice")} ${where}. Of the card that ${who} chose, ${who} took ${taken} on average.`;
}

/** @param {Group} group @param {Who} who @returns {string} empty where something was taken each time */
export function passedWords(group, who) {
  const num = group.num_without_choice;
  if (!num) return "";
  const sets = num === 1 ? "one more set" : counted(num, "more set");
  return `From ${sets} of cards ${who} took nothing; that says nothing about parameters.`;
}

/** @param {Group} group @param {Who} who @returns {string} empty where there is enough */
export function fewWords(group, who) {
  const left = missing(choicesOf(group));
  if (!left) return "";
  if (who === "they") return `Too few to conclude anything: it takes ${FEWEST_CHOICES} choices.`;
  return `Too few to conclude anything: ${counted(left, "more choice")}, and this page says what they have in common.`;
}

/**
 * @param {string} name
 * @param {ParameterStatistics} found
 * @param {Who} who
 * @returns {string} what was taken against what was passed over, in a sentence
 */
export function differenceWords(name, found, who) {
  const left = missing(found.chosen?.num ?? 0);
  if (left)
    return who === "you"
      ? `Too early to say: ${counted(left, "more choice")}.`
      : "Too few choices to say.";
  const { difference } = found;
  if (!difference) return "Cards of one set never differed in this, so nothing can be said.";
  const { low, high, value } = difference;
  if (low === null || high === null) return "No clear preference yet.";
  const digits = digitsOf(low, high);
  if (low <= 0 && high >= 0) {
    const range = `between ${(-low).toFixed(digits)} lower and ${high.toFixed(digits)} higher`;
    return `No clear preference yet: ${range} than what ${who} passed over.`;
  }
  const told = PARAMETERS[name];
  const [side, ones] = value < 0 ? ["lower", told.less] : ["higher", told.more];
  const [near, far] = [Math.abs(low), Math.abs(high)].sort((a, b) => a - b);
  const reach = `${near.toFixed(digits)} to ${far.toFixed(digits)} ${side}`;
  return `${subject(who)} took ${ones}: ${Math.abs(value).toFixed(digits)} ${side}, ${reach}, than what ${who} passed over.`;
}

/** @param {number} low @param {number} high @returns {number} decimals that tell them apart, and from 0 */
export function digitsOf(low, high) {
  const width = high - low;
  const digits = width > 0 ? clamped(Math.round(1 - Math.log10(width)), 0, 4) : 2;
  const nearest = Math.min(Math.abs(low), Math.abs(high));
  const looksLikeNone = nearest > 0 && Number(nearest.toFixed(digits)) === 0;
  return looksLikeNone ? Math.min(digits + 1, 4) : digits;
}

/** @param {ParameterStatistics} found @returns {boolean} whether it shows a preference */
export function isClear({ chosen, difference }) {
  if (missing(chosen?.num ?? 0) || !difference) return false;
  const { low, high } = difference;
  return low !== null && high !== null && (low > 0 || high < 0);
}

/**
 * @param {string} name
 * @param {ParameterStatistics} found
 * @param {Who} who
 * @returns {string} where liking is highest; empty where that isn't clear
 */
export function bestWords(name, { best, bins, chosen }, who) {
  if (!best || !bins || missing(chosen?.num ?? 0)) return "";
  const text = (/** @type {number} */ value) => valueText(name, value);
  const whose = who === "you" ? "you" : "them";
  const [least, most] = [bins.edges[0], bins.edges[bins.edges.length - 1]];
  const reach = Math.abs(most - least) * 1e-6;
  if (best.value <= least + reach)
    return `What pleases ${whose} most may lie at or below ${text(least)}, the least that was shown.`;
  if (best.value >= most - reach)
    return `What pleases ${whose} most may lie at or above ${text(most)}, the most that was shown.`;
  const { low, high } = best;
  const between = low === null || high === null ? "" : `, between ${text(low)} and ${text(high)}`;
  return `What pleases ${whose} most lies around ${text(best.value)}${between}.`;
}

/** @param {string} name @param {ParameterStatistics} found @returns {string} both means */
export function meansWords(name, { chosen, rejected }) {
  const words = [];
  if (chosen) words.push(`${valueText(name, chosen.mean)} taken`);
  if (rejected) words.push(`${valueText(name, rejected.mean)} passed over`);
  return words.length ? `On average ${words.join(", ")}` : "";
}

/** @param {{[name: string]: ParameterStatistics}} parameters @returns {string} those of which all cards had the same value */
export function sameWords(parameters) {
  const same = Object.entries(parameters).filter(([name, one]) => PARAMETERS[name] && !one.bins);
  if (!same.length) return "";
  const named = same.map(([name, { chosen, rejected }]) => {
    const mean = (chosen ?? rejected)?.mean;
    return mean === undefined
      ? PARAMETERS[name].title
      : `${PARAMETERS[name].title} ${valueText(name, mean)}`;
  });
  return `The same on every card, so nothing is known: ${named.join(", ")}.`;
}
