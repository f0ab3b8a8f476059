/** Files of statistics: their names, and reading one of somebody else's, or a dataset of their choices. */

import {
  MAX_DATASET_BYTES,
  MAX_FILE_BYTES,
  StatisticsError,
  checkedStatistics,
  countedDataset,
} from "./statistics.js";

const MB = 2 ** 20;

/** @param {Date} date @returns {string} like 2026-03-09, by the reader's own clock */
export function fileDay(date) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * @param {File} file
 * @returns {Promise<import("./statistics.js").Statistics>}
 */
export async function readFile(file) {
  if (await isDataset(file)) {
    if (file.size <= MAX_DATASET_BYTES) return countedDataset(file);
    throw new StatisticsError(
      `It has more than ${MAX_DATASET_BYTES / MB} MB: open a part of it, or count it with “python -m storygen choices statistics --from”.`,
    );
  }
  if (file.size > MAX_FILE_BYTES)
    throw new StatisticsError(`It has more than ${MAX_FILE_BYTES / MB} MB: no file of statistics.`);
  let text;
  try {
    text = await file.text();
  } catch {
    throw new StatisticsError("It can't be read: has it been moved or deleted?");
  }
  return checkedStatistics(text);
}

/**
 * @param {File} file
 * @returns {Promise<boolean>} whether it is a dataset in the raw form, or means to be one
 */
async function isDataset(file) {
  if (/\.(jsonl|ndjson)$/i.test(file.name)) return true;
  const begins = await file
    .slice(0, 200)
    .text()
    .catch(() => "");
  return /^\s*\{\s*"set"\s*:/.test(begins);
}
