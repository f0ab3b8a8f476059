/**
 * A story's whole memory as a file, and back. Pure.
 *
 * The file is JSON: `{"storygen_memory": 1, "memory": …}`. What is missing in it has its usual value; what is wrong is said, with the
 * place, and nothing of it is taken.
 */

import { LONGEST_KEY, MOST_ENTRIES, MOST_KEYS, newEntry } from "./lore.js";

/** @typedef {import("../protocol.js").Memory} Memory */
/** @typedef {import("../protocol.js").LoreEntry} LoreEntry */

export const VERSION = 1;
export const MOST_BYTES = 2_000_000;

/** @returns {Memory} */
export const emptyMemory = () => ({
  text: "",
  note: "",
  note_lines: 3,
  share: 0.75,
  lore_range: 2000,
  lore_budget: 400,
  entries: [],
});

/** @type {{[field: string]: [low: number, high: number, whole: boolean]}} */
export const BOUNDS = {
  note_lines: [0, 100, true],
  share: [0.1, 1, false],
  lore_range: [0, 20_000, true],
  lore_budget: [0, 8192, true],
  order: [-1000, 1000, true],
  depth: [0, 100, true],
};
/** @type {{[field: string]: number}} */
export const LONGEST = { memory: 100_000, note: 20_000, name: 200, text: 20_000 };

/** The file is not what it should be; the message says where. */
export class WrongFile extends Error {}

/** @param {Memory} memory @returns {string} */
export function exported(memory) {
  const entries = memory.entries.map(({ id: _, ...entry }) => entry);
  return `${JSON.stringify({ storygen_memory: VERSION, memory: { ...memory, entries } }, null, 2)}\n`;
}

/**
 * @param {string} text of the file
 * @param {() => string} newId
 * @returns {Memory} its entries under new ids
 * @throws {WrongFile}
 */
export function imported(text, newId) {
  if (text.length > MOST_BYTES) throw new WrongFile("The file is larger than 2 MB.");
  const file = parsed(text);
  if (!isObject(file) || !("storygen_memory" in file))
    throw new WrongFile("This is no memory of StoryGen: “storygen_memory” is missing in it.");
  if (file.storygen_memory !== VERSION)
    throw new WrongFile(`A newer StoryGen made this file (kind ${String(file.storygen_memory)}).`);
  if (!isObject(file.memory)) throw new WrongFile("“memory” is missing in the file.");
  return memoryOf(file.memory, newId);
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    throw new WrongFile("This is no JSON file, or it is not whole.");
  }
}

/** @param {{[name: string]: unknown}} told @param {() => string} newId @returns {Memory} */
function memoryOf(told, newId) {
  const usual = emptyMemory();
  const entries = told.entries ?? [];
  if (!Array.isArray(entries)) throw new WrongFile("“entries” is no list.");
  if (entries.length > MOST_ENTRIES)
    throw new WrongFile(`There are ${entries.length} entries; ${MOST_ENTRIES} are the most.`);
  const number = (/** @type {"note_lines" | "share" | "lore_range" | "lore_budget"} */ name) =>
    numberOf(told[name] ?? usual[name], name, "");
  return {
    text: textOf(told.text ?? "", LONGEST.memory, "The memory"),
    note: textOf(told.note ?? "", LONGEST.note, "The note"),
    note_lines: number("note_lines"),
    share: number("share"),
    lore_range: number("lore_range"),
    lore_budget: number("lore_budget"),
    entries: entries.map((entry, index) => entryOf(entry, `Entry ${index + 1}`, newId())),
  };
}

/** @param {unknown} told @param {string} where @param {string} id @returns {LoreEntry} */
function entryOf(told, where, id) {
  if (!isObject(told)) throw new WrongFile(`${where} is no entry.`);
  const constant = told.constant === true;
  const usual = newEntry(id, constant ? { constant, depth: null } : {});
  const depth = told.depth === undefined ? usual.depth : told.depth;
  return {
    ...usual,
    name: textOf(told.name ?? "", LONGEST.name, `${where}: its name`),
    keys: keysIn(told.keys ?? [], where),
    text: textOf(told.text ?? "", LONGEST.text, `${where}: its text`),
    on: told.on !== false,
    order: numberOf(told.order ?? usual.order, "order", where),
    depth: depth === null ? null : numberOf(depth, "depth", where),
  };
}

/** @param {unknown} told @param {string} where @returns {string[]} */
function keysIn(told, where) {
  if (!Array.isArray(told)) throw new WrongFile(`${where}: its keys are no list.`);
  if (told.length > MOST_KEYS)
    throw new WrongFile(`${where} has ${told.length} keys; ${MOST_KEYS} are the most.`);
  return told.map((key) => textOf(key, LONGEST_KEY, `${where}: a key`)).filter((key) => key.trim());
}

/** @param {unknown} told @param {number} most @param {string} what @returns {string} */
function textOf(told, most, what) {
  if (typeof told !== "string") throw new WrongFile(`${what} is no text.`);
  if (told.length > most) throw new WrongFile(`${what} is longer than ${most} characters.`);
  return told.replace(/\r\n?/g, "\n");
}

/** @param {unknown} told @param {string} name @param {string} where */
function numberOf(told, name, where) {
  const [low, high, whole] = BOUNDS[name];
  const isRight = typeof told === "number" && told >= low && told <= high;
  if (!isRight || (whole && !Number.isInteger(told)))
    throw new WrongFile(
      `${where ? `${where}: ` : ""}“${name}” should be ${whole ? "a whole number" : "a number"} from ${low} to ${high}.`,
    );
  return Number(told);
}

/** @param {unknown} value @returns {value is {[name: string]: unknown}} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
