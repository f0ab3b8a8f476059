/** Files of statistics: their names, and reading one of somebody else's. */

import { MAX_FILE_BYTES, StatisticsError, checkedStatistics } from "./statistics.js";

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
  if (file.size > MAX_FILE_BYTES)
    throw new StatisticsError(
      `It has more than ${MAX_FILE_BYTES / 2 ** 20} MB: no file of statistics.`,
    );
  let text;
  try {
    text = await file.text();
  } catch {
    throw new StatisticsError("It can't be read: has it been moved or deleted?");
  }
  return checkedStatistics(text);
}
