import assert from "node:assert/strict";
import { test } from "node:test";

import {
  asPatch,
  entriesAdded,
  entriesRemoved,
  entryChanged,
  fieldsChanged,
  isEmpty,
  joined,
  noChange,
  portioned,
  withChange,
} from "../../../static/js/memory/changes.js";
import { WrongFile, emptyMemory, exported, imported } from "../../../static/js/memory/files.js";
import { Kept } from "../../../static/js/memory/kept.js";
import {
  asConstant,
  callLine,
  entryMark,
  filtered,
  inOrder,
  keysOf,
  nameOfEntry,
  newEntry,
} from "../../../static/js/memory/lore.js";

const entry = (id, more = {}) => newEntry(id, { name: id, ...more });
const memory = (more = {}) => ({ ...emptyMemory(), ...more });
const all = (...changes) => changes.reduce(joined, noChange());

test("only what was touched is sent, and entries whole", () => {
  const known = memory({ text: "Old", note: "Kept", entries: [entry("a"), entry("b")] });
  const change = all(
    fieldsChanged({ text: "New" }),
    entryChanged(known.entries[0], { text: "He is blind." }),
  );
  assert.deepEqual(asPatch(change, known), {
    patch: { text: "New", entries: [entry("a", { text: "He is blind." })] },
  });
  assert.deepEqual(asPatch(all(entriesRemoved(["b"])), known), { patch: {}, removed: ["b"] });
});

test("of two changes of one field the later stands, and different fields of an entry both do", () => {
  const one = entry("a");
  const change = all(
    entryChanged(one, { name: "Ada" }),
    entryChanged(one, { text: "A pilot." }),
    entryChanged(one, { text: "A pilot’s daughter." }),
  );
  const { entries } = withChange(memory({ entries: [one] }), change);
  assert.deepEqual(entries, [entry("a", { name: "Ada", text: "A pilot’s daughter." })]);
});

test("what another window did to other fields of the same entry stays", () => {
  const change = entryChanged(entry("a"), { name: "Mine" });
  const theirs = memory({ note: "Theirs", entries: [entry("a", { text: "Theirs" })] });
  const now = withChange(theirs, change);
  assert.equal(now.note, "Theirs");
  assert.deepEqual(now.entries, [entry("a", { name: "Mine", text: "Theirs" })]);
});

test("an entry that another window removed comes back with what was typed into it", () => {
  const change = entryChanged(entry("a", { keys: ["lamp"] }), { text: "Typed" });
  const whole = entry("a", { keys: ["lamp"], text: "Typed" });
  assert.deepEqual(withChange(memory(), change).entries, [whole]);
  assert.deepEqual(asPatch(change, memory()).patch, { entries: [whole] });
});

test("an entry that the server never had, or has no more, is not removed there", () => {
  const change = all(entriesAdded([entry("new")]), entriesRemoved(["new", "b"]));
  assert.deepEqual(asPatch(change, memory({ entries: [entry("b")] })).removed, ["b"]);
  assert.deepEqual(asPatch(change, memory()), { patch: {} });
});

test("a lorebook that is too much for one message is sent in portions, and nothing twice", () => {
  const keys = Array.from({ length: 50 }, (_, number) => `key${number}`);
  const many = Array.from({ length: 1000 }, (_, number) => entry(`e${number}`, { keys }));
  const whole = all(entriesAdded(many), entriesRemoved(["old"]), fieldsChanged({ text: "T" }));
  const sent = [];
  let waiting = whole;
  while (!isEmpty(waiting)) {
    const [now, later] = portioned(waiting);
    assert.ok(Object.keys(now.entries).length <= 20_000 / 62);
    sent.push(now);
    waiting = later;
  }
  assert.ok(sent.length > 2);
  assert.deepEqual(all(...sent), whole);
  assert.deepEqual(portioned(fieldsChanged({ note: "x" })), [
    fieldsChanged({ note: "x" }),
    noChange(),
  ]);
});

test("removing after changing sends the removal alone, and Undo the entry again", () => {
  const one = entry("a");
  const removed = all(entryChanged(one, { name: "B" }), entriesRemoved(["a"]));
  assert.deepEqual(removed, entriesRemoved(["a"]));
  const back = joined(removed, entriesAdded([one]));
  assert.deepEqual(back.removed, []);
  assert.deepEqual(withChange(memory({ entries: [one] }), back).entries, [one]);
  assert.deepEqual(withChange(memory(), back).entries, [one]);
});

test("nothing changed is nothing to send", () => {
  assert.ok(isEmpty(noChange()));
  assert.ok(isEmpty(all(noChange(), fieldsChanged({}))));
  const known = memory();
  assert.equal(withChange(known, noChange()), known);
});

/** As much of `localStorage` as is used: its keys are its own properties. */
function storage() {
  const made = {};
  const hidden = (value) => ({ value, enumerable: false });
  return Object.defineProperties(made, {
    setItem: hidden((key, value) => void (made[key] = value)),
    getItem: hidden((key) => made[key] ?? null),
    removeItem: hidden((key) => void delete made[key]),
  });
}

test("what could not be sent is taken over by the window that opens the story next, once", () => {
  const here = storage();
  new Kept(here, "one").keep("s", fieldsChanged({ text: "Typed while away" }));
  new Kept(here, "one").keep("other", fieldsChanged({ text: "Of another story" }));
  const next = new Kept(here, "two");
  assert.deepEqual(next.takeOver("s"), fieldsChanged({ text: "Typed while away" }));
  assert.ok(isEmpty(next.takeOver("s")));
  assert.deepEqual(next.takeOver("other").fields, { text: "Of another story" });
});

test("a browser that keeps nothing, or nonsense, does no harm", () => {
  const full = { ...storage(), setItem: () => assert.fail("quota"), removeItem: () => {} };
  new Kept(full, "one").keep("s", fieldsChanged({ text: "x" }));
  const odd = storage();
  odd.setItem("storygen.memory.s.one", "{not json");
  assert.ok(isEmpty(new Kept(odd, "two").takeOver("s")));
});

test("keys are lines or stand between commas, without blanks and repeats; a pattern is one key", () => {
  assert.deepEqual(keysOf("lamp, sea  gull,\n، باب,lamp"), ["lamp", "sea  gull", "باب"]);
  assert.deepEqual(keysOf(" /la{1,2}mp, x/i\nsea"), ["/la{1,2}mp, x/i", "sea"]);
  assert.deepEqual(keysOf(" lamp \n\n/har+bour/i\nlamp\n"), ["lamp", "/har+bour/i"]);
  assert.equal(keysOf(Array.from({ length: 80 }, (_, n) => `k${n}`).join("\n")).length, 50);
  assert.equal(keysOf("x".repeat(300))[0].length, 200);
});

test("an entry that becomes constant goes before the story, unless it was put elsewhere", () => {
  assert.deepEqual(asConstant(entry("a"), true), { constant: true, depth: null });
  assert.deepEqual(asConstant(entry("a", { depth: 9 }), true), { constant: true });
  const constant = entry("a", { constant: true, depth: null });
  assert.deepEqual(asConstant(constant, false), { constant: false, depth: 4 });
});

test("the list stands in order, and is found by name, key or text", () => {
  const list = [entry("late", { order: 200 }), entry("first", { order: -1, keys: ["Ferry"] })];
  assert.deepEqual(inOrder(list)[0].id, "first");
  assert.deepEqual(
    filtered(list, " ferr FIRST ").map(({ id }) => id),
    ["first"],
  );
  assert.equal(filtered(list, "  "), list);
  assert.deepEqual(filtered(list, "whale"), []);
});

test("an entry has a name to be listed by, whatever it lacks", () => {
  assert.equal(nameOfEntry(newEntry("a", { name: " Ada " })), "Ada");
  assert.equal(nameOfEntry(newEntry("a", { keys: ["lamp"] })), "lamp");
  assert.equal(nameOfEntry(newEntry("a", { text: "Blind.\nOld." })), "Blind.");
  assert.equal(nameOfEntry(newEntry("a")), "A new entry");
  assert.equal(callLine(newEntry("a")), "No keys yet");
  assert.equal(callLine(newEntry("a", { constant: true, keys: ["x"] })), "Always there");
});

test("an entry says whether it is active, by which key, or why not", () => {
  const context = {
    active: [
      { entry: "a", key: "lamp" },
      { entry: "b", key: null },
      { entry: "c", key: "x" },
      { entry: "p", key: "/har+/i" },
    ],
    cut: { memory: 0, story: 0, lore: ["c"] },
    wrong: [{ entry: "d", message: "It never ends." }],
  };
  const mark = (id, more = {}) => entryMark(entry(id, more), context, []);
  assert.deepEqual(mark("a"), { kind: "active", text: "Active, by “lamp”" });
  assert.deepEqual(mark("b"), { kind: "active", text: "Active" });
  assert.deepEqual(mark("p"), { kind: "active", text: "Active, by /har+/i" });
  assert.equal(mark("c").kind, "out");
  assert.deepEqual(mark("d"), { kind: "wrong", text: "It never ends." });
  assert.equal(mark("a", { on: false }).kind, "none");
  assert.equal(mark("e").kind, "none");
  assert.equal(entryMark(entry("a"), null, ["a"]).kind, "active");
});

// ------------------------------------------------------------------ files

let ids = 0;
const read = (/** @type {unknown} */ file) =>
  imported(typeof file === "string" ? file : JSON.stringify(file), () => `new${(ids += 1)}`);
const told = (memory) => ({ storygen_memory: 1, memory });

test("a memory that was saved as a file is the same when it is opened, under new ids", () => {
  const one = memory({
    text: "Ada.",
    note: "Calm.",
    note_lines: 0,
    share: 0.5,
    lore_budget: 0,
    entries: [
      entry("a", { keys: ["/x/i"], text: "T", order: -3, depth: 0, on: false }),
      entry("b", { constant: true, depth: null }),
    ],
  });
  const back = read(exported(one));
  const withoutIds = ({ entries, ...rest }) => ({
    ...rest,
    entries: entries.map(({ id: _, ...fields }) => fields),
  });
  assert.deepEqual(withoutIds(back), withoutIds(one));
  assert.notEqual(back.entries[0].id, "a");
  assert.notEqual(back.entries[0].id, back.entries[1].id);
});

test("what a file leaves out has its usual value", () => {
  const { entries, ...rest } = read(told({ entries: [{ name: "Ada" }, { constant: true }] }));
  const { entries: _, ...usual } = emptyMemory();
  assert.deepEqual(rest, usual);
  assert.deepEqual(
    entries.map(({ on, depth, order }) => [on, depth, order]),
    [
      [true, 4, 100],
      [true, null, 100],
    ],
  );
});

test("a file that is something else is refused with what is wrong and where", () => {
  const wrong = (file, words) =>
    assert.throws(
      () => read(file),
      (error) => error instanceof WrongFile && words.test(error.message),
    );
  wrong("not json", /no JSON/);
  wrong("[]", /storygen_memory/);
  wrong({ entries: [] }, /storygen_memory/);
  wrong({ storygen_memory: 2, memory: {} }, /newer StoryGen/);
  wrong({ storygen_memory: 1 }, /“memory” is missing/);
  wrong(told({ text: 7 }), /The memory is no text/);
  wrong(told({ text: "x".repeat(100_001) }), /longer than 100000/);
  wrong(told({ note_lines: 1.5 }), /“note_lines” should be a whole number from 0 to 100/);
  wrong(told({ share: 0 }), /“share” should be a number from 0.1 to 1/);
  wrong(told({ entries: {} }), /“entries” is no list/);
  wrong(told({ entries: ["x"] }), /Entry 1 is no entry/);
  wrong(told({ entries: [{}, { keys: "lamp" }] }), /Entry 2: its keys are no list/);
  wrong(told({ entries: [{ order: "high" }] }), /Entry 1: “order”/);
  wrong(told({ entries: [{ depth: 101 }] }), /Entry 1: “depth”/);
  wrong(told({ entries: Array(1001).fill({}) }), /1001 entries; 1000 are the most/);
});

test("line ends and marks of other systems do no harm", () => {
  assert.equal(read(`\ufeff${JSON.stringify(told({ text: "a\r\nb\rc" }))}`).text, "a\nb\nc");
});
