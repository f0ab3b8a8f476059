import assert from "node:assert/strict";
import { test } from "node:test";

import {
  dealt,
  drawnWords,
  drawsTokens,
  expectedWords,
  fateWishes,
  isFate,
  isHidden,
  pickerWords,
  rangeProblem,
  rangesLine,
} from "../../../static/js/candidates/fate.js";
import { SinceShown } from "../../../static/js/candidates/since_shown.js";
import { reasonNotToAskSeveral, wishes } from "../../../static/js/candidates/faces.js";

const PLAIN = /** @type {any} */ ({
  ranges: {
    temperature: { scale: "uniform", low: 0.5, high: 1.3 },
    max_tokens: { scale: "log", low: 20, high: 120 },
    top_p: { scale: "fixed", low: 0.8, high: 1 },
  },
  couplings: [{ driver: "max_tokens", driven: "temperature", strength: 0.5 }],
});
const TEMPERATURE = /** @type {any} */ ({
  name: "temperature",
  title: "Temperature",
  low: 0,
  high: 5,
});

/** @param {object} fate @param {number} taken */
const setOf = (fate, taken = 0) => {
  const card = { id: "a", params: { temperature: 0.7, max_tokens: 1200, top_p: 0.9 }, taken };
  const fated = { step: 2, policy: "random", drawn: ["temperature", "max_tokens"], ...fate };
  return /** @type {any} */ ({ fate: fated, cards: [card] });
};

test("fate deals two to nine, and a search is no fate", () => {
  assert.deepEqual([dealt(1), dealt(5), dealt(20)], [2, 5, 9]);
  assert.equal(isFate({ candidate_spread: "fate" }), true);
  assert.equal(isFate({ candidate_spread: "fate", candidate_beams: 5 }), false);
  assert.equal(wishes({ candidate_spread: "fate", num_candidates: 20 }).num, 9);
});

test("unless told otherwise it draws blindly, by chance, within the server's ranges", () => {
  assert.deepEqual(fateWishes({}, PLAIN), { policy: "random", blind: true, ranges: PLAIN });
  const own = /** @type {any} */ ({ ranges: {}, couplings: [] });
  const wished = fateWishes({ fate_blind: false, fate_policy: "bandit", fate_ranges: own }, PLAIN);
  assert.deepEqual(wished, { policy: "bandit", blind: false, ranges: own });
});

test("what was drawn is hidden until something was taken of the set", () => {
  const set = setOf({ blind: true });
  assert.equal(isHidden(set), true);
  assert.equal(drawnWords(set.cards[0], set, [TEMPERATURE]), "");
  const taken = setOf({ blind: true }, 4);
  assert.equal(isHidden(taken), false);
  assert.match(drawnWords(taken.cards[0], taken, [TEMPERATURE]), /^Temperature 0\.7 · max_tokens/);
  assert.equal(isHidden(setOf({ blind: false })), false);
  assert.equal(drawnWords(set.cards[0], /** @type {any} */ ({ cards: [] }), []), "");
});

test("several hands one after another are refused with the reason", () => {
  const state = /** @type {any} */ ({ settings: { candidate_spread: "fate" } });
  assert.match(reasonNotToAskSeveral(state), /you choose in between/);
});

test("a range says what is wrong with it", () => {
  const problem = (/** @type {any} */ range) => rangeProblem(range, TEMPERATURE);
  assert.equal(problem({ scale: "uniform", low: 0.5, high: 1 }), "");
  assert.match(problem({ scale: "uniform", low: 2, high: 1 }), /above/);
  assert.match(problem({ scale: "uniform", low: 0, high: 9 }), /From 0 to 5/);
  assert.match(problem({ scale: "log", low: 0, high: 1 }), /above 0/);
  assert.equal(problem({ scale: "fixed", low: 2, high: 1 }), "");
});

test("ranges in short", () => {
  assert.equal(rangesLine(PLAIN), "2 parameters drawn, 1 coupling");
  assert.equal(rangesLine({ ...PLAIN, couplings: [] }), "2 parameters drawn");
  assert.equal(drawsTokens({}, PLAIN), true);
});

test("the time of a choice begins with the first letter, and is not known of what was there before", () => {
  let now = 1000;
  const since = new SinceShown(() => now);
  const set = (/** @type {string} */ state, /** @type {number} */ num) =>
    /** @type {any} */ ({ id: "s", state, cards: [{ tokens: Array(num).fill([1, "a", 0]) }] });
  since.sees([set("writing", 0)]);
  now = 3000;
  since.sees([set("writing", 1)]);
  now = 5500;
  since.sees([set("ended", 9)]);
  assert.equal(since.secondsOf("s"), 2.5);
  since.sees([]);
  assert.equal(since.secondsOf("s"), null);
  since.sees([set("ended", 9)]);
  assert.equal(since.secondsOf("s"), null);
});

test("the card that is expected says why, and the others nothing", () => {
  const set = /** @type {any} */ ({ id: "s" });
  const expected = { s: { candidate: "a", probability: 0.624, reasons: ["longer", "calmer"] } };
  const words = (/** @type {string} */ id) =>
    expectedWords(/** @type {any} */ ({ id }), set, expected);
  assert.equal(words("a"), "Expected, 62 %: longer, calmer");
  assert.equal(words("b"), "");
  assert.equal(expectedWords(/** @type {any} */ ({ id: "a" }), set, {}), "");
});

test("what was learned is said, or why not", () => {
  const none = { learned: false, report: null, learning: null, problem: "", by_itself: true };
  assert.match(pickerWords(none), /Nothing was learned yet/);
  assert.equal(pickerWords({ ...none, problem: "23 more." }), "23 more.");
  const learning = { stage: "measuring", done: 3, of: 9 };
  assert.equal(pickerWords({ ...none, problem: "old", learning }), "Learning, 3 of 9");
  const seeing = { ...learning, stage: "seeing" };
  assert.equal(pickerWords({ ...none, learning: seeing }), "Learning: the model reads, set 3 of 9");
  const report = { sentence: "In 60 %.", num_sets: 40 };
  assert.equal(pickerWords({ ...none, learned: true, report }), "In 60 %.");
});
