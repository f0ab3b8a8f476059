import assert from "node:assert/strict";
import { test } from "node:test";

import { KeysFirst, LONGEST_WAIT_MS } from "../../../static/js/document/keys_first.js";

const FRAME_MS = 16;

/** A page of frames, on a clock of its own; `frame` tells whether the news were applied in it. */
function page() {
  let time = 1000;
  const first = new KeysFirst(() => time);
  const frame = (ms = FRAME_MS) => {
    time += ms;
    const applied = !first.putsOff();
    first.painted();
    return applied;
  };
  return { first, frame, pass: (ms) => (time += ms) };
}

test("news are applied in the next frame when nobody types", () => {
  const { first, frame } = page();
  first.came();
  assert.equal(frame(), true);
});

test("the frame that shows a key is the key's alone, and the news come in the one after it", () => {
  const { first, frame } = page();
  first.came();
  first.keyed();
  assert.equal(frame(), false);
  assert.equal(frame(), true);
});

test("a key that was painted before the news came puts nothing off", () => {
  const { first, frame } = page();
  first.keyed();
  frame();
  first.came();
  assert.equal(frame(), true);
});

test("keys in every frame put news off in every second frame only", () => {
  const { first, frame } = page();
  const applied = Array.from({ length: 8 }, () => {
    first.came();
    first.keyed();
    return frame();
  });
  assert.deepEqual(applied, [false, true, false, true, false, true, false, true]);
});

test("news that waited for 50 ms are applied though a key was handled", () => {
  const { first, frame } = page();
  first.came();
  first.keyed();
  assert.equal(frame(LONGEST_WAIT_MS), true);
});

test("the wait counts from the oldest of the news", () => {
  const { first, pass } = page();
  first.came();
  pass(30);
  first.came();
  assert.equal(first.timeLeft(), 20);
  first.keyed();
  assert.equal(first.putsOff(), true);
  assert.equal(first.timeLeft(), 20);
  pass(20);
  assert.equal(first.putsOff(), false);
  first.came();
  assert.equal(first.timeLeft(), LONGEST_WAIT_MS);
});
