import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  isOn,
  isSought,
  mainOf,
  moved,
  ofTheRun,
  orderOf,
  orderValue,
  samplersOf,
  summary,
  switchedOff,
  switchedOn,
} from "../../../static/js/sampling/chain.js";
import {
  barsOf,
  fullLength,
  inWords,
  shareText,
} from "../../../static/js/sampling/distribution.js";
import { foundWrong, pictureFace } from "../../../static/js/sampling/faces.js";
import { Looking } from "../../../static/js/sampling/looking.js";
import { USUAL } from "../../../static/js/sampling/names.js";
import {
  curveOf,
  readNumber,
  readPhrase,
  readString,
  readToken,
  tokenText,
  visible,
} from "../../../static/js/sampling/values.js";
import { initialState } from "../../../static/js/store.js";

const golden = new URL("../../protocol/golden/hello.json", import.meta.url);
/** @type {{parameters: any[], presets: any[]}} */
const { parameters, presets } = JSON.parse(readFileSync(golden, "utf-8"));
const balanced = presets.find(({ name }) => name === "Balanced").params;
const untouched = presets.find(({ name }) => name === "Untouched").params;
const samplers = samplersOf(parameters);
/** @param {string} name @returns {any} */
const sampler = (name) => samplers.find((one) => one.name === name);

// -------------------------------------------------------------------- samplers

test("every parameter belongs to one sampler, to the run, or is the order", () => {
  const inChain = samplers.flatMap((one) => one.parameters.map(({ name }) => name));
  const ofRun = ofTheRun(parameters).map(({ name }) => name);
  const all = [...inChain, ...ofRun, "sampler_order"].sort();
  assert.deepEqual(all, parameters.map(({ name }) => name).sort());
  assert.deepEqual(
    sampler("dry").parameters.map((/** @type {any} */ one) => one.name),
    ["dry_multiplier", "dry_base", "dry_allowed_length", "dry_range", "dry_breakers"],
  );
});

test("a parameter that no sampler brings and the run doesn't either is a row of its own", () => {
  const brought = { ...parameters[0], name: "calm", sampler: null, kind: "strings", title: "Calm" };
  const [row] = samplersOf([...parameters, brought]).filter(({ name }) => name === brought.name);
  assert.deepEqual([row.title, row.movable, row.first], ["Calm", false, false]);
  const later = { ...brought, name: "heat", sampler: "heat", title: "Heat" };
  const known = samplersOf([...parameters, later]);
  assert.equal(known.at(-1)?.title, "Heat");
});

test("only the grammar stands before all those that can be moved", () => {
  assert.deepEqual(
    samplers.filter(({ movable }) => !movable).map(({ name, first }) => [name, first]),
    [
      ["grammar", true],
      ["banned_strings", false],
    ],
  );
});

test("a sampler is off where its switches are neutral, whatever its other parameters say", () => {
  const on = samplers.filter((one) => isOn(one, balanced)).map(({ name }) => name);
  assert.deepEqual(on, ["repetition", "temperature", "min_p"]);
  assert.deepEqual(
    samplers.filter((one) => isOn(one, untouched)),
    [],
  );
  assert.ok(!isOn(sampler("dry"), { ...untouched, dry_base: 3, dry_range: 100 }));
  assert.ok(isOn(sampler("frequency"), { ...untouched, frequency_penalty: 0.1 }));
  assert.ok(isOn(sampler("dynamic_temperature"), { ...untouched, dynatemp_low: 0.5 }));
});

test("switching off and on again brings back what stood there, and leaves the rest alone", () => {
  const params = { ...untouched, repetition_penalty: 1.3, repetition_range: 64 };
  const off = { ...params, ...switchedOff(sampler("repetition")) };
  assert.deepEqual([off.repetition_penalty, off.repetition_range], [1, 64]);
  const on = switchedOn(sampler("repetition"), { repetition_penalty: 1.3 });
  assert.deepEqual(on, { repetition_penalty: 1.3 });
});

test("one that was never on begins at a usual value, which switches it on", () => {
  for (const one of samplers) {
    const after = { ...untouched, ...switchedOn(one) };
    const isList = one.parameters.some(({ kind }) => kind !== "number" && kind !== "integer");
    assert.ok(isOn(one, after) || (isList && mainOf(one) === null), one.name);
  }
  for (const [name, value] of Object.entries(USUAL)) {
    const { low, high } = parameters.find((one) => one.name === name);
    assert.ok(low <= value && value <= high, name);
  }
  assert.deepEqual(switchedOn(sampler("top_k"), { top_k: 0 }), { top_k: 40 });
});

test("in short a sampler says its values", () => {
  assert.equal(mainOf(sampler("temperature"))?.name, "temperature");
  assert.equal(mainOf(sampler("frequency")), null);
  const params = { ...untouched, presence_penalty: 0.3, banned_tokens: ["a", 5] };
  assert.equal(summary(sampler("frequency"), params), "0.3");
  assert.equal(summary(sampler("banned_tokens"), params), "2");
  const dynamic = { ...untouched, dynatemp_low: 0.5, dynatemp_exponent: 2 };
  assert.equal(summary(sampler("dynamic_temperature"), dynamic), "0.5");
});

test("a sampler is found by its name, by what others call it, and by what it does", () => {
  const found = (/** @type {string} */ typed) =>
    samplers.filter((one) => isSought(one, typed)).map(({ name }) => name);
  assert.deepEqual(found("nucleus"), ["top_p"]);
  assert.deepEqual(found("TFS"), ["tail_free"]);
  assert.deepEqual(found("top_k"), ["top_k"]);
  assert.ok(found("repeat").includes("dry"));
  assert.equal(found("").length, samplers.length);
  assert.deepEqual(found("zzz"), []);
});

// -------------------------------------------------------------------- order

const order = orderOf(parameters, untouched);

test("the order names every sampler, the grammar first", () => {
  assert.equal(order.length, samplers.length);
  assert.equal(order[0], "grammar");
  assert.equal(orderOf(parameters, { ...untouched, sampler_order: ["xtc"] })[1], "xtc");
});

test("moving one among those in sight leaves the others where they are", () => {
  const shown = ["repetition", "temperature", "min_p"];
  const changed = moved(order, shown, "min_p", 0);
  assert.deepEqual(
    changed.filter((name) => shown.includes(name)),
    ["min_p", "repetition", "temperature"],
  );
  const rest = (/** @type {string[]} */ all) => all.filter((name) => !shown.includes(name));
  assert.deepEqual(rest(changed), rest(order));
  assert.deepEqual(moved(order, shown, "min_p", 9), order);
  assert.deepEqual(moved(changed, ["min_p", "repetition", "temperature"], "min_p", 2), order);
});

test("the order is sent as the shortest list that says it, and the usual one as none", () => {
  assert.deepEqual(orderValue(parameters, order), []);
  const shown = ["repetition", "temperature", "min_p"];
  const changed = moved(order, shown, "temperature", 0);
  const value = orderValue(parameters, changed);
  assert.deepEqual(orderOf(parameters, { ...untouched, sampler_order: value }), changed);
  assert.ok(value.length < changed.length && !value.includes("grammar"));
});

// -------------------------------------------------------------------- values

test("a number that can't be is answered with the range, a comma is a point", () => {
  const bounds = { low: 0, high: 5 };
  assert.deepEqual(readNumber("1,35", bounds), { value: 1.35, problem: "" });
  for (const typed of ["", "hot", "5.1", "-1", "1e9", "NaN"])
    assert.equal(readNumber(typed, bounds).problem, "Type a number from 0 to 5.");
  const whole = { low: 0, high: 20, kind: "integer" };
  assert.equal(readNumber("1.5", whole).problem, "Type a whole number from 0 to 20.");
});

test("a token is typed as a text or as # and its number", () => {
  assert.deepEqual(readToken("#12", []), { token: 12, problem: "" });
  assert.deepEqual(readToken(" the", []), { token: " the", problem: "" });
  assert.deepEqual(readToken("12", []), { token: "12", problem: "" });
  assert.equal(readToken("", []).problem, "Type a word, or # and a token’s number.");
  assert.equal(readToken("#12", [12]).problem, "It is in the list already.");
  assert.match(readToken("x".repeat(201), []).problem, /At most 200 signs; this has 201/);
  assert.match(readToken("x", Array(500).fill("y")).problem, /full: it holds 500/);
});

test("a line break is typed as \\n and shown as a sign", () => {
  const bounds = { high: 16, step: 100 };
  assert.deepEqual(readString("\\n\\n", [], bounds), { text: "\n\n", problem: "" });
  assert.equal(readString("a\\\\n", [], bounds).text, "a\\n");
  assert.match(readString("🙂".repeat(101), [], bounds).problem, /this has 101/);
  assert.equal(readPhrase("once upon", ["once upon"]).problem, "It is in the list already.");
  assert.equal(visible(" a  b\n\t"), "␣a␣␣b↵⇥");
  assert.equal(visible("two words"), "two words");
  assert.equal(visible("\u0000\u00a0"), "⟨0⟩⟨A0⟩");
  assert.equal(tokenText(7), "#7");
});

test("a slider reaches every value of its range, and comes back to where it was set", () => {
  for (const parameter of parameters) {
    if (!["number", "integer", "biases", "phrases"].includes(parameter.kind)) continue;
    const { low, high, step, default: usual, name } = parameter;
    const { toShare, toValue } = curveOf(parameter);
    assert.deepEqual([toValue(0), toValue(1)], [low, high], name);
    const value = Array.isArray(usual) ? 1 : usual;
    assert.ok(Math.abs(toValue(toShare(value)) - value) < step / 2, name);
  }
  assert.equal(curveOf({ low: -100, high: 100, step: 0.1 }).toShare(0), 0.5);
});

// -------------------------------------------------------------------- the picture

/** @param {[string | null, number, number][]} rows text, before, after @returns {any} */
const look = (rows) => ({
  tokens: rows.map(([text, before, after], id) => [
    id,
    text,
    Math.log(before),
    after,
    0,
    0,
    text ?? "<end>",
  ]),
});

test("the picture says how many can come and what the likeliest takes", () => {
  const some = barsOf(look([[" lit", 0.4, 0.69], ["\n", 0.3, 0.31], [null, 0.2, 0]])); // prettier-ignore
  assert.deepEqual(
    some.map(({ shown }) => shown),
    ["␣lit", "↵", "<end>"],
  );
  assert.equal(
    inWords(some, 49152),
    "After this chain 2 of 49,152 tokens can come; the likeliest takes 69 %.",
  );
  const wide = barsOf(look([[" lit", 0.4, 0.4], [" dim", 0.3, 0.3]])); // prettier-ignore
  assert.match(inWords(wide, undefined), /more than 2 tokens can come; .* these 2 hold 70 %/);
  const sure = barsOf(look([[" lit", 0.4, 1], [" dim", 0.3, 0]])); // prettier-ignore
  assert.equal(inWords(sure, 100), "After this chain only one of 100 tokens can come.");
  assert.match(inWords(barsOf(look([[" lit", 0.4, 0]])), 100), /none of these 1/);
  assert.equal(inWords([], 100), "");
});

test("bars are as long as can be told apart, on few scales", () => {
  assert.equal(fullLength(barsOf(look([["a", 0.2, 0.31]]))), 0.5);
  assert.equal(fullLength([]), 0.05);
  assert.deepEqual([0, 0.0004, 0.0312, 0.314, 1].map(shareText), [
    "–",
    "< 0.1 %",
    "3.1 %",
    "31 %",
    "100 %",
  ]);
});

const model = { key: "m", name: "Small", state: "ready", reason: "", info: null };
/** @param {object} more @returns {any} */
const here = (more) => ({
  ...initialState(),
  server: "here",
  story: "s",
  models: [model],
  defaultModel: "m",
  ...more,
});

test("why there is no picture is said in words, and a model is loaded only when asked", () => {
  assert.deepEqual(pictureFace(here({})), { can: true, words: "", load: false });
  const unloaded = pictureFace(here({ models: [{ ...model, state: "unloaded" }] }));
  assert.deepEqual(unloaded, { can: false, words: "Small is not loaded yet.", load: true });
  assert.match(pictureFace(here({ server: "away" })).words, /away/);
  assert.match(pictureFace(here({ models: [] })).words, /No model/);
  const loading = { ...model, state: "loading", progress: null };
  assert.equal(pictureFace(here({ models: [loading] })).words, "Loading the model…");
  const run = { id: "r", state: "running" };
  assert.equal(pictureFace(here({ runs: [run] })).words, "Waits while the model writes.");
  assert.ok(pictureFace(here({ runs: [{ ...run, state: "paused" }] })).can);
});

test("what a run found wrong with a grammar stands at the grammar while it is the same", () => {
  const message = "The grammar is broken in line 1, column 3: a name.";
  const params = { ...untouched, grammar: "root" };
  const run = { id: "r", state: "ended", reason: "failed", message, params };
  const state = here({ runs: [run] });
  assert.equal(foundWrong(state, sampler("grammar"), params, null), message);
  assert.equal(foundWrong(state, sampler("grammar"), { ...params, grammar: "new" }, null), "");
  assert.equal(foundWrong(state, sampler("dry"), params, null), "");
  assert.equal(foundWrong(here({}), sampler("grammar"), params, { message, params }), message);
});

test("a token that the model lacks is named at the list that it is in", () => {
  const params = { ...untouched, banned_tokens: [99999], logit_bias: [["a", 1]] };
  const message = "banned_tokens: there is no token 99999; this model’s go to 99.";
  const set = { cards: [{ reason: "failed", message, params: null }], params };
  const state = here({ sets: [set] });
  assert.equal(
    foundWrong(state, sampler("banned_tokens"), params, null),
    "There is no token 99999; this model’s go to 99.",
  );
  assert.equal(foundWrong(state, sampler("logit_bias"), params, null), "");
});

/** @returns {any} a Looking whose answers and timers are in the test's hands */
function staged() {
  /** @type {(() => void)[]} */
  const timers = [];
  /** @type {any} */
  const made = { asked: [], answers: [], seen: [], refused: [] };
  made.looking = new Looking(
    (asked) => {
      made.asked.push(asked);
      return new Promise((answer, refuse) => made.answers.push({ answer, refuse }));
    },
    {
      seen: (seen) => made.seen.push(seen),
      refused: (error, asked) => made.refused.push([error.message, asked]),
    },
    (then) => timers.push(then),
  );
  made.rest = () => timers.splice(0).forEach((then) => then());
  made.turn = () => new Promise((then) => setImmediate(then));
  return made;
}

test("only what was wanted last is looked at, once the hand rests", () => {
  const { looking, asked, rest } = staged();
  looking.want("one");
  looking.want("two");
  assert.deepEqual(asked, []);
  rest();
  assert.deepEqual(asked, ["two"]);
});

test("a second look waits for the first, whose answer is not shown any more", async () => {
  const { looking, asked, answers, seen, rest, turn } = staged();
  looking.want("one");
  rest();
  looking.want("two");
  looking.want("three");
  rest();
  assert.deepEqual(asked, ["one"]);
  answers[0].answer("of one");
  await turn();
  rest();
  assert.deepEqual([asked, seen], [["one", "three"], []]);
  answers[1].answer("of three");
  await turn();
  assert.deepEqual(seen, ["of three"]);
});

test("after a stop nothing is looked at or shown; a refusal says what was asked", async () => {
  const { looking, asked, answers, seen, refused, rest, turn } = staged();
  looking.want("one");
  looking.stop();
  rest();
  assert.deepEqual(asked, []);
  looking.want("two");
  rest();
  answers[0].refuse(new Error("no"));
  await turn();
  assert.deepEqual(refused, [["no", "two"]]);
  looking.want("three");
  rest();
  looking.stop();
  answers[1].answer("late");
  await turn();
  assert.deepEqual(seen, []);
});
