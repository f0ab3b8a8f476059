/**
 * The form that a text must have: a grammar or a pattern, one of them at a time. What was typed into the
 * other is kept while the page is open.
 */

import { h, setAttributes, setText } from "../dom.js";
import { textProblem } from "../sampling/values.js";

/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").Params} Params */

const EXAMPLES = {
  grammar: 'root ::= "“" [^”]+ "”"',
  regex: "“[^”]+”",
};

export class FormField {
  /** @param {Parameter[]} parameters @param {(patch: Params) => void} changed */
  constructor(parameters, changed) {
    this.parameters = parameters;
    this.changed = changed;
    this.chosen = parameters[0];
    /** @type {Map<string, string>} what was typed, by parameter */
    this.typed = new Map();
    this.taken = "";
    this.chips = parameters.map((parameter) =>
      h(
        "button",
        { class: "chip", type: "button", on: { click: () => this.#choose(parameter) } },
        parameter.title,
      ),
    );
    const [{ sampler }] = parameters;
    const [line, problem] = [`form-line-${sampler}`, `form-problem-${sampler}`];
    this.line = h("p", { class: "parameter-line", id: line });
    this.problem = h("p", { class: "form-problem", id: problem, "aria-live": "polite" });
    this.area = h("textarea", {
      ...{ class: "field form-text", rows: "5", spellcheck: "false", autocapitalize: "off" },
      ...{ autocomplete: "off", wrap: "off", "aria-describedby": `${line} ${problem}` },
    });
    this.area.addEventListener("change", () => this.commit());
    this.area.addEventListener("input", () => this.#read());
    const chips = h("div", { class: "presets", role: "group", "aria-label": "Form" });
    chips.append(...this.chips);
    this.element = h("div", { class: "parameter" }, chips, this.line, this.area, this.problem);
    this.#showChosen();
  }

  /** @param {Params} params @param {string} wrong what was found wrong with it, else empty */
  show(params, wrong) {
    const set = this.parameters.find(({ name }) => params[name] !== "");
    const text = set ? String(params[set.name]) : "";
    if (set && set !== this.chosen) {
      this.chosen = set;
      this.#showChosen();
    }
    if (text !== this.taken) {
      this.typed.set(this.chosen.name, text);
      this.area.value = text;
    }
    this.taken = text;
    this.wrong = wrong;
    this.#say();
  }

  /** Takes what is typed. */
  commit() {
    const text = this.area.value;
    if (text === this.taken || textProblem(text, this.chosen)) return;
    const empty = Object.fromEntries(this.parameters.map(({ name }) => [name, ""]));
    this.taken = text;
    this.changed({ ...empty, [this.chosen.name]: text });
  }

  /** @param {Parameter} parameter */
  #choose(parameter) {
    if (parameter === this.chosen) return;
    this.typed.set(this.chosen.name, this.area.value);
    this.chosen = parameter;
    this.#showChosen();
    this.commit();
  }

  #showChosen() {
    const { name, title, sentence } = this.chosen;
    for (const [at, parameter] of this.parameters.entries())
      setAttributes(this.chips[at], { "aria-pressed": String(parameter === this.chosen) });
    this.area.value = this.typed.get(name) ?? "";
    setAttributes(this.area, {
      id: `parameter-${name}`,
      "aria-label": title,
      placeholder: EXAMPLES[/** @type {keyof typeof EXAMPLES} */ (name)] ?? "",
    });
    setText(this.line, sentence);
    this.#say();
  }

  #read() {
    this.typed.set(this.chosen.name, this.area.value);
    this.#say();
  }

  /** Too long, or found wrong as it stands; what is typed since then may be right. */
  #say() {
    const text = this.area.value;
    const problem = textProblem(text, this.chosen) || (text === this.taken && this.wrong) || "";
    setText(this.problem, problem);
    setAttributes(this.area, { "aria-invalid": problem ? "true" : false });
  }
}
