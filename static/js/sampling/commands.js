/**
 * What the writer can do with samplers and presets, as changes of the story's settings and calls to the
 * server. Failures are said in words; nothing here draws.
 */

import { copyText, downloadFile } from "../away.js";
import { wordsOfError } from "../failures.js";
import { effectiveParams, presetName } from "../parameters.js";
import { fileName } from "../views/export.js";
import { same } from "./chain.js";
import { NoPreset, freeName, presetText, readPreset } from "./preset_files.js";

/** @typedef {import("../protocol.js").Params} Params */
/** @typedef {import("../protocol.js").Preset} Preset */
/** @typedef {import("./preset_files.js").LeftOut} LeftOut */
/** @typedef {{name: string, leftOut: LeftOut[]}} Imported */

export class SamplingCommands {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../commands.js").Commands} commands
   * @param {import("../views/toasts.js").Toasts} toasts
   */
  constructor(store, connection, commands, toasts) {
    this.store = store;
    this.connection = connection;
    this.commands = commands;
    this.toasts = toasts;
  }

  /** @returns {Params} as they stand */
  get params() {
    return effectiveParams(this.store.state);
  }

  /** @param {Params} patch */
  change(patch) {
    this.commands.changeSettings({ params: { ...this.params, ...patch } });
  }

  /** @param {string} words what happened @param {string} name of the parameter @param {Params} before */
  offerBack(words, name, before) {
    this.toasts.offer(words, "Undo", () => this.change({ [name]: before[name] }));
  }

  /** @returns {Preset | undefined} the one whose values these are; of several the one that was chosen */
  chosen() {
    const { presets, settings, parameters } = this.store.state;
    const now = this.params;
    const named = presets.filter(({ name }) => name === settings.preset);
    return [...named, ...presets].find(({ params }) =>
      parameters.every(({ name, default: usual }) => same(now[name], params[name] ?? usual)),
    );
  }

  /** @param {Preset} preset what was one's own and has no name can be brought back */
  choose(preset) {
    const { settings } = this.store.state;
    const [before, named] = [this.params, settings.preset];
    const isLost = !this.chosen();
    this.commands.changeSettings({ preset: preset.name, params: { ...preset.params } });
    if (!isLost) return;
    this.toasts.offer(`${preset.name} took the place of your own setting.`, "Undo", () =>
      this.#backTo(before, named),
    );
  }

  /** @returns {Preset | undefined} the one that was chosen, whether its values stand or were changed */
  named() {
    const name = presetName(this.store.state);
    return this.store.state.presets.find((preset) => preset.name === name);
  }

  /** @param {Params} params @param {string | null} [preset] */
  #backTo(params, preset = null) {
    this.commands.changeSettings({ params, preset });
  }

  /**
   * @param {{name: string, sentence: string, params: Params, was?: string}} preset
   * @returns {Promise<string>} what is wrong with it, else empty
   */
  async save({ name, sentence, params, was }) {
    const before = this.store.state.presets.find((preset) => preset.name === name);
    const fields = { name, sentence, params, ...(was ? { was } : {}) };
    const problem = await this.#store("preset_save", fields);
    if (problem) return problem;
    this.commands.changeSettings({ preset: name });
    if (before && before.name !== was) {
      this.toasts.offer(`${name} has other values now.`, "Undo", () => void this.save(before));
    }
    return "";
  }

  /** @param {Preset} preset */
  async remove(preset) {
    const problem = await this.#store("preset_delete", { name: preset.name });
    if (problem) {
      this.toasts.say(problem, "error");
      return;
    }
    this.toasts.offer(`Removed ${preset.name}.`, "Undo", () => void this.save(preset));
  }

  /** @param {"preset_save" | "preset_delete"} event @param {object} fields @returns {Promise<string>} */
  async #store(event, fields) {
    try {
      const { presets } = await this.connection.call(event, fields);
      this.store.set({ presets });
      return "";
    } catch (error) {
      return wordsOfError(error);
    }
  }

  // -------------------------------------------------------------------- sharing

  /** @returns {{name: string, text: string}} the present setting as a file */
  asFile() {
    const { parameters } = this.store.state;
    const chosen = this.chosen();
    const named = this.named();
    const name = chosen?.name ?? (named ? `${named.name}, changed` : "My setting");
    const sentence = chosen?.sentence ?? "";
    return { name, text: presetText({ name, sentence, params: this.params }, parameters) };
  }

  copyFile() {
    return copyText(this.asFile().text, this.toasts);
  }

  download() {
    const { name, text } = this.asFile();
    downloadFile(`${fileName(name)}.json`, text, "application/json");
  }

  /**
   * Keeps a preset from elsewhere and chooses it. What is unknown in it, or wrong, is left out and named.
   *
   * @param {string} text
   * @param {string} from the file's name; empty where it was pasted
   * @returns {Promise<Imported | {problem: string}>}
   */
  async import(text, from) {
    const { presets, parameters, settings } = this.store.state;
    const [before, named] = [this.params, settings.preset];
    try {
      const read = readPreset(text, from, parameters);
      const { params, wrong } = await this.connection.call("preset_check", { params: read.params });
      const name = freeName(
        read.name,
        presets.map((preset) => preset.name),
      );
      const saved = { name, sentence: read.sentence, params };
      const stored = await this.connection.call("preset_save", saved);
      this.store.set({ presets: stored.presets });
      const preset = stored.presets.find((/** @type {Preset} */ one) => one.name === name);
      this.commands.changeSettings({ preset: name, params: { ...preset.params } });
      this.toasts.offer(`“${name}” is imported.`, "Undo", () => {
        void this.#store("preset_delete", { name });
        this.#backTo(before, named);
      });
      return { name, leftOut: [...wrong, ...read.leftOut] };
    } catch (error) {
      return { problem: error instanceof NoPreset ? error.message : wordsOfError(error) };
    }
  }
}
