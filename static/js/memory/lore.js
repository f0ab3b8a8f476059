/** Entries of the lorebook: new ones, their keys, their order, and what is said of each. Pure. */

/** @typedef {import("../protocol.js").LoreEntry} LoreEntry */
/** @typedef {import("../protocol.js").Context} Context */

export const MOST_ENTRIES = 1000;
export const MOST_KEYS = 50;
export const LONGEST_KEY = 200;
/** How many lines back an entry stands that is called by its keys, if nothing else is said. */
export const USUAL_DEPTH = 4;
export const USUAL_ORDER = 100;

/** @param {string} id @param {Partial<LoreEntry>} [more] @returns {LoreEntry} */
export const newEntry = (id, more = {}) => ({
  id,
  name: "",
  keys: [],
  text: "",
  constant: false,
  on: true,
  order: USUAL_ORDER,
  depth: USUAL_DEPTH,
  ...more,
});

/**
 * @param {LoreEntry} entry
 * @param {boolean} constant
 * @returns {Partial<LoreEntry>} what changes; one that stood where its kind usually does goes where the other does
 */
export function asConstant(entry, constant) {
  const usual = (/** @type {boolean} */ always) => (always ? null : USUAL_DEPTH);
  const follows = entry.depth === usual(entry.constant);
  return follows ? { constant, depth: usual(constant) } : { constant };
}

/** @param {string} line @returns {string[]} the keys on it; a pattern stands alone, and keeps its commas */
const keysOn = (line) => (line.trimStart().startsWith("/") ? [line] : line.split(/[,،、，]/));

/** @param {string} lines of keys, or keys between commas @returns {string[]} */
export function keysOf(lines) {
  const keys = lines
    .split("\n")
    .flatMap(keysOn)
    .map((key) => key.trim().slice(0, LONGEST_KEY))
    .filter(Boolean);
  return [...new Set(keys)].slice(0, MOST_KEYS);
}

/** @param {LoreEntry[]} entries @returns {LoreEntry[]} as they stand: the lower order first */
export const inOrder = (entries) => entries.toSorted((a, b) => a.order - b.order);

/** @param {LoreEntry[]} entries @param {string} words @returns {LoreEntry[]} those that hold all of the words */
export function filtered(entries, words) {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return entries;
  return entries.filter(({ name, keys, text }) => {
    const all = [name, ...keys, text].join("\n").toLocaleLowerCase();
    return wanted.every((word) => all.includes(word));
  });
}

/** @param {LoreEntry} entry @returns {string} what it is called where it is listed */
export function nameOfEntry({ name, keys, text }) {
  const start = text.trim().split("\n")[0].slice(0, 40);
  return name.trim() || keys[0] || start || "A new entry";
}

/** @param {LoreEntry} entry @returns {string} when it is there */
export function callLine({ constant, keys }) {
  if (constant) return "Always there";
  return keys.length ? keys.join(", ") : "No keys yet";
}

/**
 * @param {LoreEntry} entry
 * @param {Context | null} context what the model would read, null where that is not known
 * @param {string[]} read ids of those that the run reads, for where it is not
 * @returns {{kind: "active" | "wrong" | "out" | "none", text: string}} what is to be known of it right now
 */
export function entryMark(entry, context, read) {
  const wrong = context?.wrong.find((one) => one.entry === entry.id);
  if (wrong) return { kind: "wrong", text: wrong.message };
  if (!entry.on) return { kind: "none", text: "" };
  const active = context?.active.find((one) => one.entry === entry.id);
  const isOut = context?.cut.lore.includes(entry.id);
  if (isOut) return { kind: "out", text: "Called, but the budget is full" };
  if (active) return { kind: "active", text: activeWords(active.key) };
  if (!context && read.includes(entry.id)) return { kind: "active", text: "Active" };
  return { kind: "none", text: "" };
}

/** @param {string | null} key */
export const activeWords = (key) => (key === null ? "Active" : `Active, by ${quoted(key)}`);

/** @param {string} key a pattern has its slashes already */
export const quoted = (key) => (/^\/.*\/i?$/.test(key) ? key : `“${key}”`);
