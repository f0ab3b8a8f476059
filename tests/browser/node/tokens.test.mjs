import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { besideToken, tokenFacts } from "../../../static/js/tokens/card_faces.js";
import { bitsText, hesitation, shareText, surpriseOf } from "../../../static/js/tokens/numbers.js";
import { canBeTaken, drawn, filtered, likeliest } from "../../../static/js/tokens/rows.js";
import { NUM_STEPS, stepOf } from "../../../static/js/tokens/scale.js";
import { ScoredText } from "../../../static/js/tokens/scored_text.js";
import { NOT_SCORED, scoringFace } from "../../../static/js/tokens/scoring_state.js";
import { columnsOf, highestOf, mostSurprising } from "../../../static/js/tokens/strip.js";
import { spokenText, visibleText } from "../../../static/js/tokens/visible.js";
import { initialState } from "../../../static/js/store.js";

// ---------------------------------------------------------------- white space

test("white space is made visible, and what joins emoji is left alone", () => {
  assert.equal(visibleText(" the"), "·the");
  assert.equal(visibleText("\n\n\t"), "↵↵⇥");
  assert.equal(visibleText("a\u00a0b"), "a⍽b");
  assert.equal(visibleText("\u200b"), "U+200B");
  assert.equal(visibleText("\u0007"), "U+0007");
  assert.equal(visibleText("👩‍👩‍👧"), "👩‍👩‍👧");
  assert.equal(visibleText("灯"), "灯");
});

test("white space alone is spoken by its name", () => {
  assert.equal(spokenText(" the"), "the");
  assert.equal(spokenText("\n\n"), "line break, line break");
  assert.equal(spokenText(" "), "space");
});

// ---------------------------------------------------------------- numbers

test("a share never claims to be nothing or everything when it is not", () => {
  const shown = [0, 0.000001, 0.0042, 0.0421, 0.5, 0.9949, 0.9999, 1].map(shareText);
  assert.deepEqual(shown, [
    "0 %",
    "< 0.01 %",
    "0.42 %",
    "4.2 %",
    "50 %",
    "99.5 %",
    "> 99.9 %",
    "100 %",
  ]);
});

test("surprise is in bits", () => {
  assert.equal(surpriseOf(Math.log(0.25)), 2);
  assert.equal(surpriseOf(null), null);
  assert.equal(bitsText(2), "2.0 bits");
  assert.equal(bitsText(12.4), "12 bits");
});

test("entropy is said as between how many tokens the model hesitates", () => {
  const nats = Math.log;
  assert.equal(hesitation(nats(14), nats(14)), "The model hesitates between about 14 tokens");
  assert.match(hesitation(nats(14), nats(5)), /between about 14 tokens, 5 after sampling$/);
  assert.match(hesitation(nats(1234), 0), /about 1,200 tokens, one after sampling$/);
  assert.equal(hesitation(0.01, 0), "The model is all but sure");
});

// ---------------------------------------------------------------- lists

/** @returns {any} */
const look = (tokens) => ({ tokens });
const row = (id, text, p, after, num, shown = text) => [
  id,
  text,
  Math.log(p),
  after,
  0,
  num,
  shown,
];

const LOOK = look([
  row(1, " the", 0.4, 0.6, 60),
  row(2, " The", 0.2, 0.3, 30),
  row(3, null, 0.1, 0, 0, "<|end|>"),
  row(4, "\n", 0.05, 0.1, 8),
  row(5, " there", 0.01, 0, 0),
]);

test("the likeliest stand as they come, the drawn ones by how often they came", () => {
  assert.deepEqual(
    likeliest(LOOK).map(({ id, rank }) => [id, rank]),
    [1, 2, 3, 4, 5].map((id) => [id, id]),
  );
  const again = look([row(1, "a", 0.5, 0.5, 2), row(2, "b", 0.4, 0.5, 9), row(3, "c", 0.1, 0, 0)]);
  assert.deepEqual(
    drawn(again).map(({ id }) => id),
    [2, 1],
  );
});

test("a token that is no text is shown and can't be taken; one that the sampler leaves out can", () => {
  const [, , end, , left] = likeliest(LOOK);
  assert.ok(!canBeTaken(end));
  assert.match(end.reason, /no text/);
  assert.ok(canBeTaken(left));
  assert.match(left.reason, /leaves this one out/);
});

test("what is typed filters in any case, with or without the space before", () => {
  const ids = (typed) => filtered(likeliest(LOOK), typed).map(({ id }) => id);
  assert.deepEqual(ids("th"), [1, 2, 5]);
  assert.deepEqual(ids(" the"), [1, 2, 5]);
  assert.deepEqual(ids("ther"), [5]);
  assert.deepEqual(ids("he"), [1, 2, 5], "within, where none begins so");
  assert.deepEqual(ids("x"), []);
});

// ---------------------------------------------------------------- positions

/** @param {[from: number, to: number, insert: number][]} edits in the text before them, in order @returns {any} */
const changes = (...edits) => ({
  iterChangedRanges(then) {
    let shift = 0;
    for (const [from, to, insert] of edits) {
      then(from, to, from + shift, from + shift + insert);
      shift += insert - (to - from);
    }
  },
});
const told = (units) => [units, -1, 1, 2, 0.5];

/** @returns {ScoredText} of tokens that long */
function scored(...units) {
  const made = new ScoredText("s");
  made.add(units.map(told), [{ at: 0, units: units.reduce((sum, one) => sum + one, 0) }]);
  return made;
}
const places = (text) =>
  Array.from({ length: text.count }, (_, index) => {
    const token = text.token(index);
    return token && [token.from, token.to];
  });

test("tokens stand where their identities do, and have no place where text is gone or torn", () => {
  const text = new ScoredText("s");
  text.add(
    [told(2), told(3), told(0), told(2), told(2)],
    [
      { at: 0, units: 3 },
      { at: 7, units: 2 },
      { at: null, units: 2 },
      { at: 9, units: 2 },
    ],
  );
  assert.deepEqual(places(text), [[0, 2], null, null, null, [9, 11]]);
});

test("an edit takes its tokens' place away and moves those behind it", () => {
  const text = scored(2, 3, 4, 1);
  text.moved(changes([3, 4, 6]));
  assert.deepEqual(places(text), [[0, 2], null, [10, 14], [14, 15]]);
});

test("what comes in between two tokens touches neither", () => {
  const text = scored(2, 3, 4);
  text.moved(changes([2, 2, 5], [5, 5, 1]));
  assert.deepEqual(places(text), [
    [0, 2],
    [7, 10],
    [11, 15],
  ]);
});

test("several changes at once, and typing within a token", () => {
  const text = scored(2, 3, 4, 2, 2);
  text.moved(changes([1, 1, 1], [6, 8, 0], [11, 11, 2]));
  assert.deepEqual(places(text), [null, [3, 6], null, [8, 10], [12, 14]]);
});

test("a position finds its token, also behind tokens without a place", () => {
  const text = scored(2, 3, 4);
  text.moved(changes([3, 4, 1]));
  assert.equal(text.at(1), 0);
  assert.equal(text.at(3), null);
  assert.equal(text.at(5), 2);
  assert.equal(text.at(9), null);
  assert.equal(text.next(0, 1), 2);
  assert.equal(text.next(2, -1), 0);
  assert.equal(text.next(2, 1), null);
});

test("moved tokens stay those of a plain list, over many random edits", () => {
  let seed = 7;
  const random = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  let letters = Array.from({ length: 300 }, (_, index) => ({ token: Math.floor(index / 3) }));
  const text = scored(...Array.from({ length: 100 }, () => 3));
  const whole = new Set(Array.from({ length: 100 }, (_, token) => token));
  for (let step = 0; step < 200; step++) {
    const from = random(letters.length + 1);
    const to = Math.min(letters.length, from + random(4));
    const insert = random(3);
    if (to === from && !insert) continue;
    for (const { token } of letters.slice(from, to)) whole.delete(token);
    const [left, right] = [letters[from - 1]?.token, letters[to]?.token];
    if (left === right && left !== undefined && left >= 0) whole.delete(left);
    const fresh = Array.from({ length: insert }, () => ({ token: -1 }));
    letters = [...letters.slice(0, from), ...fresh, ...letters.slice(to)];
    text.moved(changes([from, to, insert]));
  }
  for (let token = 0; token < 100; token++) {
    const at = letters.findIndex((letter) => letter.token === token);
    const expected = whole.has(token) ? [at, at + 3] : null;
    assert.deepEqual(places(text)[token], expected, `token ${token}`);
  }
  assert.ok(whole.size > 5);
});

test("a hundred thousand words are moved in a blink and keep their order", () => {
  const text = new ScoredText("s");
  for (let part = 0; part < 130; part++)
    text.add(
      Array.from({ length: 1000 }, () => told(4)),
      [{ at: part * 4000, units: 4000 }],
    );
  text.moved(changes([10, 10, 1]));
  assert.equal(text.count, 130_000);
  assert.deepEqual([text.token(129_999)?.from, text.at(400_001)], [519_997, 100_000]);
});

// ---------------------------------------------------------------- the strip

test("columns hold mean, least and most, and what is not read stays empty", () => {
  const bits = (value) => -value * Math.LN2;
  const tokens = [
    { from: 0, to: 1, logprob: bits(2), entropy: Math.LN2 },
    { from: 1, to: 2, logprob: bits(4), entropy: 3 * Math.LN2 },
    { from: 8, to: 10, logprob: bits(9), entropy: 0 },
    { from: 4, to: 5, logprob: null, entropy: 0 },
  ];
  const each = (see) => tokens.forEach((token) => see(/** @type {any} */ (token)));
  const columns = columnsOf(each, 10, 5);
  const rounded = columns.map((one) => [one.count, Math.round(one.surprise), Math.round(one.most)]);
  assert.deepEqual(rounded, [
    [2, 3, 4],
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
    [1, 9, 9],
  ]);
  assert.equal(Math.round(columns[0].least), 2);
  assert.equal(Math.round(columns[0].entropy), 2);
  assert.equal(highestOf(columns), 12);
  assert.deepEqual(
    mostSurprising(each, 2).map(({ from }) => from),
    [8, 1],
  );
});

// ---------------------------------------------------------------- words

test("every state of a scoring has its words and what can be done", () => {
  const model = { key: "m", name: "M", state: "ready", progress: null };
  const state = (scoring, more = {}) => ({
    ...initialState(),
    ...{ server: "here", story: "s", defaultModel: "m", models: [model], length: 9, ...more },
    scoring: { ...NOT_SCORED, ...scoring },
  });
  const said = (scoring, more) => {
    const { text, offer, done } = scoringFace(/** @type {any} */ (state(scoring, more)));
    return [text, offer, done];
  };
  assert.deepEqual(said({ is: "asked" }), ["Reading the story", "cancel", null]);
  assert.deepEqual(said({ is: "reading", done: 512, total: 2048 }), [
    ...["Reading 512 of 2,048 tokens", "cancel", 0.25],
  ]);
  assert.deepEqual(said({ is: "cancelled", done: 512, total: 2048 }), [
    ...["Cancelled: 512 of 2,048 tokens read", "go_on", null],
  ]);
  assert.deepEqual(said({ is: "failed", error: "The memory is full." }), [
    ...["The memory is full.", "again", null],
  ]);
  assert.deepEqual(said({ is: "over", total: 2048 })[0], "2,048 tokens read");
  assert.match(String(said({ is: "over", behind: true })[0]), /when your hand rests/);
  const loading = {
    ...model,
    state: "loading",
    progress: { stage: "reading weights", done: 2, total: 5 },
  };
  assert.deepEqual(said({ is: "asked" }, { models: [loading] }), [
    ...["Reading the model, 40 %", "cancel", 0.4],
  ]);
  assert.match(String(said({ is: "reading" }, { server: "away" })[0]), /away/);
  assert.match(String(said({}, { models: [] })[0]), /No model yet/);
});

test("a card tells what the model thought, and that the first token has nothing before it", () => {
  const token = { logprob: Math.log(0.25), rank: 3, entropy: Math.log(8), after: 0.5 };
  const facts = tokenFacts(/** @type {any} */ (token)).map(([name, value]) => `${name}: ${value}`);
  assert.deepEqual(facts, [
    "Probability: 25 %",
    "After sampling: 50 %",
    "Rank: 3",
    "Surprise: 2.0 bits",
    "Entropy: 3.0 bits, as among 8",
  ]);
  assert.match(
    tokenFacts(/** @type {any} */ ({ ...token, logprob: null }))[0][1],
    /nothing stands/,
  );
});

test("a card lies below its token, or above where that is roomier, and covers none of it", () => {
  const room = { width: 1000, top: 0, bottom: 800 };
  const card = { width: 288, height: 400 };
  const below = besideToken({ left: 500, top: 100, bottom: 120 }, card, room);
  assert.deepEqual([below.left, below.top], [488, 126]);
  const above = besideToken({ left: 980, top: 600, bottom: 620 }, card, room);
  assert.deepEqual([above.left, above.top, above.bottom], [704, null, 206]);
  assert.equal(above.height, 594);
});

// ---------------------------------------------------------------- colours

/** @param {string} name @param {boolean} dark @returns {number[]} red, green and blue from 0 to 1, linear */
function colour(name, dark) {
  const css = readFileSync(new URL("../../../static/css/heat.css", import.meta.url), "utf-8");
  const found = [...css.matchAll(new RegExp(`--${name}: #(\\w{6})`, "g"))].map((one) => one[1]);
  const digits = found[dark ? 1 : 0];
  return [0, 2, 4].map((at) => {
    const share = parseInt(digits.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
}
const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
/** Machado, Oliveira and Fernandes (2009), severity 1: protanopia, deuteranopia, tritanopia. */
const BLIND = [
  [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
];
const seen = (matrix, rgb) =>
  [0, 3, 6].map((row) =>
    Math.max(
      0,
      rgb.reduce((sum, part, at) => sum + matrix[row + at] * part, 0),
    ),
  );
const INK = { false: 0x22201c, true: 0xe6e3dc };

for (const dark of [false, true]) {
  const theme = dark ? "dark" : "light";
  test(`on every step of the ${theme} scale the ink can be read`, () => {
    const hex = INK[String(dark)].toString(16);
    const ink = luminance(
      [0, 2, 4].map((at) => {
        const share = parseInt(hex.slice(at, at + 2), 16) / 255;
        return ((share + 0.055) / 1.055) ** 2.4;
      }),
    );
    for (let step = 0; step < NUM_STEPS; step++) {
      const ground = luminance(colour(`heat-${step}`, dark));
      assert.ok(contrast(ink, ground) >= 4.5, `step ${step}: ${contrast(ink, ground)}`);
    }
  });

  test(`the ${theme} scale goes one way, step by step, also for the colour-blind`, () => {
    for (const matrix of [[1, 0, 0, 0, 1, 0, 0, 0, 1], ...BLIND]) {
      const steps = Array.from({ length: NUM_STEPS }, (_, step) =>
        luminance(seen(matrix, colour(`heat-${step}`, dark))),
      );
      for (let step = 1; step < NUM_STEPS; step++) {
        const away = dark ? steps[step] > steps[step - 1] : steps[step] < steps[step - 1];
        const apart = contrast(steps[step], steps[step - 1]);
        assert.ok(away && apart >= 1.08, `step ${step}: ${apart.toFixed(3)}`);
      }
    }
  });
}

test("twice as unlikely is a bit more, and steps hold bands of bits", () => {
  const at = (p) => stepOf(Math.log(p));
  assert.deepEqual([1, 0.6, 0.4, 0.2, 0.05, 0.01, 0.001, 0.0001].map(at), [0, 0, 1, 2, 3, 4, 5, 6]);
  assert.equal(stepOf(Number.NaN), 0);
});
