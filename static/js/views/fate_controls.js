/**
 * How fate draws: by what, whether that is hidden, and between which values. Stands in the panel of candidates while
 * they are written by fate.
 */

import { POLICIES, fateWishes, pickerWords, rangeProblem, rangesLine } from "../candidates/fate.js";
import { h, setAttributes, setText } from "../dom.js";
import { reasonOfServer } from "../faces.js";
import { percentText } from "../format.js";
import { readNumber } from "../sampling/values.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").FateRanges} FateRanges */
/** @typedef {import("../protocol.js").FateRange} FateRange */
/** @typedef {import("../protocol.js").Parameter} Parameter */

const SCALES = { fixed: "as in Sampling", uniform: "evenly", log: "by factors" };
const MOST_PERCENT = 100;
const BLIND_LINE = "What was drawn shows when you have taken a card, so that you judge the text.";
const BY_ITSELF_LINE = "Anew after every twenty choices, beside whatever writes.";
const SHARED_LINE =
  "Whether this story’s choices may go into a dataset that you export. Nothing leaves this machine by itself.";

export class FateControls {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   * @param {import("../candidates/commands.js").CandidateCommands} candidates
   */
  constructor(store, commands, candidates) {
    this.store = store;
    this.commands = commands;
    this.candidates = candidates;
    this.policy = this.#policy();
    this.policyLine = h("p", { class: "parameter-line", id: "fate-policy-line" });
    this.blind = this.#switch("fate-blind", () =>
      commands.changeSettings({ fate_blind: !this.#wishes().blind }),
    );
    this.shared = this.#switch("fate-shared", () =>
      commands.changeSettings({ choices_shared: !store.state.settings.choices_shared }),
    );
    this.expects = this.#switch("fate-expects", () =>
      commands.changeSettings({ fate_expects: !store.state.settings.fate_expects }),
    );
    this.learnedLine = h("p", { class: "parameter-line", id: "fate-expects-line" });
    this.learn = h(
      "button",
      { class: "text-button", type: "button", on: { click: () => void this.#learn() } },
      "Learn from what I took",
    );
    this.byItself = this.#switch(
      "fate-by-itself",
      () => void candidates.learnByItself(!store.state.picker.by_itself),
    );
    this.short = h("span", {});
    /** @type {Map<string, RangeRow>} */
    this.rows = new Map();
    /** @type {Map<string, CouplingRow>} */
    this.couplings = new Map();
    this.rowList = h("div", { class: "fate-rows" });
    this.couplingList = h("div", { class: "fate-couplings" });
    this.plain = h(
      "button",
      {
        ...{ class: "text-button", type: "button" },
        on: { click: () => commands.changeSettings({ fate_ranges: null }) },
      },
      "As they were",
    );
    const head = (/** @type {string} */ words, /** @type {HTMLElement} */ control) =>
      h("div", { class: "parameter-head" }, h("label", { for: control.id }, words), control);
    const line = (/** @type {string} */ id, /** @type {string} */ words) =>
      h("p", { class: "parameter-line", id }, words);
    this.element = h(
      "div",
      { class: "fate" },
      head("Drawn by", this.policy),
      this.policyLine,
      h(
        "details",
        { class: "fate-ranges" },
        h("summary", {}, this.short),
        head("Blind", this.blind),
        line("fate-blind-line", BLIND_LINE),
        this.rowList,
        this.couplingList,
        this.plain,
        head("Expect my choice", this.expects),
        this.learnedLine,
        this.learn,
        head("Learn by itself", this.byItself),
        line("fate-by-itself-line", BY_ITSELF_LINE),
        head("May be exported", this.shared),
        line("fate-shared-line", SHARED_LINE),
      ),
    );
  }

  start() {
    this.store.subscribe(["settings", "parameters", "fateRanges"], (state) => this.#show(state));
    this.store.subscribe(["picker", "settings", "server"], (state) => this.#showPicker(state));
  }

  #wishes() {
    const { settings, fateRanges } = this.store.state;
    return fateWishes(settings, fateRanges);
  }

  /** @param {string} id @param {() => void} press */
  #switch(id, press) {
    const described = { "aria-checked": "false", "aria-describedby": `${id}-line` };
    const attributes = { class: "switch", type: "button", role: "switch", id, ...described };
    return h("button", { ...attributes, on: { click: press } });
  }

  #policy() {
    const options = Object.entries(POLICIES).map(([value, [name]]) => h("option", { value }, name));
    const attributes = { id: "fate-policy", "aria-describedby": "fate-policy-line" };
    const select = h("select", { class: "field", ...attributes }, ...options);
    select.addEventListener("change", () => {
      const policy = /** @type {import("../candidates/fate.js").FatePolicy} */ (select.value);
      this.commands.changeSettings({ fate_policy: policy });
    });
    return select;
  }

  /** @param {State} state */
  #show(state) {
    const { policy, blind, ranges } = fateWishes(state.settings, state.fateRanges);
    this.policy.value = policy;
    setText(this.policyLine, POLICIES[policy][1]);
    setAttributes(this.blind, { "aria-checked": String(blind) });
    const shared = state.settings.choices_shared === true;
    setAttributes(this.shared, { "aria-checked": String(shared) });
    setText(this.short, `${blind ? "Blind" : "Seen"}, ${rangesLine(ranges).toLowerCase()}`);
    setAttributes(this.plain, { hidden: !state.settings.fate_ranges });
    for (const [name, range] of Object.entries(ranges.ranges)) {
      const parameter = state.parameters.find((one) => one.name === name);
      if (parameter) this.#row(name, parameter).show(range);
    }
    for (const coupling of ranges.couplings) this.#coupling(coupling, state.parameters, ranges);
  }

  /** @param {State} state */
  #showPicker(state) {
    const { picker, settings } = state;
    const on = settings.fate_expects === true;
    setAttributes(this.expects, { "aria-checked": String(on) });
    setText(this.learnedLine, pickerWords(picker));
    setAttributes(this.byItself, { "aria-checked": String(picker.by_itself) });
    setText(this.learn, picker.learning ? "Stop learning" : "Learn from what I took");
    const away = reasonOfServer(state);
    setAttributes(this.learn, { "aria-disabled": away ? "true" : false, title: away });
  }

  async #learn() {
    if (this.learn.getAttribute("aria-disabled") === "true") return;
    const { candidates } = this;
    await (this.store.state.picker.learning ? candidates.stopLearning() : candidates.learn());
  }

  /** @param {string} name @param {Parameter} parameter */
  #row(name, parameter) {
    const known = this.rows.get(name);
    if (known) return known;
    const row = new RangeRow(parameter, (range) => {
      const { ranges } = this.#wishes();
      const changed = { ...ranges, ranges: { ...ranges.ranges, [name]: range } };
      this.commands.changeSettings({ fate_ranges: changed });
    });
    this.rows.set(name, row);
    this.rowList.append(row.element);
    return row;
  }

  /**
   * @param {import("../protocol.js").FateCoupling} coupling
   * @param {Parameter[]} parameters
   * @param {FateRanges} ranges
   */
  #coupling({ driver, driven, strength }, parameters, ranges) {
    const id = `${driver}-${driven}`;
    let row = this.couplings.get(id);
    if (!row) {
      const title = (/** @type {string} */ name) =>
        parameters.find((one) => one.name === name)?.title ?? name;
      row = new CouplingRow(id, title(driver), title(driven), (changed) => {
        const { ranges: present } = this.#wishes();
        const couplings = present.couplings.map((one) =>
          one.driver === driver && one.driven === driven ? { ...one, strength: changed } : one,
        );
        this.commands.changeSettings({ fate_ranges: { ...present, couplings } });
      });
      this.couplings.set(id, row);
      this.couplingList.append(row.element);
    }
    const isDead = [driver, driven].some((name) => ranges.ranges[name]?.scale === "fixed");
    row.show(strength, isDead);
  }
}

/** Between which values one parameter is drawn. */
class RangeRow {
  /** @param {Parameter} parameter @param {(range: FateRange) => void} changed */
  constructor(parameter, changed) {
    this.parameter = parameter;
    this.changed = changed;
    /** @type {FateRange} */
    this.range = { scale: "fixed", low: parameter.low, high: parameter.high };
    const { name, title } = parameter;
    const options = Object.entries(SCALES).map(([value, words]) => h("option", { value }, words));
    this.scale = h("select", { class: "field", id: `fate-${name}` }, ...options);
    this.scale.addEventListener("change", () => {
      const scale = /** @type {FateRange["scale"]} */ (this.scale.value);
      this.#change({ ...this.range, scale });
    });
    this.low = this.#field("low", `${title}, from`);
    this.high = this.#field("high", `${title}, to`);
    this.problem = h("p", { class: "form-problem", id: `fate-${name}-problem`, role: "alert" });
    this.ends = h("span", { class: "fate-ends" }, this.low, "–", this.high);
    const label = h("label", { for: this.scale.id }, title);
    const head = h("div", { class: "parameter-head" }, label, this.scale);
    this.element = h("div", { class: "fate-range" }, head, this.ends, this.problem);
  }

  /** @param {"low" | "high"} end @param {string} name */
  #field(end, name) {
    const field = h("input", {
      ...{ class: "number", type: "text", inputmode: "decimal", autocomplete: "off" },
      ...{ maxlength: "20", "aria-label": name },
      "aria-describedby": `fate-${this.parameter.name}-problem`,
    });
    field.addEventListener("change", () => {
      const { value, problem } = readNumber(field.value, this.parameter);
      if (value === null) this.#say(problem);
      else this.#change({ ...this.range, [end]: value });
    });
    return field;
  }

  /** @param {FateRange} range */
  #change(range) {
    const problem = rangeProblem(range, this.parameter);
    this.#say(problem);
    if (!problem) this.changed(range);
    else this.scale.value = this.range.scale;
  }

  /** @param {string} problem */
  #say(problem) {
    setText(this.problem, problem);
    const invalid = problem ? "true" : false;
    for (const field of [this.low, this.high]) setAttributes(field, { "aria-invalid": invalid });
  }

  /** @param {FateRange} range */
  show(range) {
    const isNews = JSON.stringify(range) !== JSON.stringify(this.range);
    this.range = range;
    this.scale.value = range.scale;
    setAttributes(this.ends, { hidden: range.scale === "fixed" });
    if (isNews) this.#say("");
    for (const [field, value] of /** @type {const} */ ([
      [this.low, range.low],
      [this.high, range.high],
    ]))
      if (document.activeElement !== field && (isNews || !field.value)) field.value = String(value);
  }
}

/** How much one parameter keeps another low. */
class CouplingRow {
  /**
   * @param {string} id
   * @param {string} driver @param {string} driven titles
   * @param {(strength: number) => void} changed
   */
  constructor(id, driver, driven, changed) {
    const name = `A high ${driver} keeps ${driven} low`;
    this.slider = h("input", {
      ...{ class: "slider", type: "range", min: "0", max: MOST_PERCENT, step: "5" },
      ...{ id: `fate-coupling-${id}` },
    });
    this.value = h("output", { class: "fate-strength", for: this.slider.id });
    this.slider.addEventListener("input", () => changed(this.slider.valueAsNumber / MOST_PERCENT));
    this.line = h("p", { class: "parameter-line" });
    const label = h("label", { for: this.slider.id }, name);
    const head = h("div", { class: "parameter-head" }, label, this.value);
    this.element = h("div", { class: "fate-coupling" }, head, this.slider, this.line);
  }

  /** @param {number} strength 0-1 @param {boolean} isDead one of the two is not drawn */
  show(strength, isDead) {
    this.slider.value = String(Math.round(strength * MOST_PERCENT));
    this.slider.style.setProperty("--at", String(strength));
    setText(this.value, percentText(strength));
    const off = "One of the two is not drawn, so that it does nothing.";
    const most = "So much of the range is left out at the other's upper end.";
    setText(this.line, isDead ? off : most);
  }
}
