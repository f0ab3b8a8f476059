import assert from "node:assert/strict";
import { test } from "node:test";

import { rowsOf, wayOf } from "../../../static/js/candidates/ways.js";

/** @param {number} temperature @param {object} [more] */
const params = (temperature, more = {}) => ({ temperature, top_k: 40, max_tokens: 0, ...more });

const PRESETS = [
  { name: "Careful", sentence: "", params: params(0.5), builtin: true },
  { name: "Wild", sentence: "", params: params(1.2, { top_k: 0 }), builtin: true },
];

/** @param {...object} each */
const setOf = (...each) => {
  const cards = each.map((one, number) => ({ id: String(number), number, params: one }));
  return /** @type {any} */ ({ cards });
};

test("cards that are all alike need no rows and say nothing of how they are written", () => {
  assert.deepEqual(rowsOf("same", 3, params(0.8), PRESETS), []);
  const set = setOf(params(0.8), params(0.8));
  assert.equal(wayOf(set.cards[0], set, PRESETS), "");
});

test("temperatures rise from half of what Sampling says to half as much again", () => {
  const temperatures = (/** @type {number} */ num, /** @type {number} */ base) =>
    rowsOf("temperatures", num, params(base), PRESETS).map((row) => row.params.temperature);
  assert.deepEqual(temperatures(3, 0.8), [0.4, 0.8, 1.2]);
  assert.deepEqual(temperatures(1, 0.8), [0.8]);
  assert.deepEqual(temperatures(3, 0), [0.4, 0.8, 1.2]);
  assert.ok(Math.max(...temperatures(2, 5).map(Number)) <= 5);
});

test("each card is written by another preset in turn, which does not say when it ends", () => {
  const rows = rowsOf("presets", 3, params(0.8), PRESETS);
  assert.deepEqual(
    rows.map((row) => row.params.temperature),
    [0.5, 1.2, 0.5],
  );
  assert.ok(rows.every((row) => !("max_tokens" in row.params)));
});

test("a card names its preset, or its temperature, where others of its set are written otherwise", () => {
  const wild = params(1.2, { max_tokens: 40, top_k: 0 });
  const set = setOf(params(0.5, { max_tokens: 40 }), wild, params(0.9));
  assert.deepEqual(
    set.cards.map((/** @type {any} */ card) => wayOf(card, set, PRESETS)),
    ["Careful", "Wild", "Temperature 0.9"],
  );
  const apart = setOf(params(0.5, { top_k: 0 }), params(0.9, { top_k: 0 }));
  assert.equal(wayOf(apart.cards[1], apart, PRESETS), "Temperature 0.9");
});
