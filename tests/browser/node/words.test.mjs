import assert from "node:assert/strict";
import { test } from "node:test";

import {
  agoText,
  bytesText,
  counted,
  durationText,
  percentText,
} from "../../../static/js/format.js";
import { effectiveParams } from "../../../static/js/parameters.js";
import { initialState } from "../../../static/js/store.js";
import { fileName, markdown } from "../../../static/js/views/export.js";
import { SentenceBuffer } from "../../../static/js/views/live_region.js";
import { ranked } from "../../../static/js/views/palette.js";

test("sentences come out whole, with their closing quotes", () => {
  const buffer = new SentenceBuffer();
  assert.deepEqual(buffer.add("“Who is th"), []);
  assert.deepEqual(buffer.add("ere?” she asked. No"), ["“Who is there?”", "she asked."]);
  assert.deepEqual(buffer.add(" one\nNext"), ["No one"]);
  assert.equal(buffer.rest(), "Next");
  assert.equal(buffer.rest(), "");
});

test("a sentence in a script without spaces ends at its own full stop", () => {
  assert.deepEqual(new SentenceBuffer().add("雨が降った。\nそして"), ["雨が降った。"]);
});

test("a decimal number does not end a sentence", () => {
  assert.deepEqual(new SentenceBuffer().add("It was 3.5 miles"), []);
});

test("Markdown escapes what would be markup and keeps paragraphs apart", () => {
  const text = "# not a heading\n\n1. not a list\n*stars* and [links] <b>";
  assert.equal(
    markdown("T", text),
    "# T\n\n\\# not a heading\n\n1\\. not a list\n\n\\*stars\\* and \\[links\\] \\<b\\>\n",
  );
});

test("a file's name has no characters that a file system refuses", () => {
  assert.equal(fileName('a/b\\c:d*e?"f<g>|h'), "a b c d e  f g  h");
  assert.equal(fileName("///"), "Story");
});

test("the palette finds by the beginnings of words, titles that begin so first", () => {
  const entries = ["New story", "Stories", "Move this story to the bin"].map((title) => ({
    title,
  }));
  const found = ranked(entries, "stor").map((entry) => entry.title);
  assert.deepEqual(found, ["Stories", "New story", "Move this story to the bin"]);
  assert.deepEqual(ranked(entries, "stor bin").length, 1);
  assert.deepEqual(ranked(entries, "xyz"), []);
});

test("numbers read as a person says them", () => {
  assert.equal(bytesText(93_400_000), "93 MB");
  assert.equal(bytesText(1_250_000_000), "1.3 GB");
  assert.equal(durationText(0.82), "0.8 s");
  assert.equal(durationText(600), "10 min");
  assert.equal(percentText(0.404), "40 %");
  assert.equal(counted(1, "word"), "1 word");
  assert.equal(counted(1200, "word"), "1,200 words");
  assert.equal(agoText(1000, 1030), "just now");
  assert.equal(agoText(1000, 1000 + 600), "10 min ago");
});

test("a run is told the story's own values, else the preset's, else the defaults", () => {
  const parameter = (name, usual) => /** @type {any} */ ({ name, default: usual });
  const state = {
    ...initialState(),
    parameters: [parameter("temperature", 0.8), parameter("top_k", 0), parameter("min_p", 0.05)],
    presets: [
      { name: "Bold", sentence: "", params: { temperature: 1.2, top_k: 5 }, builtin: true },
    ],
    settings: { preset: "Bold", params: { top_k: 9 } },
  };
  assert.deepEqual(effectiveParams(state), { temperature: 1.2, top_k: 9, min_p: 0.05 });
});
