/**
 * What was changed in a story's memory and is not stored yet, and how changes come together. Pure.
 *
 * An entry's change says which of its fields were touched, so that what another window does to the others stays. It keeps
 * the whole entry too: one that was removed elsewhere in the meantime comes back with what was typed.
 */

/** @typedef {import("../protocol.js").Memory} Memory */
/** @typedef {import("../protocol.js").LoreEntry} LoreEntry */
/** @typedef {{whole: LoreEntry, touched: (keyof LoreEntry)[]}} EntryChange */
/** @typedef {{fields: Partial<Omit<Memory, "entries">>, entries: {[id: string]: EntryChange}, removed: string[]}} Change */

/** Of a message; its fields' names count too. */
const MOST_STRINGS = 20_000;
const STRINGS_OF_ENTRY = 12;

/** @returns {Change} */
export const noChange = () => ({ fields: {}, entries: {}, removed: [] });

/** @param {Change} change */
export const isEmpty = ({ fields, entries, removed }) =>
  !Object.keys(fields).length && !Object.keys(entries).length && !removed.length;

/** @param {Change["fields"]} fields @returns {Change} */
export const fieldsChanged = (fields) => ({ ...noChange(), fields });

/** @param {LoreEntry[]} entries new ones, or whole ones that come back @returns {Change} */
export function entriesAdded(entries) {
  const touched = (/** @type {LoreEntry} */ entry) =>
    /** @type {(keyof LoreEntry)[]} */ (Object.keys(entry));
  const changes = entries.map((whole) => [whole.id, { whole, touched: touched(whole) }]);
  return { ...noChange(), entries: Object.fromEntries(changes) };
}

/** @param {LoreEntry} entry as it was @param {Partial<LoreEntry>} fields @returns {Change} */
export function entryChanged(entry, fields) {
  const touched = /** @type {(keyof LoreEntry)[]} */ (Object.keys(fields));
  return { ...noChange(), entries: { [entry.id]: { whole: { ...entry, ...fields }, touched } } };
}

/** @param {string[]} removed @returns {Change} */
export const entriesRemoved = (removed) => ({ ...noChange(), removed });

/** @param {Change} earlier @param {Change} later @returns {Change} both, where they differ the later */
export function joined(earlier, later) {
  const gone = new Set(later.removed);
  const entries = { ...earlier.entries };
  for (const id of gone) delete entries[id];
  for (const [id, change] of Object.entries(later.entries)) {
    const before = entries[id];
    const touched = before ? [...new Set([...before.touched, ...change.touched])] : change.touched;
    const whole = before ? { ...before.whole, ...touchedOf(change) } : change.whole;
    entries[id] = { whole, touched };
  }
  const removed = [...new Set([...earlier.removed, ...later.removed])];
  return {
    fields: { ...earlier.fields, ...later.fields },
    entries,
    removed: removed.filter((id) => !(id in entries)),
  };
}

/** @param {Memory} memory @param {Change} change @returns {Memory} */
export function withChange(memory, change) {
  if (isEmpty(change)) return memory;
  const gone = new Set(change.removed);
  const known = new Set(memory.entries.map(({ id }) => id));
  const stay = memory.entries.filter(({ id }) => !gone.has(id));
  const added = Object.values(change.entries).filter(({ whole }) => !known.has(whole.id));
  const entries = [
    ...stay.map((entry) => {
      const own = change.entries[entry.id];
      return own ? { ...entry, ...touchedOf(own) } : entry;
    }),
    ...added.map(({ whole }) => whole),
  ];
  return { ...memory, ...change.fields, entries };
}

/**
 * @param {Change} change
 * @param {Memory} memory as the server has it
 * @returns {{patch: Partial<Memory>, removed?: string[]}} as the protocol wants it: whole entries, and none removed that is
 *   not there
 */
export function asPatch(change, memory) {
  const { entries } = withChange(memory, change);
  const touched = entries.filter(({ id }) => id in change.entries);
  const patch = touched.length ? { ...change.fields, entries: touched } : { ...change.fields };
  const removed = memory.entries.flatMap(({ id }) => (change.removed.includes(id) ? [id] : []));
  return removed.length ? { patch, removed } : { patch };
}

/**
 * @param {Change} change
 * @returns {[now: Change, later: Change]} what one message may hold, and the rest: a whole lorebook can be too much
 */
export function portioned(change) {
  let strings = change.removed.length;
  const all = Object.entries(change.entries);
  const fits = all.filter(([, { whole }]) => {
    strings += STRINGS_OF_ENTRY + whole.keys.length;
    return strings <= MOST_STRINGS;
  });
  if (fits.length === all.length) return [change, noChange()];
  const now = { ...change, entries: Object.fromEntries(fits) };
  const rest = all.filter(([id]) => !(id in now.entries));
  return [now, { ...noChange(), entries: Object.fromEntries(rest) }];
}

/** @param {import("../store.js").State} state @returns {Memory | null} as it is shown here */
export const shownMemory = ({ storedMemory, memoryChange }) =>
  storedMemory && withChange(storedMemory.memory, memoryChange);

/** @param {EntryChange} change @returns {Partial<LoreEntry>} */
const touchedOf = ({ whole, touched }) =>
  Object.fromEntries(touched.map((field) => [field, whole[field]]));
