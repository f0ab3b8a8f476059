/** The bar on top: title, Saved, what the run does, mode, model, and the one primary control. */

import { keyText } from "../actions.js";
import { byId, setAttributes, setText } from "../dom.js";
import { titleOf } from "../titles.js";
import {
  activeRun,
  chosenModel,
  meters,
  modelLine,
  primary,
  savedFace,
  status,
  waitedFace,
} from "../faces.js";
import { Menu } from "./menu.js";

/** @typedef {import("../store.js").State} State */

const MODES = {
  continue: { name: "Continue story", line: "The model goes on from the text" },
  prompt: { name: "Writing prompt", line: "The model writes a story to a prompt" },
};
const RANK = { ready: 0, loading: 1, starting: 1, unloaded: 2, failed: 3, unusable: 4 };

export class Topbar {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   * @param {import("../models_on_disk.js").ModelsOnDisk} modelsOnDisk
   */
  constructor(store, commands, modelsOnDisk) {
    this.store = store;
    this.commands = commands;
    this.title = /** @type {HTMLInputElement} */ (byId("title"));
    this.primary = /** @type {HTMLButtonElement} */ (byId("primary"));
    this.stopButton = byId("stop");
    this.modeMenu = new Menu(byId("mode-button"), "Mode", () => this.#modes());
    this.modelMenu = new Menu(
      byId("model-button"),
      "Model",
      () => this.#models(),
      () => modelsOnDisk.look(),
    );
  }

  start() {
    const { store } = this;
    this.primary.addEventListener("click", (event) => {
      // A mouse leaves the caret in the text, so that one can type at once; keys and touch stay here.
      if (event.detail > 0 && matchMedia("(pointer: fine)").matches)
        this.commands.session.page?.focus();
      void this.commands.primary();
    });
    this.stopButton.addEventListener("click", () => void this.commands.stop());
    this.title.addEventListener("change", () => this.#renamed());
    this.title.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.title.blur();
    });
    store.subscribe(["story", "stories"], (state) => this.#showTitle(state));
    store.subscribe(
      ["unsent", "memoryChange", "memoryTrouble", "server", "story", "saved"],
      (state) => this.#showSaved(state),
    );
    const running = /** @type {const} */ ([
      "runs",
      "server",
      "trouble",
      "models",
      "settings",
      "caretAtEnd",
      "length",
      "story",
      "defaultModel",
    ]);
    store.subscribe([...running], (state) => this.#showRun(state));
    // Apart from the words, which are told to screen readers: nobody wants to hear every second.
    store.subscribe(["waited", "runs", "models", "settings", "server"], (state) =>
      setText(byId("waited"), waitedFace(state)),
    );
    store.subscribe(["settings", "models", "defaultModel", "notes"], (state) =>
      this.#showChoices(state),
    );
  }

  /** Puts the writer into the title's field. */
  rename() {
    this.title.focus();
    this.title.select();
  }

  /** @param {State} state */
  #showTitle(state) {
    const story = state.stories.find((one) => one.id === state.story);
    if (document.activeElement !== this.title) this.title.value = titleOf(story);
    this.title.disabled = !story;
    document.title = titleOf(story) ? `${titleOf(story)} · StoryGen` : "StoryGen";
  }

  #renamed() {
    const { story } = this.store.state;
    if (story) void this.commands.rename(story, this.title.value.trim());
  }

  /** @param {State} state */
  #showSaved(state) {
    const { text, kind } = savedFace(state);
    const saved = byId("saved");
    setText(saved, text);
    setAttributes(saved, { "data-kind": kind });
  }

  /** @param {State} state */
  #showRun(state) {
    this.#showStatus(state);
    const face = primary(state);
    setText(byId("primary-label"), face.label);
    setText(byId("primary-key"), keyText(face.action === "pause" ? "Escape" : "Mod+Enter"));
    setText(byId("primary-reason"), face.reason || face.hint);
    setAttributes(this.primary, {
      title: face.reason || face.hint,
      "data-action": face.action,
      "aria-disabled": String(face.disabled),
    });
    const stoppable = activeRun(state.runs) !== null && state.server === "here";
    setAttributes(this.stopButton, { hidden: !stoppable });
  }

  /** @param {State} state */
  #showStatus(state) {
    const face = status(state);
    setAttributes(byId("status"), { "data-kind": face.kind, title: face.detail });
    setText(byId("status-words"), face.text);
    const { speed, context, contextTitle } = meters(state);
    setText(byId("speed"), speed);
    setText(byId("context"), context);
    setAttributes(byId("context"), { title: contextTitle });
    const progress = byId("progress");
    setAttributes(progress, { hidden: face.done === null });
    if (face.done !== null) progress.style.setProperty("--done", String(face.done));
  }

  /** @param {State} state */
  #showChoices(state) {
    const model = chosenModel(state);
    setText(byId("mode-name"), MODES[state.settings.mode ?? "continue"].name);
    setText(byId("model-name"), model?.name ?? "No model");
    byId("model-button").dataset.state = model?.state ?? "none";
    const said = model ? modelLine(model) : "No model is here yet";
    byId("model-button").title = `${said} (${keyText("Alt+l")})`;
    byId("mode-button").title =
      `${MODES[state.settings.mode ?? "continue"].line} (${keyText("Alt+w")})`;
    this.modelMenu.refresh();
    this.modeMenu.refresh();
  }

  /** @returns {import("./menu.js").Item[]} */
  #modes() {
    const now = this.store.state.settings.mode ?? "continue";
    return /** @type {("continue" | "prompt")[]} */ (["continue", "prompt"]).map((mode) => ({
      label: MODES[mode].name,
      line: MODES[mode].line,
      checked: mode === now,
      then: () => this.commands.changeSettings({ mode }),
    }));
  }

  #models() {
    const { state } = this.store;
    const mode = state.settings.mode ?? "continue";
    const chosen = chosenModel(state)?.key;
    const fit = state.models.filter((model) => model.modes.includes(mode) || model.key === chosen);
    const sorted = [...fit].sort((a, b) => RANK[a.state] - RANK[b.state]);
    /** @type {(import("./menu.js").Item | import("./menu.js").Heading)[]} */
    const items = [];
    for (const model of sorted) {
      if (model.state === "unusable" && !items.some((item) => item.heading))
        items.push({ heading: "Cannot be used" });
      items.push({
        id: model.key,
        label: model.name,
        line: modelLine(model),
        checked: model.key === chosen,
        disabled: model.state === "unusable",
        then: () => void this.commands.chooseModel(model.key),
      });
    }
    for (const note of state.notes)
      items.push({ heading: `config.js: ${note.message} ${note.mend}`.trim() });
    if (!fit.length) items.push({ heading: "Put a model's folder or a .gguf file into models/." });
    const loaded = state.models.find((model) => model.key === chosen && model.state === "ready");
    if (loaded) {
      items.push({
        label: `Unload ${loaded.name}`,
        line: "Frees its memory",
        then: () => void this.commands.unloadModel(loaded.key),
      });
    }
    return items;
  }
}
