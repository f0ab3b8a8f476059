/**
 * How the model chooses its words: presets, and every parameter with a slider, a number and a sentence.
 *
 * Values are the story's own; a parameter that was not touched stands where the preset or its default puts it.
 */

import { h } from "../dom.js";
import { effectiveParams } from "../parameters.js";

/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").Params} Params */
/** @typedef {import("../protocol.js").Preset} Preset */

const CHOICES = {
  endless: "I stop it",
  tokens: "So many tokens",
  sentence: "End of sentence",
  paragraph: "End of paragraph",
  stop: "Stop",
  go_on: "Go on",
};
/** Always in sight, and in this order; the rest is folded away. */
const FIRST = ["temperature", "min_p", "repetition_penalty"];
const ENDS = ["limit", "max_tokens", "min_tokens", "stop", "at_end_of_text"];
/** Kinds that have a control here; the others keep their values. */
const SHOWN = new Set(["number", "integer", "strings", "choice"]);
const SCALED = 1000;

export class Sampling {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   */
  constructor(store, commands) {
    this.store = store;
    this.commands = commands;
    this.presets = h("div", { class: "presets", role: "group", "aria-label": "Presets" });
    this.sentence = h("p", { class: "panel-line" });
    this.rows = h("div", { class: "parameters" });
    this.name = h("input", {
      class: "field",
      type: "text",
      maxlength: "60",
      "aria-label": "Name of the new preset",
      placeholder: "Name",
    });
    const save = h("button", { class: "text-button", type: "submit" }, "Save as preset");
    const form = h("form", { class: "save-preset" }, this.name, save);
    form.addEventListener("submit", (event) => this.#save(event));
    this.body = h("div", {}, this.presets, this.sentence, this.rows, form);
    /** @type {Map<string, (value: number | string | string[]) => void>} */
    this.show = new Map();
  }

  start() {
    this.store.subscribe(["parameters"], () => this.#build());
    this.store.subscribe(["presets", "settings"], () => this.#showPresets());
    this.store.subscribe(["settings", "parameters", "presets", "defaultModel"], () =>
      this.#showValues(),
    );
  }

  /** @param {Parameter} parameter */
  #value(parameter) {
    return effectiveParams(this.store.state)[parameter.name];
  }

  /** @param {string} name @param {number | string | string[]} value */
  #change(name, value) {
    const params = effectiveParams(this.store.state);
    this.commands.changeSettings({ params: { ...params, [name]: value } });
  }

  /** @param {Preset} preset @param {Params} now @returns {boolean} whether these are the preset's values */
  #isSet(preset, now) {
    return this.store.state.parameters.every(({ name, default: usual }) => {
      return JSON.stringify(now[name]) === JSON.stringify(preset.params[name] ?? usual);
    });
  }

  #build() {
    this.show.clear();
    const { parameters } = this.store.state;
    const named = (/** @type {string[]} */ names) =>
      names.flatMap((name) => parameters.filter((parameter) => parameter.name === name));
    const known = [...FIRST, ...ENDS];
    const rest = parameters.filter(({ name, kind }) => !known.includes(name) && SHOWN.has(kind));
    this.rows.replaceChildren(
      ...named(FIRST).map((parameter) => this.#row(parameter)),
      this.#group("Where it ends", named(ENDS)),
      this.#group("More", rest),
    );
  }

  /** @param {string} title @param {Parameter[]} parameters */
  #group(title, parameters) {
    const rows = parameters.map((parameter) => this.#row(parameter));
    return h("details", { class: "parameter-group" }, h("summary", {}, title), ...rows);
  }

  #showValues() {
    for (const parameter of this.store.state.parameters)
      this.show.get(parameter.name)?.(this.#value(parameter));
  }

  #showPresets() {
    const { presets, settings } = this.store.state;
    const now = effectiveParams(this.store.state);
    const named = presets.filter((preset) => preset.name === settings.preset);
    const chosen = [...named, ...presets].find((preset) => this.#isSet(preset, now));
    this.presets.replaceChildren(
      ...presets.map((preset) => this.#preset(preset, preset === chosen)),
    );
    this.sentence.replaceChildren(chosen ? chosen.sentence : "Your own setting.");
    if (chosen && !chosen.builtin) {
      const remove = () => void this.commands.deletePreset(chosen.name);
      this.sentence.append(
        " ",
        h("button", { class: "text-button", type: "button", on: { click: remove } }, "Remove"),
      );
    }
  }

  /** @param {Preset} preset @param {boolean} chosen */
  #preset(preset, chosen) {
    const choose = () =>
      this.commands.changeSettings({ preset: preset.name, params: { ...preset.params } });
    return h(
      "button",
      {
        class: "chip",
        type: "button",
        title: preset.sentence,
        "aria-pressed": String(chosen),
        on: { click: choose },
      },
      preset.name,
    );
  }

  /** @param {Parameter} parameter */
  #row(parameter) {
    if (parameter.kind === "choice") return this.#choiceRow(parameter);
    if (parameter.kind === "strings") return this.#stringsRow(parameter);
    return this.#numberRow(parameter);
  }

  /**
   * @param {Parameter} parameter
   * @param {HTMLElement} control
   * @param {HTMLElement[]} below
   */
  #frame(parameter, control, ...below) {
    const sentence = h(
      "p",
      { class: "parameter-line", id: `line-${parameter.name}` },
      parameter.sentence,
    );
    control.setAttribute("aria-describedby", sentence.id);
    control.id = `parameter-${parameter.name}`;
    const label = h("label", { for: control.id }, parameter.title);
    return h(
      "div",
      { class: "parameter" },
      h("div", { class: "parameter-head" }, label, control),
      ...below,
      sentence,
    );
  }

  /** @param {Parameter} parameter */
  #numberRow(parameter) {
    const { low, high, name } = parameter;
    const bounds = { min: String(low), max: String(high) };
    const step = String(parameter.step);
    const field = h("input", { class: "number", type: "number", ...bounds, step });
    const slider = h("input", {
      class: "slider",
      type: "range",
      min: "0",
      max: String(SCALED),
      step: "1",
      "aria-label": parameter.title,
    });
    const curve = curveOf(parameter);
    slider.addEventListener("input", () =>
      this.#change(name, curve.toValue(slider.valueAsNumber / SCALED)),
    );
    field.addEventListener("change", () => {
      const value = Number.isFinite(field.valueAsNumber)
        ? field.valueAsNumber
        : Number(parameter.default);
      this.#change(name, Math.min(Number(bounds.max), Math.max(Number(bounds.min), value)));
    });
    const row = this.#frame(parameter, field, slider);
    this.show.set(name, (value) => {
      const number = Number(value);
      if (document.activeElement !== field) field.value = String(number);
      const at = curve.toShare(number);
      slider.value = String(Math.round(at * SCALED));
      slider.setAttribute("aria-valuetext", String(number));
      slider.style.setProperty("--at", String(at));
      row.classList.toggle("is-off", number === parameter.neutral);
    });
    return row;
  }

  /** @param {Parameter} parameter */
  #choiceRow(parameter) {
    const options = parameter.choices.map((choice) =>
      h(
        "option",
        { value: choice },
        CHOICES[/** @type {keyof typeof CHOICES} */ (choice)] ?? choice.replaceAll("_", " "),
      ),
    );
    const select = h("select", { class: "field" }, ...options);
    select.addEventListener("change", () => this.#change(parameter.name, select.value));
    this.show.set(parameter.name, (value) => {
      select.value = String(value);
    });
    return this.#frame(parameter, select);
  }

  /** @param {Parameter} parameter */
  #stringsRow(parameter) {
    const attributes = { class: "field", rows: "2", spellcheck: "false" };
    const area = h("textarea", { ...attributes, placeholder: "One on each line" });
    area.addEventListener("change", () => {
      this.#change(
        parameter.name,
        area.value.split("\n").filter((line) => line !== ""),
      );
    });
    this.show.set(parameter.name, (value) => {
      if (document.activeElement !== area)
        area.value = Array.isArray(value) ? value.join("\n") : String(value);
    });
    return this.#frame(parameter, area);
  }

  /** @param {Event} event */
  #save(event) {
    event.preventDefault();
    const name = this.name.value.trim();
    if (!name) {
      this.name.focus();
      return;
    }
    this.name.value = "";
    void this.commands.savePreset(name, effectiveParams(this.store.state));
  }
}

/**
 * A slider's travel. A range of hundreds is spread by its square root, so that small values can be met.
 *
 * @param {Parameter} parameter
 */
function curveOf({ low, high, step }) {
  const span = high - low;
  const power = span > 100 ? 3 : 1;
  return {
    /** @param {number} share */
    toValue: (share) =>
      Number((low + Math.round((span * share ** power) / step) * step).toFixed(4)),
    /** @param {number} value */
    toShare: (value) => Math.max(0, Math.min(1, (value - low) / span)) ** (1 / power),
  };
}
