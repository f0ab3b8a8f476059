import assert from "node:assert/strict";
import { test } from "node:test";

import { fileDay } from "../../../static/js/preferences/files.js";
import { numPlaces, slotsOf } from "../../../static/js/preferences/groups.js";
import {
  domainOf,
  highestShare,
  labelEvery,
  placeIn,
  reachOf,
  sharesOf,
  tickText,
  ticksOf,
} from "../../../static/js/preferences/scales.js";
import {
  FEWEST_CHOICES,
  bestWords,
  differenceWords,
  digitsOf,
  fewWords,
  isClear,
  leadWords,
  meansWords,
  missing,
  passedWords,
  sameWords,
  takenShare,
} from "../../../static/js/preferences/words.js";

const side = (num, mean, quantiles = [mean, mean, mean, mean, mean]) => ({
  num,
  weight: num,
  mean,
  quantiles,
});
const bins = (edges, scale = "uniform") => ({
  scale,
  edges,
  chosen: edges.slice(1).map((_, at) => at),
  rejected: edges.slice(1).map(() => 2),
});
const parameter = (fields = {}) => ({
  name: "temperature",
  chosen: side(40, 0.7),
  rejected: side(120, 0.91),
  difference: { value: -0.21, low: -0.3, high: -0.1 },
  best: null,
  bins: bins([0.5, 0.7, 0.9, 1.1]),
  shrunk: null,
  ...fields,
});
const group = (num_sets, num_without_choice, fields = {}) => ({
  num_sets,
  num_stories: 3,
  num_without_choice,
  mean_taken: 0.5,
  parameters: {},
  ...fields,
});

test("a clear preference is told with what it lies between", () => {
  assert.equal(
    differenceWords("temperature", parameter(), "you"),
    "You took cooler ones: 0.21 lower, 0.10 to 0.30 lower, than what you passed over.",
  );
  const longer = { value: 27.13, low: 23.6, high: 30.6 };
  assert.equal(
    differenceWords("max_tokens", parameter({ difference: longer }), "they"),
    "They took longer ones: 27 higher, 24 to 31 higher, than what they passed over.",
  );
  assert.ok(isClear(parameter()));
});

test("nothing is concluded from an interval with 0 in it, without ends, or of few choices", () => {
  const words = (fields) => differenceWords("temperature", parameter(fields), "you");
  const around = { difference: { value: -0.04, low: -0.12, high: 0.04 } };
  assert.equal(
    words(around),
    "No clear preference yet: between 0.12 lower and 0.04 higher than what you passed over.",
  );
  const open = { difference: { value: -0.2, low: null, high: null } };
  assert.equal(words(open), "No clear preference yet.");
  assert.equal(
    words({ difference: null }),
    "Cards of one set never differed in this, so nothing can be said.",
  );
  const few = { chosen: side(FEWEST_CHOICES - 1, 0.7) };
  assert.equal(words(few), "Too early to say: 1 more choice.");
  assert.equal(words({ chosen: null }), `Too early to say: ${FEWEST_CHOICES} more choices.`);
  for (const fields of [around, open, { difference: null }, few, { chosen: null }])
    assert.equal(isClear(parameter(fields)), false);
});

test("decimals tell the ends of an interval apart, and a clear one from 0", () => {
  assert.equal(digitsOf(-0.3, -0.1), 2);
  assert.equal(digitsOf(23.6, 30.6), 0);
  assert.equal(digitsOf(0.003, 0.06), 3);
  assert.equal(digitsOf(-0.0161, 0.0002), 4);
  assert.equal(digitsOf(0, 0), 2);
});

test("where liking is highest is told where it is clear, and at the ends that it may lie beyond", () => {
  const words = (best, fields = {}) =>
    bestWords("temperature", parameter({ best, ...fields }), "you");
  assert.equal(
    words({ value: 0.8, low: 0.72, high: 0.9 }),
    "What pleases you most lies around 0.80, between 0.72 and 0.90.",
  );
  assert.equal(
    words({ value: 0.8, low: null, high: null }),
    "What pleases you most lies around 0.80.",
  );
  assert.match(words({ value: 0.5, low: 0.5, high: 0.6 }), /at or below 0\.50, the least/);
  assert.match(words({ value: 1.1, low: 1, high: 1.1 }), /at or above 1\.10, the most/);
  assert.equal(words(null), "");
  assert.equal(words({ value: 0.8, low: 0.7, high: 0.9 }, { chosen: side(3, 0.8) }), "");
});

test("how much there is to go by, and how much is missing", () => {
  assert.equal(missing(5), FEWEST_CHOICES - 5);
  assert.equal(missing(500), 0);
  const some = group(10, 2, { mean_taken: 0.4 });
  assert.equal(takenShare(some), 0.5);
  assert.equal(
    leadWords(some, "you"),
    "8 choices in 3 stories. Of the card that you chose, you took 50\u00a0% on average.",
  );
  assert.match(leadWords(group(1, 0, { num_stories: 1 }), "they"), /^1 choice in one story\./);
  assert.equal(leadWords(group(0, 0), "you"), "You have chosen nothing yet.");
  assert.match(fewWords(some, "you"), /^Too few to conclude anything: 4 more choices/);
  assert.equal(fewWords(group(FEWEST_CHOICES, 0), "you"), "");
  assert.match(passedWords(some, "you"), /^From 2 more sets of cards you took nothing/);
  assert.equal(passedWords(group(8, 0), "you"), "");
  assert.equal(takenShare(group(3, 3)), 0);
});

test("means, and what was the same on every card", () => {
  assert.equal(meansWords("temperature", parameter()), "On average 0.70 taken, 0.91 passed over");
  assert.equal(meansWords("temperature", parameter({ chosen: null, rejected: null })), "");
  const same = parameter({ bins: null, chosen: side(4, 1) });
  assert.match(sameWords({ typical_p: same, temperature: parameter() }), /: Typical p 1\.00\.$/);
  assert.equal(sameWords({ temperature: parameter() }), "");
});

test("values stand in their scale, and never outside", () => {
  const even = placeIn({ kind: "uniform", low: 0.5, high: 1.5 });
  assert.deepEqual([0.5, 1, 1.5, 9, -9].map(even), [0, 0.5, 1, 1, 0]);
  const log = placeIn({ kind: "log", low: 10, high: 1000 });
  assert.ok(Math.abs(log(100) - 0.5) < 1e-9);
  assert.equal(log(0), 0);
  assert.equal(placeIn({ kind: "uniform", low: 2, high: 2 })(2), 0.5);
});

test("charts beside each other share a scale that holds both", () => {
  const both = [bins([10, 20, 100], "log"), bins([5, 50, 80], "uniform")];
  assert.deepEqual(domainOf(both), { kind: "log", low: 5, high: 100 });
  assert.equal(domainOf([bins([0, 1], "log")]).kind, "uniform");
  assert.equal(highestShare([bins([1, 2, 3])]), 1);
  assert.deepEqual(sharesOf([1, 3]), [0.25, 0.75]);
  assert.deepEqual(sharesOf([0, 0]), [0, 0]);
});

test("ticks are round, within, and not too many", () => {
  assert.deepEqual(ticksOf({ kind: "uniform", low: 0.52, high: 1.28 }, 5), [0.6, 0.8, 1, 1.2]);
  assert.deepEqual(ticksOf({ kind: "log", low: 10, high: 300 }, 5), [10, 20, 50, 100, 200]);
  assert.deepEqual(ticksOf({ kind: "log", low: 10, high: 300 }, 3), [10, 100]);
  assert.deepEqual(ticksOf({ kind: "log", low: 10, high: 300 }, 2), [10, 100]);
  for (const most of [2, 3, 5, 9])
    for (const [low, high] of [
      [0, 0.15],
      [1, 1.25],
      [21, 118],
      [0.8012, 0.9998],
    ]) {
      const ticks = ticksOf({ kind: "uniform", low, high }, most);
      assert.ok(ticks.length <= most && ticks.every((one) => one >= low && one <= high));
    }
  assert.deepEqual(ticksOf({ kind: "uniform", low: 1, high: 1 }, 4), [1]);
  assert.equal(tickText(0.30000000000000004), "0.3");
});

test("labels of many places leave room for each other", () => {
  assert.equal(labelEvery(10, 500, 26), 1);
  assert.equal(labelEvery(200, 500, 26), 20);
});

const statistics = {
  version: 1,
  all: group(20, 0),
  steps: {
    10: group(4, 0, { parameters: { temperature: parameter({ shrunk: 0.75 }) } }),
    2: group(9, 0, { parameters: { temperature: parameter({ chosen: null, shrunk: null }) } }),
    200: group(1, 0, { parameters: {} }),
  },
  phases: { late: group(3, 0, { parameters: { temperature: parameter() } }) },
  repetition: {},
  entropy: {},
};

test("groups come in their order, each at its place, with the pooled mean where there is one", () => {
  const steps = slotsOf(statistics, "steps", "temperature");
  assert.deepEqual(
    steps.map(({ at, title, mean, num }) => [at, title, mean, num]),
    [
      [1, "Step 2", null, 0],
      [9, "Step 10", 0.75, 40],
    ],
  );
  const [late] = slotsOf(statistics, "phases", "temperature");
  assert.deepEqual([late.at, late.title, late.mean], [2, "Late", 0.7]);
  assert.deepEqual(slotsOf(statistics, "entropy", "temperature"), []);
  assert.equal(numPlaces([statistics], "steps"), 200);
  assert.equal(numPlaces([statistics], "entropy"), 2);
  assert.equal(numPlaces([{ ...statistics, steps: {} }], "steps"), 0);
});

test("the reach of a chart holds means and middle halves, with air around", () => {
  const slot = { chosen: side(3, 1, [0, 0.8, 1, 1.2, 2]), rejected: null, mean: 1.3 };
  const { low, high } = reachOf([slot], "uniform", [1, 3]);
  assert.ok(low < 0.8 && low > 0.7 && high > 1.3 && high < 1.4);
  assert.equal(reachOf([slot], "log", [1, 3]).kind, "log");
  assert.equal(reachOf([], "log", [1, 3]), null);
  const same = reachOf([{ chosen: side(1, 2), rejected: null, mean: 2 }], "log", [1, 3]);
  assert.deepEqual(same, { kind: "uniform", low: 1.5, high: 2.5 });
});

test("a file is named after the reader's own day", () => {
  assert.equal(fileDay(new Date(2026, 2, 9, 23, 59)), "2026-03-09");
});
