import assert from "node:assert/strict";
import { test } from "node:test";

import {
  autoControl,
  autoLine,
  autoNews,
  autoSummary,
  cardsOf,
  reasonNotToStop,
  startFields,
  stepsOf,
  wishesFrom,
} from "../../../static/js/candidates/auto.js";

/** @returns {any} */
const auto = (state, more = {}) => ({
  ...{ id: "a", story: "s", state, reason: "", message: "", step: 3, steps: 20, policy: "random" },
  ...{ picker: "logprob", cards: 3, reaction: "", set: null },
  ...more,
});
/** @returns {any} */
const page = (more = {}) => ({
  ...{ server: "here", story: "s", auto: null, pickers: ["logprob", "random"], length: 10 },
  ...{ models: [{ key: "m", name: "M", state: "ready", modes: ["continue"] }], defaultModel: "m" },
  ...{ settings: {}, presets: [], parameters: [], fateRanges: { ranges: {}, couplings: [] } },
  ...{ autoWishes: { steps: 20, cards: 3, picker: "logprob" }, notes: [] },
  ...more,
});

test("one button starts, pauses and hands back", () => {
  const says = (/** @type {any} */ more) => {
    const { action, label, reason } = autoControl(page(more));
    return [action, label, reason];
  };
  assert.deepEqual(says({}), ["start", "Write 20 steps", ""]);
  const endless = { steps: null, cards: 3, picker: "logprob" };
  assert.deepEqual(says({ autoWishes: endless }), ["start", "Write until I stop it", ""]);
  for (const state of ["asking", "writing", "choosing"])
    assert.deepEqual(says({ auto: auto(state) }), ["pause", "Pause", ""]);
  assert.deepEqual(says({ auto: auto("paused") }), ["resume", "Hand back", ""]);
  const interrupted = auto("ended", { reason: "interrupted" });
  assert.equal(says({ auto: interrupted })[0], "resume");
  assert.equal(says({ auto: auto("ended", { reason: "failed" }) })[0], "start");
});

test("it says why it can not be used", () => {
  assert.match(autoControl(page({ server: "away" })).reason, /away/);
  const prompted = { settings: { mode: "prompt", prompt: "" } };
  assert.equal(autoControl(page(prompted)).reason, "Type a prompt first");
  assert.equal(reasonNotToStop(page()), "It is not at work");
  assert.equal(reasonNotToStop(page({ auto: auto("paused") })), "");
});

test("it says where it is and how it ended", () => {
  assert.equal(autoLine(null), "");
  assert.equal(autoLine(auto("writing")), "Step 3 of 20: writing");
  assert.equal(autoLine(auto("asking", { steps: null })), "Step 3: asking");
  const left = auto("paused", { message: "Nobody was looking." });
  assert.equal(autoLine(left), "Step 3 of 20: paused. Nobody was looking.");
  assert.equal(autoLine(auto("ended", { reason: "finished", step: 20 })), "Finished: 20 steps");
  assert.equal(autoLine(auto("ended", { reason: "stopped", step: 1 })), "Stopped after 1 step.");
  const failed = auto("ended", { reason: "failed", message: "The memory is full." });
  assert.equal(autoLine(failed), "Failed after 3 steps. The memory is full.");
});

test("those who hear the page are told of what matters, not of every step", () => {
  assert.equal(autoNews(auto("writing")), autoNews(auto("choosing", { step: 4 })));
  assert.equal(
    autoNews(auto("writing", { reaction: "It repeats itself: warmer" })),
    "It repeats itself: warmer",
  );
  assert.match(autoNews(auto("paused")), /paused/);
  assert.equal(autoSummary(auto("writing")), "Automatic writer · step 3");
  assert.equal(autoSummary(auto("ended")), "Automatic writer");
});

test("what was kept in the browser is brought into bounds", () => {
  assert.deepEqual(wishesFrom(null), { steps: 20, cards: 3, picker: "logprob" });
  assert.deepEqual(wishesFrom({ steps: null, cards: 99, picker: "random" }), {
    ...{ steps: null, cards: 9, picker: "random" },
  });
  assert.deepEqual([stepsOf(NaN), stepsOf(0), stepsOf(5000), stepsOf(2.4)], [20, 20, 1000, 2]);
  assert.deepEqual([cardsOf(NaN), cardsOf(1), cardsOf(4)], [3, 2, 4]);
});

test("it is started with what the page shows", () => {
  const settings = { fate_policy: "steps", candidate_tokens: 60, mode: "continue" };
  const wishes = { steps: null, cards: 4, picker: "gone" };
  const fields = /** @type {any} */ (
    startFields(page({ settings, autoWishes: wishes, parameters: [] }))
  );
  assert.equal(fields.policy, "steps");
  assert.equal(fields.picker, "logprob");
  assert.equal(fields.cards, 4);
  assert.ok(!("steps" in fields));
  assert.equal(fields.params.max_tokens, 60);
});
