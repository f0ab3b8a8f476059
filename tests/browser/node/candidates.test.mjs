import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cardFace,
  readyWords,
  reasonNotToAskSeveral,
  setFace,
  wishes,
  wishesLine,
} from "../../../static/js/candidates/faces.js";
import { leadOf, letterEnds, step, wordEnds } from "../../../static/js/candidates/letters.js";
import {
  autoProgress,
  cardsShown,
  findCard,
  rangesOf,
  readable,
  shownText,
  withNews,
  withRetried,
  writtenText,
} from "../../../static/js/candidates/sets.js";
import { common, takenAliases, unitsOfWritten } from "../../../static/js/document/taken.js";

const CARD = { client: 9, clock: 100 };
const FRESH = { client: 30, clock: 5 };

/** @returns {any} */
const card = (id, more = {}) => ({
  ...{
    id,
    number: 0,
    seed: 1,
    params: null,
    state: "running",
    reason: "",
    detail: "",
    message: "",
  },
  ...{
    text: null,
    pinned: false,
    dismissed: false,
    taken: 0,
    client: 9,
    clock: 100,
    next_index: 0,
  },
  ...more,
});
/** @returns {any} */
const set = (id, cards, more = {}) => ({
  ...{ id, story: "s", time: 1, origin: "asked", model: "m", model_name: "M", mode: "continue" },
  ...{ prompt: "", params: {}, at: null, state: "writing", reading: null, stale: false },
  ...{ sets_left: 0, cleared: null, cards, version: [1, 0] },
  ...more,
});
const token = (text) => [1, text, -1];

// ---------------------------------------------------------------- letters

test("an emoji, a flag and a letter with its accents are one letter each", () => {
  assert.deepEqual(letterEnds("a👩‍👩‍👧b🇫🇷e\u0301."), [1, 9, 10, 14, 16, 17]);
});

test("white space at the beginning is taken with the first letter", () => {
  assert.equal(leadOf("\n\n She"), "\n\n ");
  assert.deepEqual(letterEnds(" She"), [2, 3, 4]);
  assert.deepEqual(letterEnds("  "), [2]);
  assert.deepEqual(letterEnds(""), []);
});

test("words end before their signs, and signs are a step of their own", () => {
  assert.deepEqual(wordEnds(" Yes, he said."), [4, 5, 8, 13, 14]);
  assert.deepEqual(wordEnds("“No!” "), [1, 3, 5, 6]);
});

test("a mark moves to the next end and stays within the text", () => {
  assert.equal(step([2, 3, 4], 4, -1), 3);
  assert.equal(step([2, 3, 4], 2, -1), 2);
  assert.equal(step([2, 3, 4], 3, 1), 4);
  assert.equal(step([2, 3, 4], 4, 1), 4);
  assert.equal(step([], 0, 1), 0);
});

// ---------------------------------------------------------------- aliases

test("text that is taken as it was written is one alias up to the letter", () => {
  const said = " She knew.";
  assert.deepEqual(takenAliases(said, said, 4, CARD, FRESH), [[30, 5, 4, 9, 100]]);
  assert.deepEqual(takenAliases(said, said, 10, CARD, FRESH), [[30, 5, 10, 9, 100]]);
});

test("an edited card's beginning and end are the model's, what stands between is the writer's", () => {
  const aliases = (units) => takenAliases("She ran home.", "She walked home.", units, CARD, FRESH);
  assert.deepEqual(aliases(16), [
    [30, 5, 4, 9, 100],
    [30, 15, 6, 9, 107],
  ]);
  assert.deepEqual(aliases(12), [
    [30, 5, 4, 9, 100],
    [30, 15, 2, 9, 107],
  ]);
  assert.deepEqual(aliases(8), [[30, 5, 4, 9, 100]]);
  assert.deepEqual(aliases(2), [[30, 5, 2, 9, 100]]);
});

test("a card that was written anew has no aliases", () => {
  assert.deepEqual(takenAliases("abc", "xyz", 3, CARD, FRESH), []);
});

test("what is left out or put in twice is counted once", () => {
  assert.deepEqual(common("a a a", "a a"), { head: 3, tail: 0 });
  assert.deepEqual(common("a a", "a a a"), { head: 3, tail: 0 });
  assert.deepEqual(takenAliases("home.", "home", 4, CARD, FRESH), [[30, 5, 4, 9, 100]]);
});

test("no half of a character is an alias", () => {
  assert.deepEqual(common("a😀b", "a😁b"), { head: 1, tail: 1 });
  assert.deepEqual(common("😀", "😀😁"), { head: 2, tail: 0 });
  // Both end with the same second half of a pair.
  assert.deepEqual(common("\u{1F600}", "\u{1FA00}"), { head: 0, tail: 0 });
});

test("how far a taking reaches into what was written", () => {
  const units = (taken) => unitsOfWritten("She ran home.", "She walked home.", taken);
  assert.equal(units(2), 2);
  assert.equal(units(4), 4);
  assert.equal(units(6), 6);
  assert.equal(units(12), 9);
  assert.equal(units(16), 13);
  assert.equal(unitsOfWritten("abc", "xyz and more", 12), 3);
  assert.equal(unitsOfWritten("abc", "abc", 2), 2);
});

// ---------------------------------------------------------------- sets and news

test("tokens join a card in their order, and a token told twice stands once", () => {
  let known = withNews([], [set("a", [card("x")])], []);
  known = withNews(known.sets, [], [["x", 0, [token(" One"), token(" two")]]]);
  known = withNews(known.sets, [], [["x", 1, [token(" two"), token(" three")]]]);
  known = withNews(known.sets, [], [["x", 0, [token(" One")]]]);
  assert.equal(known.lacking, false);
  assert.equal(writtenText(findCard(known.sets, "x").card), " One two three");
});

test("tokens before those told are found lacking", () => {
  const { sets } = withNews([], [set("a", [card("x")])], []);
  const { lacking, sets: after } = withNews(sets, [], [["x", 3, [token(" late")]]]);
  assert.equal(lacking, true);
  assert.equal(writtenText(findCard(after, "x").card), "");
});

test("a set's new state keeps its cards' tokens, and a cleared set goes", () => {
  let known = withNews([], [set("a", [card("x", { tokens: [token("One")] })])], []);
  known = withNews(known.sets, [set("a", [card("x", { state: "ended" })], { state: "ended" })], []);
  assert.equal(writtenText(known.sets[0].cards[0]), "One");
  assert.equal(known.sets[0].state, "ended");
  assert.deepEqual(withNews(known.sets, [set("a", [], { cleared: 2 })], []).sets, []);
});

test("an edited card that goes on grows by what its text was told without", () => {
  const edited = card("x", { text: "Uno", next_index: 1, tokens: [token("One")] });
  const news = [["x", 1, [token(" two")]]];
  const once = withNews([], [set("a", [edited])], news).sets;
  assert.equal(shownText(findCard(once, "x").card), "Uno two");
  const told = set("a", [card("x", { text: "Uno two", next_index: 2, tokens: [token("One")] })]);
  assert.equal(shownText(findCard(withNews([], [told], news).sets, "x").card), "Uno two");
});

test("a card's tokens follow each other by their units; what could be read is counted", () => {
  const written = card("x", { tokens: [token("é"), token(""), token("😀")] });
  assert.deepEqual(rangesOf(written), [
    ["x", 0, 1, 9, 100, 1],
    ["x", 1, 1, 9, 101, 0],
    ["x", 2, 1, 9, 101, 2],
  ]);
  const away = card("y", { dismissed: true });
  assert.deepEqual(readable(set("a", [written, away])), { x: 3 });
});

test("another in a card's place stands there whether news or the answer tells of it first", () => {
  const ids = (sets) => cardsShown(sets[0]).map(({ id }) => id);
  const asked = withRetried([set("q", [card("a"), card("b")])], "a", true);
  const told = set("q", [card("a", { dismissed: true }), card("b"), card("c")]);
  const once = withNews(asked, [told], []).sets;
  assert.deepEqual(ids(once), ["c", "b"]);
  const later = set("q", [...told.cards, card("d")]);
  assert.deepEqual(ids(withNews(once, [told, later], []).sets), ["c", "b", "d"]);
});

test("a card that nobody asked for in another's place stands at the end", () => {
  const ids = (sets) => cardsShown(sets[0]).map(({ id }) => id);
  const known = [set("q", [card("a"), card("b")])];
  const gone = set("q", [card("a", { dismissed: true }), card("b"), card("c")]);
  assert.deepEqual(ids(withNews(known, [gone], []).sets), ["b", "c"]);
  const more = set("q", [card("a"), card("b"), card("c")]);
  assert.deepEqual(ids(withNews(withRetried(known, "a", true), [more], []).sets), ["a", "b", "c"]);
});

// ---------------------------------------------------------------- words

test("which of several sets is written is said, and how many are to come where that is all one knows", () => {
  const auto = (more) => set("a", [card("x")], { origin: "auto", ...more });
  assert.equal(autoProgress([auto({ sets_left: 3 })], 5), "Set 2 of 5");
  assert.equal(autoProgress([auto({ sets_left: 3 })], 0), "3 more sets to come");
  assert.equal(autoProgress([auto({ sets_left: 3, state: "ended" })], 5), "");
  assert.equal(autoProgress([set("a", [card("x")])], 5), "");
});

test("cards and sets say what became of them", () => {
  const ended = (more) => cardFace(card("x", { state: "ended", ...more }));
  assert.equal(ended({ reason: "finished", detail: "max_tokens" }).text, "");
  assert.equal(ended({ reason: "stopped" }).text, "Stopped");
  assert.equal(ended({ reason: "failed", message: "No memory." }).detail, "No memory.");
  assert.equal(ended({ reason: "interrupted" }).kind, "warn");
  assert.equal(ended({ reason: "finished", taken: 3, text: "x" }).text, "Taken, Edited");
  const state = /** @type {any} */ ({ models: [] });
  const reading = set("a", [card("x")], { state: "reading", reading: { done: 512, total: 1204 } });
  assert.equal(setFace(reading, state).text, "Reading 512 of 1,204 tokens");
  const stale = set("a", [card("x")], { state: "ended", stale: true });
  assert.equal(setFace(stale, state).text, "The text before it has changed since");
});

test("those who hear the page are told when candidates are ready, or why there are none", () => {
  const done = { state: "ended", reason: "finished" };
  assert.equal(readyWords(set("a", [card("x", done), card("y", done)])), "2 candidates are ready");
  assert.equal(readyWords(set("a", [card("x", done)])), "1 candidate is ready");
  const none = card("z", { state: "ended", reason: "finished", detail: "nothing_else" });
  assert.equal(readyWords(set("a", [card("x", done), none])), "1 candidate is ready");
  assert.equal(readyWords(set("a", [none])), "Nothing was found");
  assert.equal(cardFace(none).text, "Nothing else was found");
  const failed = card("x", { state: "ended", reason: "failed", message: "No memory." });
  assert.equal(readyWords(set("a", [failed])), "No candidates: No memory.");
});

test("what is asked for is said in short", () => {
  const line = (settings) => wishesLine(/** @type {any} */ ({ settings }));
  assert.equal(line({}), "3 candidates, 40 tokens each");
  assert.equal(
    line({ num_candidates: 1, candidate_limit: "sentence" }),
    "1 candidate, a sentence each",
  );
});

test("a search says how far it is, in words and as a share", () => {
  const searching = { done: 12, total: 40 };
  const at = set("a", [card("x")], { state: "searching", searching });
  const face = setFace(at, /** @type {any} */ ({ models: [] }));
  assert.equal(face.text, "Searching, 12 of 40 tokens");
  assert.equal(face.done, 0.3);
});

test("a search keeps as many as are asked for, and several sets of it are not to be had", () => {
  assert.equal(wishes({}).beams, 1);
  assert.equal(wishes({ candidate_beams: 5 }).beams, 5);
  assert.equal(wishes({ candidate_beams: 5, num_candidates: 8 }).beams, 8);
  const settings = { candidate_beams: 10 };
  const line = wishesLine(/** @type {any} */ ({ settings }));
  assert.equal(line, "The 3 best of 10, 40 tokens each");
  const reason = reasonNotToAskSeveral(/** @type {any} */ ({ settings }));
  assert.equal(reason, "A search would find the same again");
});

test("an answer that comes late puts nothing back", () => {
  const told = (num, taken, tokens) =>
    set("a", [card("c", { taken, tokens })], { version: [1, num] });
  const taken = withNews([told(1, 0)], [told(3, 9)], []).sets;
  const late = withNews(taken, [told(2, 0)], []).sets;
  assert.equal(late[0].cards[0].taken, 9);
  assert.deepEqual(late[0].version, [1, 3]);
  const withTokens = withNews(late, [told(2, 0, [token("x")])], []).sets;
  assert.equal(writtenText(withTokens[0].cards[0]), "x");
  assert.equal(withTokens[0].cards[0].taken, 9);
  const anew = { ...told(0, 0), version: [2, 0] };
  assert.equal(withNews(taken, [anew], []).sets[0].cards[0].taken, 0);
});
