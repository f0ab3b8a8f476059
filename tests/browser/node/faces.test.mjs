import assert from "node:assert/strict";
import { test } from "node:test";

import {
  meters,
  modelLine,
  primary,
  savedFace,
  status,
  waitedFace,
} from "../../../static/js/faces.js";
import { fieldsChanged } from "../../../static/js/memory/changes.js";
import { initialState } from "../../../static/js/store.js";

/** @typedef {import("../../../static/js/store.js").State} State */

const info = {
  architecture: "Llama",
  parameters: 134515008,
  vocabulary: 49152,
  context: 2048,
  precision: "fp32",
  threads: 1,
  device: "cpu",
  format: "chat",
  memory_bytes: 6e8,
  seconds: 0.8,
  croppable: true,
  notes: [],
};

/** @returns {any} */
const model = (more = {}) => ({
  key: "m",
  name: "M",
  modes: ["continue"],
  state: "ready",
  reason: "",
  mend: "",
  progress: null,
  info,
  ...more,
});

/** @returns {any} */
const run = (more = {}) => ({
  id: "r",
  story: "s",
  state: "running",
  reason: "",
  detail: "",
  message: "",
  model: "m",
  reading: null,
  holding: false,
  tokens_per_s: 24.06,
  used: 412,
  window: 2048,
  started: 1,
  ...more,
});

/** @param {Partial<State>} more @returns {State} */
const state = (more = {}) => ({
  ...initialState(),
  server: "here",
  story: "s",
  saved: 1,
  length: 10,
  models: [model()],
  defaultModel: "m",
  ...more,
});

const control = (/** @type {Partial<State>} */ more) => {
  const { action, label, disabled, reason } = primary(state(more));
  return { action, label, disabled, reason };
};

test("the primary control says what it will do", () => {
  assert.equal(control({}).label, "Write");
  assert.equal(control({ caretAtEnd: false }).label, "Write here");
  assert.equal(control({ runs: [run()] }).label, "Pause");
  assert.equal(control({ runs: [run({ state: "queued" })] }).action, "pause");
  assert.equal(control({ runs: [run({ state: "paused" })] }).label, "Resume");
  assert.equal(control({ runs: [run({ state: "ended", reason: "interrupted" })] }).label, "Resume");
  assert.equal(control({ runs: [run({ state: "ended", reason: "finished" })] }).label, "Write");
});

test("of two runs the one that writes has the control", () => {
  const runs = [run({ id: "a" }), run({ id: "b", state: "paused" })];
  assert.equal(control({ runs }).action, "pause");
});

test("a control that cannot work carries the reason", () => {
  assert.match(control({ server: "away" }).reason, /away/);
  assert.match(control({ server: "connecting" }).reason, /Connecting/);
  assert.match(control({ models: [], defaultModel: null }).reason, /No model/);
  const unusable = model({ state: "unusable", reason: "config.json is missing." });
  assert.match(control({ models: [unusable] }).reason, /config\.json is missing/);
  assert.match(control({ settings: { mode: "prompt" } }).reason, /prompt/);
  assert.equal(control({ settings: { mode: "prompt", prompt: "A fox." } }).disabled, false);
  assert.equal(control({ models: [model({ state: "unloaded", info: null })] }).disabled, false);
});

test("every state has its face", () => {
  const text = (/** @type {Partial<State>} */ more) => status(state(more)).text;
  assert.equal(text({}), "Ready");
  assert.equal(text({ server: "connecting" }), "Connecting");
  assert.equal(text({ server: "away" }), "Away from the server");
  assert.equal(text({ models: [], defaultModel: null }), "No model yet");
  const unusable = model({ state: "unusable" });
  assert.equal(text({ models: [unusable], defaultModel: null }), "No model can be used");
  assert.equal(text({ models: [model()], defaultModel: null }), "No model chosen");
  assert.equal(text({ trouble: "The disk is full." }), "Not stored");
  assert.equal(text({ server: "locked" }), "The access has changed");
  assert.equal(text({ runs: [run()] }), "Writing");
  assert.equal(text({ runs: [run({ used: 0 })] }), "Reading the story");
  assert.equal(text({ runs: [run({ state: "paused" })] }), "Paused");
  assert.equal(text({ runs: [run({ holding: true })] }), "Waiting while you type");
  assert.equal(
    text({ runs: [run({ reading: { done: 512, total: 1900 } })] }),
    "Reading 512 of 1,900 tokens",
  );
  assert.equal(text({ runs: [run({ state: "queued" })] }), "Waiting for its turn");
  assert.equal(text({ runs: [run({ state: "ended", reason: "interrupted" })] }), "Interrupted");
  assert.equal(
    text({ runs: [run({ state: "ended", reason: "failed", message: "No." })] }),
    "The run failed",
  );
  assert.equal(
    text({ runs: [run({ state: "ended", reason: "finished", detail: "paragraph" })] }),
    "Finished the paragraph",
  );
  assert.equal(text({ runs: [run({ state: "ended", reason: "stopped" })] }), "Ready");
  assert.equal(
    text({ models: [model({ state: "failed", reason: "Out of memory." })] }),
    "Model did not load",
  );
});

test("loading says its stage and how far it is, in bytes where they are known", () => {
  const progress = { stage: "downloading", done: 31e6, total: 93e6, unit: "bytes" };
  const loading = model({ state: "loading", progress, info: null });
  assert.equal(status(state({ models: [loading] })).text, "Downloading, 31 MB of 93 MB");
  assert.equal(
    status(state({ models: [loading], runs: [run({ state: "queued" })] })).text,
    "Downloading, 31 MB of 93 MB",
  );
  assert.ok(Math.abs((status(state({ models: [loading] })).done ?? 0) - 1 / 3) < 0.01);
  assert.equal(modelLine(loading), "Downloading, 31 MB of 93 MB");
});

test("every stage of loading is said in words, with the seconds beside it", () => {
  const loading = (/** @type {string} */ stage) =>
    model({ state: "loading", info: null, progress: { stage, done: 0, total: 0, unit: "" } });
  const said = (/** @type {string} */ stage) => status(state({ models: [loading(stage)] }));
  assert.equal(said("importing").text, "Starting the engine");
  assert.equal(said("checking").text, "Checking the model");
  assert.equal(said("measuring").text, "Trying its speed");
  assert.match(said("measuring").detail, /^M\. Once for this machine/);
  assert.equal(said("asking the hub").text, "Asking the hub");
  const models = [loading("importing")];
  assert.equal(waitedFace(state({ models, waited: { m: 12 } })), "12 s");
  assert.equal(waitedFace(state({ models, waited: { other: 12 } })), "");
  const queued = [run({ state: "queued", model: "other" })];
  assert.equal(waitedFace(state({ models, runs: queued, waited: { other: 7 } })), "7 s");
  assert.equal(waitedFace(state({ models, server: "away", waited: { m: 12 } })), "");
});

test("speed is shown while a run writes, the context while a run is at work", () => {
  assert.deepEqual(
    [meters(state({ runs: [run()] })).speed, meters(state({ runs: [run()] })).context],
    ["24.1 tokens/s", "412 / 2,048"],
  );
  assert.equal(meters(state({ runs: [run({ state: "paused" })] })).speed, "");
  assert.equal(meters(state({ runs: [run({ state: "paused" })] })).context, "412 / 2,048");
  assert.equal(meters(state({ runs: [run({ used: 0 })] })).context, "");
  assert.equal(meters(state({ runs: [run()], server: "away" })).speed, "");
  assert.equal(meters(state({ runs: [run({ state: "ended" })] })).context, "");
});

test("Saved is said only of what the server has", () => {
  assert.equal(savedFace(state()).text, "Saved");
  assert.equal(savedFace(state({ saved: null })).text, "");
  assert.equal(savedFace(state({ unsent: 1 })).text, "Saving");
  assert.equal(savedFace(state({ unsent: 1, server: "away" })).text, "Kept in this browser");
  const memoryChange = fieldsChanged({ note: "Calm." });
  assert.equal(savedFace(state({ memoryChange })).text, "Saving");
  assert.equal(savedFace(state({ memoryChange, server: "away" })).text, "Kept in this browser");
  const refused = { memoryChange, memoryTrouble: "It is too long." };
  assert.equal(savedFace(state(refused)).text, "Memory not stored");
});

test("a run that failed because its model did not load says what mends it", () => {
  const failed = run({ state: "ended", reason: "failed", message: "5 GB are needed." });
  const models = [model({ state: "failed", reason: failed.message, mend: "Close a program." })];
  assert.equal(
    status(state({ runs: [failed], models })).detail,
    "5 GB are needed. Close a program.",
  );
  assert.equal(status(state({ runs: [failed] })).detail, "5 GB are needed.");
});
