import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldsChanged, noChange } from "../../../static/js/memory/changes.js";
import {
  chunks,
  cutLines,
  division,
  exactText,
  loreLines,
  pieceTitle,
  placeWords,
  withSigns,
} from "../../../static/js/memory/context.js";
import { costFace, isUnread, rereadWords, shareWords } from "../../../static/js/memory/costs.js";
import { emptyMemory } from "../../../static/js/memory/files.js";
import { newEntry } from "../../../static/js/memory/lore.js";
import { initialState } from "../../../static/js/store.js";

const piece = (origin, text, num_tokens, entry = null) => ({ origin, entry, text, num_tokens });

/** @returns {any} */
const context = (more = {}) => ({
  window: 2048,
  reserve: 200,
  used: 300,
  pieces: [
    piece("start", "<s>", 1),
    piece("memory", "Ada.\n", 9),
    piece("lore", "Blind.\n", 20, "a"),
    piece("story", "It was ", 200),
    piece("note", "Calm.\n", 10),
    piece("story", "lit.", 60),
  ],
  cut: { memory: 0, story: 0, lore: [] },
  active: [],
  wrong: [],
  reread: { tokens: 480, seconds: 0.62 },
  ...more,
});

/** @returns {any} */
const run = (more = {}) => ({
  id: "r",
  story: "s",
  state: "running",
  model: "m",
  memory_version: 3,
  ...more,
});

/** @returns {any} */
const state = (more = {}) => ({
  ...initialState(),
  server: "here",
  story: "s",
  models: [{ key: "m", name: "M", state: "ready", reason: "", info: { context: 2048 } }],
  defaultModel: "m",
  storedMemory: { memory: emptyMemory(), version: 4 },
  ...more,
});

const look = (run, more, unread = true) => ({ story: "s", run, unread, context: context(more) });
const cost = (more) => costFace(state(more));

test("a cost is said in tokens and time, and the time only where it is known", () => {
  assert.equal(rereadWords({ tokens: 480, seconds: 0.62 }), "480 tokens, about 0.6 s");
  assert.equal(rereadWords({ tokens: 1, seconds: 0.01 }), "1 token, at once");
  assert.equal(rereadWords({ tokens: 14_000, seconds: 7.4 }), "14,000 tokens, about 7 s");
  assert.equal(rereadWords({ tokens: 480, seconds: null }), "480 tokens");
});

test("a run that has not read what stands here says what reading it costs", () => {
  const unread = cost({ runs: [run()], seen: look("r") });
  assert.equal(
    unread.text,
    "The run has not read this yet. Reading it re-reads 480 tokens, about 0.6 s.",
  );
  assert.ok(unread.canRead);
  assert.match(cost({ runs: [run()] }).text, /not read this yet\.$/);
  assert.match(cost({ runs: [run()], seen: look(null) }).text, /not read this yet\.$/);
  const before = look("r", { reread: { tokens: 0, seconds: 0 } }, false);
  assert.match(cost({ runs: [run()], seen: before }).text, /not read this yet\.$/);
  const free = look("r", { reread: { tokens: 0, seconds: 0 } });
  assert.match(cost({ runs: [run()], seen: free }).text, /Nothing has to be read again/);
});

test("what is typed and not stored yet was not read either", () => {
  const read = [run({ memory_version: 4 })];
  assert.equal(cost({ runs: read }).text, "The run has read what stands here.");
  assert.ok(!isUnread(state({ runs: read })));
  assert.ok(isUnread(state({ runs: read, memoryChange: fieldsChanged({ text: "x" }) })));
  assert.ok(!isUnread(state({ runs: [run({ state: "ended" })] })));
  assert.ok(isUnread(state({ runs: [run({ state: "paused" })] })));
  assert.ok(!isUnread(state({ memoryChange: noChange() })));
});

test("a run that was told to read says so, and offers it no more", () => {
  const reading = cost({ runs: [run()], readingMemory: true });
  assert.deepEqual([reading.kind, reading.canRead], ["quiet", false]);
});

test("without a run it is said what the next Write reads, in every state of the model", () => {
  assert.equal(cost({ seen: look(null) }).text, "The next Write reads 480 tokens, about 0.6 s.");
  const nothing = look(null, { reread: { tokens: 0, seconds: 0 } });
  assert.match(cost({ seen: nothing }).text, /reads nothing again/);
  assert.match(cost({}).text, /Counting/);
  const model = (/** @type {string} */ is) => [
    { key: "m", name: "M", state: is, reason: "5 GB are needed.", info: null },
  ];
  assert.match(cost({ models: model("unloaded") }).text, /loads when you press Write/);
  assert.match(cost({ models: model("loading") }).text, /once the model is loaded/);
  assert.match(cost({ models: model("failed") }).text, /5 GB/);
  assert.match(cost({ models: model("unusable") }).text, /M can’t read this/);
  assert.match(cost({ models: [], defaultModel: null }).text, /No model is chosen/);
  assert.match(cost({ seenTrouble: "The worker died." }).text, /worker died/);
});

test("an absence and a refusal are said before anything else", () => {
  assert.match(cost({ server: "away", runs: [run()] }).text, /away; what you type is kept/);
  const refused = cost({ memoryTrouble: "The memory is too long.", runs: [run()] });
  assert.deepEqual([refused.kind, refused.text], ["error", "Not stored. The memory is too long."]);
});

test("the share is said in tokens of the model’s window", () => {
  const words = (/** @type {number} */ share, more = {}) => shareWords(state(more), share);
  const told = words(0.75, { seen: look(null) });
  assert.match(told, /1,386 of 1,848 tokens/);
  assert.match(told, /at most 462/);
  assert.match(words(1, { seen: look(null) }), /nothing is left/);
  assert.match(words(0.5), /1,024 of 2,048 tokens/);
  assert.match(words(0.5, { models: [] }), /At least 50 % of what the model reads/);
});

test("the window is divided without rest: read, kept for writing, free", () => {
  const parts = division(context());
  assert.deepEqual(
    parts.map(({ origin, tokens }) => [origin, tokens]),
    [
      ["start", 1],
      ["memory", 9],
      ["lore", 20],
      ["story", 260],
      ["note", 10],
      ["reserve", 200],
      ["free", 1548],
    ],
  );
  assert.equal(
    parts.reduce((sum, { tokens }) => sum + tokens, 0),
    2048,
  );
});

test("what was cut is said with the reason", () => {
  assert.deepEqual(cutLines(context(), 400), []);
  const cut = { memory: 12, story: 1204, lore: ["a", "b"] };
  const [story, memory, lore] = cutLines(context({ cut }), 400);
  assert.match(story, /1,204 tokens of the story .* 2,048 tokens at once/);
  assert.match(memory, /12 tokens of the memory/);
  assert.match(lore, /2 entries had no room: .* 400 tokens/);
});

test("entries that are there, left out or wrong are told apart, with their names", () => {
  const entries = [newEntry("a", { name: "Ada" }), newEntry("b", { name: "Vael" })];
  const told = loreLines(
    context({
      active: [
        { entry: "a", key: "pilot" },
        { entry: "b", key: null },
        { entry: "gone", key: "x" },
      ],
      cut: { memory: 0, story: 0, lore: ["b"] },
      wrong: [{ entry: "a", message: "Never closed." }],
    }),
    entries,
  );
  assert.deepEqual(
    told.map(({ title, line, kind }) => `${title}, ${line}, ${kind}`),
    [
      "Ada, called by “pilot”, active",
      "An entry that was removed, called by “x”, active",
      "Vael, called, but the budget is full, out",
      "Ada, Never closed., wrong",
    ],
  );
  assert.equal(pieceTitle(piece("lore", "", 1, "a"), entries), "Lore: Ada");
  assert.equal(pieceTitle(piece("story", "", 1), entries), "Story");
});

test("the exact text is copied letter by letter, signs are for looking only", () => {
  assert.equal(exactText(context()), "<s>Ada.\nBlind.\nIt was Calm.\nlit.");
  assert.equal(withSigns("a b\n\tc\u00a0"), "a·\u200bb↵\n⇥\tc⍽");
});

test("a long text is drawn in stretches that together are the text", () => {
  const prose = "A line of forty letters, more or less.\n".repeat(800);
  const oneLine = `${"x".repeat(9000)}\n${"\ud83d\ude00".repeat(4001)}`;
  for (const text of ["", prose, oneLine]) {
    const parts = chunks(text);
    assert.equal(parts.join(""), text);
    assert.ok(parts.slice(0, -1).every((part) => part.endsWith("\n")));
  }
  assert.ok(chunks(prose).every((part) => part.length <= 4000));
  assert.equal(chunks(oneLine).length, 2);
});

test("it is said for which place the text is, or why there is none", () => {
  const words = (more) => placeWords(state(more));
  assert.match(words({ seen: look(null) }), /Write now, at the end/);
  assert.match(words({ seen: look(null), caretAtEnd: false }), /at the caret/);
  assert.match(words({ seen: look("r"), runs: [run()] }), /run writes/);
  assert.match(words({ seen: look("r"), runs: [run({ state: "paused" })] }), /run rests/);
  assert.match(words({ seen: look("old"), runs: [run()] }), /again/);
  assert.match(words({ seen: look(null), server: "away" }), /away.*This is what it was/);
  assert.match(words({ models: [], defaultModel: null }), /No model/);
  assert.match(words({ seenTrouble: "The model did not load." }), /did not load/);
  const models = [
    { key: "m", name: "M", state: "loading", reason: "", info: null, progress: null },
  ];
  assert.match(words({ models }), /Loading the model/);
});
