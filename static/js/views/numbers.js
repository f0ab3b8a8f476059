/** Counts of the story, the run and the model. Counted when the panel is open and the hand rests. */

import { h } from "../dom.js";
import { activeRun, chosenModel } from "../faces.js";
import { bytesText, durationText, numberText, percentText } from "../format.js";

const REST_MS = 400;

export class Numbers {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../session.js").Session} session
   */
  constructor(store, session) {
    this.store = store;
    this.session = session;
    this.body = h("div", {});
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.counts = { words: 0, model: 0 };
  }

  start() {
    this.store.subscribe(["right", "length", "story"], (state) => {
      if (state.right === "numbers") this.#countSoon();
    });
    this.store.subscribe(["right", "runs", "models", "settings"], (state) => {
      if (state.right === "numbers") this.#show();
    });
  }

  #countSoon() {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.counts = this.session.page?.counts() ?? { words: 0, model: 0 };
      this.#show();
    }, REST_MS);
  }

  #show() {
    const { state } = this.store;
    this.body.replaceChildren(...this.#story(state.length), ...this.#run(), ...this.#model());
  }

  /** @param {number} length */
  #story(length) {
    const { words, model } = this.counts;
    return group("Story", [
      ["Words", numberText(words)],
      ["Characters", numberText(length)],
      ["Written by the model", length ? percentText(model / length) : "–"],
    ]);
  }

  #run() {
    const { runs } = this.store.state;
    const run = activeRun(runs) ?? runs.at(-1);
    if (!run) return [];
    return group("Run", [
      ["Tokens", numberText(run.next_index)],
      ["Tokens per second", run.tokens_per_s ? run.tokens_per_s.toFixed(1) : "–"],
      ["Context used", run.window ? `${numberText(run.used)} of ${numberText(run.window)}` : "–"],
      ["Seed", String(run.seed)],
      ["Model", run.model_name],
    ]);
  }

  #model() {
    const info = chosenModel(this.store.state)?.info;
    if (!info) return [];
    const rows = [
      ["Architecture", info.architecture],
      ["Parameters", `${numberText(Math.round(info.parameters / 1e6))} M`],
      ["Vocabulary", numberText(info.vocabulary)],
      ["Reads at most", `${numberText(info.context)} tokens`],
      ["Precision", info.precision],
      [
        "Runs on",
        info.device === "cpu"
          ? `CPU, ${info.threads} thread${info.threads === 1 ? "" : "s"}`
          : info.device,
      ],
      ["Memory", bytesText(info.memory_bytes)],
      ["Loaded in", durationText(info.seconds)],
      ["Prompt format", info.format],
    ];
    const notes = info.notes.map((note) => h("p", { class: "panel-line" }, note));
    return [...group("Model", rows), ...notes];
  }
}

/** @param {string} heading @param {string[][]} rows */
function group(heading, rows) {
  const list = h("dl", { class: "numbers" });
  for (const [name, value] of rows)
    list.append(h("div", {}, h("dt", {}, name), h("dd", {}, value)));
  return [h("h2", { class: "group" }, heading), list];
}
