/** Statistics as the server tells them (docs/PROTOCOL.md), and the calls that get and check them. */

/** @typedef {{value: number, low: number | null, high: number | null}} Interval */
/** @typedef {{num: number, weight: number, mean: number, quantiles: number[]}} Side */
/** @typedef {{scale: "uniform" | "log", edges: number[], chosen: number[], rejected: number[]}} Bins */
/**
 * @typedef {object} ParameterStatistics
 * @property {string} name
 * @property {Side | null} chosen
 * @property {Side | null} rejected
 * @property {Interval | null} difference
 * @property {Interval | null} best
 * @property {Bins | null} bins
 * @property {number | null} shrunk
 */
/**
 * @typedef {object} Group
 * @property {number} num_sets
 * @property {number} num_stories
 * @property {number} num_without_choice
 * @property {number} mean_taken
 * @property {{[name: string]: ParameterStatistics}} parameters
 */
/** @typedef {"steps" | "phases" | "repetition" | "entropy"} By */
/** @typedef {{version: number, all: Group} & {[by in By]: {[key: string]: Group}}} Statistics */

/** Of the quantiles [0.1, 0.25, 0.5, 0.75, 0.9], between which the middle half lies. */
export const MIDDLE_HALF = [1, 3];

export const MAX_FILE_BYTES = 4 * 2 ** 20;
export const MAX_DATASET_BYTES = 100 * 2 ** 20;

/** What can't be got or shown, with words for a reader. `locked`: the access has changed. */
export class StatisticsError extends Error {
  /** @param {string} message @param {boolean} [locked] */
  constructor(message, locked = false) {
    super(message);
    this.locked = locked;
  }
}

/** @returns {Promise<{statistics: Statistics, text: string}>} the library's, and the JSON as it came */
export async function ownStatistics() {
  const text = await asked("/api/preferences/steps");
  return { statistics: JSON.parse(text), text };
}

/**
 * @param {string} text of a file
 * @returns {Promise<Statistics>} what it says, checked by the server
 */
export async function checkedStatistics(text) {
  const headers = { "Content-Type": "application/json" };
  return JSON.parse(await asked("/api/preferences/check", { method: "POST", headers, body: text }));
}

/**
 * @param {File} file a dataset in the raw form, as JSON Lines
 * @returns {Promise<Statistics>} counted by the server
 */
export async function countedDataset(file) {
  const headers = { "Content-Type": "application/json" }; // as all that is sent must be
  const how = { method: "POST", headers, body: file };
  return JSON.parse(await asked("/api/preferences/dataset", how));
}

/** @param {string} path @param {RequestInit} [how] @returns {Promise<string>} the answer's body */
async function asked(path, how) {
  let answer;
  let text = "";
  try {
    answer = await fetch(path, how);
    text = await answer.text();
  } catch {
    throw new StatisticsError("StoryGen does not answer. Is it still running?");
  }
  if (answer.ok) return text;
  if (answer.status === 401) throw new StatisticsError("The access has changed.", true);
  throw new StatisticsError(
    messageIn(text) ?? `StoryGen answered with an error (${answer.status}).`,
  );
}

/** @param {string} text @returns {string | undefined} */
function messageIn(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return undefined;
  }
}
