import assert from "node:assert/strict";
import { test } from "node:test";

import { Identities } from "../../../static/js/document/identities.js";
import { aliasesFor } from "../../../static/js/document/undone.js";
import { colours } from "../../../static/js/editor/authorship.js";

/** @param {{units: number, run: string | null, index: number}[]} written */
const short = (written) =>
  written.map(({ units, run, index }) => `${run ?? "-"}${run ? index : ""}:${units}`);

test("text under no token is a person's, and tokens are found by their clocks", () => {
  const identities = new Identities();
  identities.addTokens([
    ["r", 0, 1, 7, 2, 3],
    ["r", 1, 1, 7, 5, 2],
    ["r", 2, 1, 7, 9, 1],
  ]);
  assert.deepEqual(short(identities.written(7, 0, 12)), [
    "-:2",
    "r0:3",
    "r1:2",
    "-:2",
    "r2:1",
    "-:2",
  ]);
  assert.deepEqual(short(identities.written(7, 3, 1)), ["r0:1"]);
  assert.deepEqual(short(identities.written(8, 0, 4)), ["-:4"]);
});

test("tokens may be learned in any order, and a token twice", () => {
  const identities = new Identities();
  identities.addTokens([["r", 1, 1, 7, 5, 2]]);
  identities.addTokens([["r", 0, 1, 7, 2, 3]]);
  identities.addTokens([["r", 1, 1, 7, 5, 2]]);
  assert.deepEqual(short(identities.written(7, 2, 5)), ["r0:3", "r1:2"]);
});

test("a token without text has no place", () => {
  const identities = new Identities();
  identities.addTokens([
    ["r", 0, 1, 7, 2, 0],
    ["r", 1, 1, 7, 2, 1],
  ]);
  assert.deepEqual(short(identities.written(7, 2, 1)), ["r1:1"]);
});

test("aliases lead to what the text was first, through several steps and in parts", () => {
  const identities = new Identities();
  identities.addTokens([["r", 0, 1, 7, 0, 4]]);
  identities.addAliases([[20, 10, 4, 7, 0]]);
  identities.addAliases([[21, 0, 2, 20, 11]]);
  assert.deepEqual(identities.originals(21, 0, 3), [
    { client: 7, clock: 1, units: 2 },
    { client: 21, clock: 2, units: 1 },
  ]);
  assert.deepEqual(short(identities.written(21, 0, 3)), ["r0:2", "-:1"]);
});

test("an alias without an original is a person's text, also under a server's id", () => {
  const identities = new Identities();
  identities.addTokens([["r", 0, 1, 7, 4, 2]]);
  identities.addAliases([[7, 0, 4, null, 0]]);
  assert.deepEqual(short(identities.written(7, 0, 6)), ["-:4", "r0:2"]);
});

test("only text that a run wrote gets an alias when it comes back", () => {
  const identities = new Identities();
  identities.addTokens([["r", 0, 1, 7, 0, 4]]);
  assert.deepEqual(aliasesFor(identities, { client: 30, clock: 5 }, { client: 7, clock: 1 }, 3), [
    [30, 5, 3, 7, 1],
  ]);
  assert.deepEqual(
    aliasesFor(identities, { client: 30, clock: 8 }, { client: 12, clock: 0 }, 3),
    [],
  );
});

test("a person's few words within a run's line are an edit, a passage of their own is not", () => {
  const identities = new Identities();
  identities.addTokens([["r", 0, 1, 7, 0, 10]]);
  const text = "0123mend456789own";
  const stretches = [
    { client: 7, clock: 0, units: 4 },
    { client: 30, clock: 0, units: 4 },
    { client: 7, clock: 4, units: 6 },
    { client: 30, clock: 4, units: 3 },
  ];
  const authors = (/** @type {string} */ within) =>
    colours(0, stretches, identities, (from, to) => within.slice(from, to)).map(
      (piece) => piece.author,
    );
  assert.deepEqual(authors(text), ["model", "edited", "model", "human"]);
  assert.deepEqual(authors("0123me\nd456789own"), ["model", "human", "model", "human"]);
});
