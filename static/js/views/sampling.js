/**
 * How the model chooses its words: presets, a picture of the next word, the chain of samplers, and where a
 * run ends. Values are the story's own; what was not touched stands where the preset or its default puts it.
 */

import { h } from "../dom.js";
import { ofTheRun } from "../sampling/chain.js";
import { NextWord } from "./next_word.js";
import { fieldOf } from "./parameter_fields.js";
import { SamplerChain } from "./sampler_chain.js";
import { SamplingPresets } from "./sampling_presets.js";

export class Sampling {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../session.js").Session} session
   * @param {import("../sampling/commands.js").SamplingCommands} sampling
   */
  constructor(store, connection, session, sampling) {
    this.store = store;
    this.sampling = sampling;
    this.presets = new SamplingPresets(store, sampling, () => this.chain.foldAway());
    this.chain = new SamplerChain(store, sampling);
    this.nextWord = new NextWord(store, connection, session, sampling, (refusal) =>
      this.chain.lookRefused(refusal),
    );
    /** @type {{name: string, field: import("./parameter_fields.js").Field}[]} */
    this.fields = [];
    this.ends = h("div", {});
    const ends = h(
      "details",
      { class: "parameter-group" },
      h("summary", {}, "Where it ends"),
      this.ends,
    );
    this.body = h(
      "div",
      { class: "sampling" },
      ...[this.presets.element, this.nextWord.element, this.chain.element, ends],
    );
    this.#dropHere();
  }

  start() {
    this.store.subscribe(["parameters"], () => this.#build());
    this.store.subscribe(["story"], () => this.chain.foldAway());
    this.store.subscribe(
      ["settings", "parameters", "presets", "defaultModel", "models", "runs", "sets"],
      () => this.#show(),
    );
    this.nextWord.start();
  }

  /** The panel shows it, after something else or for the first time. */
  opened() {
    this.chain.foldAway();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was for what is being moved here; what is typed in a field is taken
   *   before a key that writes
   */
  takesKey(event) {
    if (event.key === "Escape") return this.chain.letGo();
    const writes = event.key === "Enter" || event.key.toLowerCase() === "e";
    if (writes && (event.ctrlKey || event.metaKey)) this.chain.commit();
    return false;
  }

  #build() {
    this.fields = ofTheRun(this.store.state.parameters).map((parameter) => {
      const { name } = parameter;
      return {
        name,
        field: fieldOf(parameter, (value) => this.sampling.change({ [name]: value })),
      };
    });
    this.ends.replaceChildren(...this.fields.map(({ field }) => field.element));
    this.chain.build();
  }

  #show() {
    const { params } = this.sampling;
    this.presets.show();
    this.chain.show();
    for (const { name, field } of this.fields) field.show(params[name]);
  }

  /** A file that is dropped anywhere here is a preset to be taken in. */
  #dropHere() {
    const mark = (/** @type {boolean} */ on) => this.body.classList.toggle("is-dropping", on);
    const holdsFile = (/** @type {DragEvent} */ event) =>
      event.dataTransfer?.types.includes("Files") ?? false;
    this.body.addEventListener("dragover", (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      mark(true);
    });
    this.body.addEventListener("dragleave", (event) => {
      if (!(event.relatedTarget instanceof Node && this.body.contains(event.relatedTarget)))
        mark(false);
    });
    this.body.addEventListener("drop", (event) => {
      const [file] = event.dataTransfer?.files ?? [];
      mark(false);
      if (!file) return;
      event.preventDefault();
      this.presets.take(file);
    });
  }
}
