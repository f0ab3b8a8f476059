import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  NoPreset,
  freeName,
  presetText,
  readPreset,
} from "../../../static/js/sampling/preset_files.js";

const golden = new URL("../../protocol/golden/hello.json", import.meta.url);
/** @type {{parameters: any[], presets: any[]}} */
const { parameters, presets } = JSON.parse(readFileSync(golden, "utf-8"));
const defaults = Object.fromEntries(parameters.map((one) => [one.name, one.default]));
/** @param {string | object} data */
const read = (data, from = "") =>
  readPreset(typeof data === "string" ? data : JSON.stringify(data), from, parameters);

test("a preset is written with its name, its sentence and only what differs", () => {
  const params = { ...defaults, temperature: 1.1, dry_breakers: ["\n"] };
  const text = presetText({ name: "Mine", sentence: "Warm.", params }, parameters);
  assert.deepEqual(JSON.parse(text), {
    storygen_preset: 1,
    name: "Mine",
    sentence: "Warm.",
    params: { temperature: 1.1, dry_breakers: ["\n"] },
  });
});

test("what is written is read again as the same", () => {
  for (const preset of presets) {
    const back = read(presetText(preset, parameters), "other name.json");
    assert.deepEqual([back.name, back.sentence, back.leftOut], [preset.name, preset.sentence, []]);
    assert.deepEqual({ ...preset.params, ...defaults, ...back.params }, preset.params);
  }
});

test("fields of our own form that nobody knows are named", () => {
  const { leftOut, params } = read({
    storygen_preset: 1,
    params: { warmth: 2 },
    colour: 1,
    sentence: 4,
  });
  assert.deepEqual(
    leftOut.map(({ name }) => name),
    ["colour", "sentence"],
  );
  assert.deepEqual(params, { warmth: 2 }); // that the server knows no such parameter, it says itself
});

test("what is no preset is said to be none, and why", () => {
  const cases = /** @type {[string | object, RegExp][]} */ ([
    ["", /nothing in it/],
    ["{", /no JSON/],
    ["[1, 2]", /should be an object/],
    [{ colour: 1 }, /nothing in it is called/],
    [{ storygen_preset: 2, params: {} }, /another version \(2\)/],
    [{ storygen_preset: 1 }, /“params” is missing/],
    ["Once upon a time", /“Once upon a time” is no setting/],
  ]);
  for (const [text, message] of cases)
    assert.throws(
      () => read(text),
      (error) => error instanceof NoPreset && message.test(error.message),
      String(text),
    );
});

test("a preset of text-generation-webui is read from its lines", () => {
  const text =
    "temperature: 1.31\ntop_p: 0.14\nepsilon_cutoff: 1.49\ntop_k: 49 # few\ndo_sample: true\n";
  const { name, params, leftOut } = read(text, "Big O.yaml");
  assert.deepEqual([name, leftOut], ["Big O", []]);
  const { temperature, top_p, top_k, epsilon_cutoff, repetition_penalty } = params;
  assert.deepEqual([temperature, top_p, top_k], [1.31, 0.14, 49]);
  assert.equal(epsilon_cutoff, 0.000149);
  assert.equal(repetition_penalty, 1, "what it doesn't say is off");
});

test("a text completion preset of SillyTavern is read, and what has no counterpart is named", () => {
  const { params, leftOut } = read(
    {
      ...{ temp: 0.9, rep_pen: 1.15, rep_pen_range: 512, freq_pen: 0.1, top_k: -1, tfs: 0.95 },
      ...{ dynatemp: true, min_temp: 0.5, max_temp: 1.5, mirostat_mode: 2, mirostat_tau: 5 },
      ...{ dry_multiplier: 0.8, dry_sequence_breakers: '["\\n", ":"]', nsigma: 1.5 },
      ...{ guidance_scale: 1, skew: 0 },
    },
    "Warm.json",
  );
  assert.deepEqual(
    [params.repetition_penalty, params.repetition_range, params.frequency_penalty, params.top_k],
    [1.15, 512, 0.1, 0],
  );
  assert.deepEqual([params.tfs_z, params.top_n_sigma, params.mirostat_tau], [0.95, 1.5, 5]);
  assert.deepEqual([params.temperature, params.dynatemp_low, params.dynatemp_high], [1, 0.5, 1.5]);
  assert.deepEqual(params.dry_breakers, ["\n", ":"]);
  assert.deepEqual(
    leftOut.map(({ name }) => name),
    ["guidance_scale", "skew"],
  );
});

test("what elsewhere is switched off stays off", () => {
  const off = read({
    temp: 0.7,
    dynatemp: false,
    min_temp: 0.1,
    mirostat_mode: 0,
    mirostat_tau: 5,
  });
  assert.deepEqual([off.params.temperature, off.params.dynatemp_low], [0.7, 1]);
  assert.equal(off.params.mirostat_tau, 0);
  assert.equal(read({ temperature: 0.7, do_sample: false }).params.temperature, 0);
  assert.deepEqual(read({ temp: 1, dynatemp_range: 0.4 }).params.dynatemp_high, 1.4);
});

test("every parameter that another program's preset becomes is one that there is", () => {
  const known = new Set(parameters.map(({ name }) => name));
  const { params } = read({
    temp: 1,
    tfs: 1,
    nsigma: 0,
    dynatemp_range: 1,
    mirostat: 2,
    mirostat_tau: 3,
  });
  for (const name of Object.keys(params)) assert.ok(known.has(name), name);
});

test("a name that is taken gets a number", () => {
  assert.equal(freeName("Mine", ["Balanced"]), "Mine");
  assert.equal(freeName("Mine", ["Mine", "Mine 2"]), "Mine 3");
});
