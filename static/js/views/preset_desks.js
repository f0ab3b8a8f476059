/** What unfolds under the presets: saving one, giving one away, taking one in. */

import { h, setText } from "../dom.js";

/** @typedef {import("../protocol.js").Preset} Preset */
/** @typedef {import("../sampling/commands.js").SamplingCommands} SamplingCommands */
/** @typedef {import("../sampling/preset_files.js").LeftOut} LeftOut */
/** @typedef {{done: (preset: string) => void, cancelled: () => void}} DeskEvents */

const MOST_BYTES = 1_000_000;

/** A name and a sentence for the present setting, or others for a preset that is there. */
export class SaveDesk {
  /** @param {SamplingCommands} sampling @param {DeskEvents} on */
  constructor(sampling, on) {
    this.sampling = sampling;
    this.on = on;
    /** @type {Preset | null} the one that is being renamed */
    this.edited = null;
    this.name = field("input", "preset-name", { type: "text", maxlength: "60" });
    this.about = field("input", "preset-about", { type: "text", maxlength: "300" });
    this.problem = h("p", { class: "form-problem", id: "preset-problem", role: "status" });
    this.name.setAttribute("aria-describedby", this.problem.id);
    const save = h("button", { class: "quiet-button", type: "submit" }, "Save");
    this.element = h(
      "form",
      { class: "preset-desk", id: "preset-save", hidden: true },
      labelled("Name", this.name),
      labelled("What one will notice", this.about),
      h("div", { class: "preset-tools" }, save, textButton("Cancel", on.cancelled)),
      this.problem,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  /** @param {Preset | null} edited @param {Preset | undefined} suggested whose name stands there */
  open(edited, suggested) {
    this.edited = edited;
    const filled = edited ?? suggested;
    this.name.value = filled?.name ?? "";
    this.about.value = filled?.sentence ?? "";
    setText(this.problem, "");
    this.name.focus();
    if (edited) this.name.select();
  }

  async #save() {
    const [name, sentence] = [this.name.value.trim(), this.about.value.trim()];
    const { params } = this.edited ?? this.sampling;
    const was = this.edited ? { was: this.edited.name } : {};
    const problem = name
      ? await this.sampling.save({ name, sentence, params, ...was })
      : "Type a name first.";
    setText(this.problem, problem);
    if (problem) this.name.focus();
    else this.on.done(name);
  }
}

/** The present setting as a text that others can take in. */
export class ShareDesk {
  /** @param {SamplingCommands} sampling */
  constructor(sampling) {
    this.sampling = sampling;
    this.text = field("textarea", "preset-text", { rows: "7", readonly: true });
    this.text.classList.add("form-text");
    this.element = h(
      "div",
      { class: "preset-desk", id: "preset-share", hidden: true },
      labelled("What differs from the defaults", this.text),
      h(
        "div",
        { class: "preset-tools" },
        quietButton("Download", () => sampling.download()),
        quietButton("Copy", () => void sampling.copyFile()),
      ),
    );
  }

  open() {
    this.show();
    this.text.focus();
    this.text.setSelectionRange(0, 0);
    this.text.scrollTop = 0;
  }

  show() {
    const { text } = this.sampling.asFile();
    if (this.text.value !== text) this.text.value = text;
  }
}

/** A preset from a file, from what is pasted, or from a file that was dropped. */
export class ImportDesk {
  /** @param {SamplingCommands} sampling @param {DeskEvents} on */
  constructor(sampling, on) {
    this.sampling = sampling;
    this.on = on;
    this.text = field("textarea", "preset-paste", {
      rows: "4",
      placeholder: "Paste a preset, or drop its file here",
    });
    this.text.classList.add("form-text");
    this.file = h("input", {
      ...{ type: "file", hidden: true, accept: ".json,.yaml,.yml,.settings,.txt" },
      "aria-label": "File of a preset",
    });
    this.file.addEventListener("change", () => this.#picked());
    this.told = h("div", { class: "import-told", role: "status" });
    const line =
      "StoryGen’s own, and text completion presets of text-generation-webui, SillyTavern and KoboldAI.";
    this.element = h(
      "div",
      { class: "preset-desk", id: "preset-import", hidden: true },
      labelled("Preset", this.text),
      h("p", { class: "parameter-line" }, line),
      h(
        "div",
        { class: "preset-tools" },
        quietButton("Import", () => void this.#import(this.text.value, "")),
        quietButton("Choose a file", () => this.file.click()),
        textButton("Close", on.cancelled),
        this.file,
      ),
      this.told,
    );
  }

  open() {
    this.#tell("", []);
    this.text.focus();
  }

  #picked() {
    const [file] = this.file.files ?? [];
    if (file) void this.take(file);
    this.file.value = "";
  }

  /** @param {File} file */
  async take(file) {
    if (file.size > MOST_BYTES) this.#tell(`${file.name} is too large for a preset.`, []);
    else await this.#import(await file.text(), file.name);
  }

  /** @param {string} text @param {string} from the file's name; empty where it was pasted */
  async #import(text, from) {
    const answer = await this.sampling.import(text, from);
    if ("problem" in answer) {
      this.#tell(answer.problem, []);
      return;
    }
    this.text.value = "";
    const { name, leftOut } = answer;
    this.#tell(leftOut.length ? `“${name}” is imported. Left out:` : "", leftOut);
    if (!leftOut.length) this.on.done(name);
  }

  /** @param {string} words @param {LeftOut[]} leftOut */
  #tell(words, leftOut) {
    const items = grouped(leftOut).map(({ names, message }) =>
      h("li", {}, h("code", {}, names.join(", ")), `: ${message}`),
    );
    this.told.replaceChildren();
    if (words) this.told.append(h("p", {}, words));
    if (items.length) this.told.append(h("ul", {}, ...items));
    this.told.classList.toggle("is-wrong", words !== "" && !items.length);
  }
}

/** @param {LeftOut[]} leftOut @returns {{names: string[], message: string}[]} those of one message together */
function grouped(leftOut) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const { name, message } of leftOut) {
    const own = message.startsWith(`${name} `) ? message.slice(name.length + 1) : message;
    found.set(own, [...(found.get(own) ?? []), name]);
  }
  return [...found].map(([message, names]) => ({ names, message }));
}

/**
 * @template {"input" | "textarea"} T
 * @param {T} tag
 * @param {string} id
 * @param {object} more
 */
const field = (tag, id, more) =>
  h(tag, { class: "field", id, autocomplete: "off", spellcheck: "false", ...more });

/** @param {string} words @param {HTMLElement} control */
const labelled = (words, control) =>
  h("label", { class: "preset-label", for: control.id }, h("span", {}, words), control);

/** @param {string} words @param {() => void} then */
export const textButton = (words, then) =>
  h("button", { class: "text-button", type: "button", on: { click: then } }, words);

/** @param {string} words @param {() => void} then */
const quietButton = (words, then) =>
  h("button", { class: "quiet-button", type: "button", on: { click: then } }, words);
