/** What is asked for, and the button that asks: the top of the panel of candidates. */

import {
  MOST_CANDIDATES,
  MOST_SETS,
  MOST_TOKENS,
  askLabel,
  askLine,
  reasonNotToAsk,
  reasonNotToAskSeveral,
  wishes,
  wishesLine,
} from "../candidates/faces.js";
import { isAtWork } from "../candidates/sets.js";
import { h, setAttributes, setText } from "../dom.js";
import { activeRun } from "../faces.js";
import { MOST_CARDS, drawsTokens, isFate } from "../candidates/fate.js";
import { FateControls } from "./fate_controls.js";

/** @typedef {import("../store.js").State} State */

/** Whether the wishes are unfolded, kept in this browser once the writer has said so. */
const UNFOLDED = "storygen.candidate_wishes";

/** Windows in which the wishes would leave the cards no room: they are folded while there are cards. */
const LOW = "(max-height: 900px)";
const ENDS = {
  tokens: "at that length",
  sentence: "with a sentence",
  paragraph: "with a paragraph",
};

/** How many continuations a search keeps at once. */
const BEAMS = [5, 10, 20];
/** @type {{[spread in import("../candidates/ways.js").Spread]: [name: string, line: string]}} */
const CHANCE = {
  same: ["chance", "Each is drawn by chance, as Sampling says."],
  temperatures: [
    "cool to hot",
    "From card to card the temperature rises: from half of what Sampling says to half as much again.",
  ],
  presets: ["a preset each", "Each is drawn by another preset, one after the other."],
  fate: [
    "fate",
    "Each is written with other parameters, drawn for it. What you take says what you like.",
  ],
};
const SEARCH =
  "The likeliest are looked for, and chance has no say: the same again finds the same.";

export class CandidateControls {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   * @param {import("../candidates/commands.js").CandidateCommands} candidates
   * @param {{asked: (origin: "asked" | "auto") => void, keyOf: (action: string) => string}} on
   */
  constructor(store, commands, candidates, on) {
    this.store = store;
    this.commands = commands;
    this.candidates = candidates;
    this.on = on;
    this.num = this.#number("candidates-num", MOST_CANDIDATES, (num) =>
      commands.changeSettings({ num_candidates: num }),
    );
    this.tokens = this.#number("candidates-tokens", MOST_TOKENS, (tokens) =>
      commands.changeSettings({ candidate_tokens: tokens }),
    );
    this.limit = this.#limit();
    this.way = this.#way();
    this.fate = new FateControls(store, commands, candidates);
    this.wayLine = h("p", { class: "parameter-line", id: "candidates-way-line" });
    this.setsLine = h("p", { class: "parameter-line", id: "candidates-sets-line" });
    this.sets = this.#number("candidates-sets", MOST_SETS, (numSets) => store.set({ numSets }));
    this.quickgen = this.#switch();
    this.several = this.#button("text-button", "Start", () => on.asked("auto"));
    this.askWords = h("span", {});
    this.askKey = h("kbd", {});
    this.ask = this.#button("primary", "", () => on.asked("asked"));
    this.ask.append(this.askWords, this.askKey);
    this.ask.setAttribute("aria-describedby", "candidates-line");
    this.stop = this.#button("text-button", "Stop", () => void candidates.stop());
    this.line = h("span", { class: "candidates-line", id: "candidates-line" });
    this.clear = this.#button("text-button", "Clear", () => void candidates.clear());
    this.short = h("span", {});
    this.wishes = this.#wishes();
    this.asking = h(
      "div",
      { class: "candidates-asking" },
      this.ask,
      h("div", { class: "candidates-state" }, this.line, this.stop, this.clear),
    );
  }

  start() {
    this.fate.start();
    const { ask, stop, clear, quickgen, several } = this;
    const { keyOf } = this.on;
    this.askKey.textContent = keyOf("candidates-ask");
    for (const [button, words, action] of /** @type {const} */ ([
      [stop, "Stop writing candidates", "candidates-stop"],
      [clear, "Take all of them off the page; the story stays as it is", "candidates-clear"],
      [quickgen, "Quickgen", "candidates-quick"],
      [several, "Autogenerate", "candidates-auto"],
    ]))
      button.title = `${words} (${keyOf(action)})`;
    ask.title = "";
    this.store.subscribe(["settings", "numSets", "fateRanges"], (state) => {
      this.#showWishes(state);
      setText(this.short, wishesLine(state));
    });
    let had = 0;
    this.store.subscribe(["sets"], ({ sets }) => {
      const { wishes: details } = this;
      const [before, now] = [had, sets.length];
      had = now;
      if (before > 0 === now > 0 || details.contains(document.activeElement)) return;
      setAttributes(details, { open: isUnfolded(now) });
    });
    this.store.subscribe(
      [
        ...["settings", "server", "models", "defaultModel", "story", "caretAtEnd", "length"],
        ...["sets", "runs", "askingCandidates", "numSets", "autoTotal"],
      ].map((key) => /** @type {keyof State} */ (key)),
      (state) => this.#showAsking(state),
    );
  }

  #wishes() {
    const row = (/** @type {string} */ label, /** @type {HTMLElement} */ control) =>
      h("div", { class: "parameter-head" }, h("label", { for: control.id }, label), control);
    const line = (/** @type {string} */ words, id = "") =>
      h("p", { class: "parameter-line", id: id || null }, words);
    const auto = h(
      "div",
      { class: "parameter-head" },
      h("label", { for: this.sets.id }, "Autogenerate"),
      h("span", { class: "candidates-auto" }, this.sets, this.several),
    );
    this.sets.setAttribute("aria-describedby", "candidates-sets-line");
    this.quickgen.setAttribute("aria-describedby", "quickgen-line");
    const press = () => localStorage.setItem(UNFOLDED, String(!details.open));
    const details = h(
      "details",
      { class: "candidates-wishes", open: isUnfolded(0) },
      h("summary", { on: { click: press } }, this.short),
      row("How many", this.num),
      row("Tokens at most", this.tokens),
      row("Each ends", this.limit),
      row("Written by", this.way),
      this.wayLine,
      this.fate.element,
      row("Quickgen", this.quickgen),
      line("Asks again whenever you take one.", "quickgen-line"),
      auto,
      this.setsLine,
    );
    return details;
  }

  /** @param {string} id @param {number} most @param {(value: number) => void} changed */
  #number(id, most, changed) {
    const field = h("input", {
      ...{ class: "number", type: "number", id, min: "1", max: String(most), step: "1" },
      inputmode: "numeric",
    });
    field.addEventListener("change", () => {
      const value = Math.round(field.valueAsNumber) || 1;
      const inside = Math.min(most, Math.max(1, value));
      field.value = String(inside);
      changed(inside);
    });
    return field;
  }

  #limit() {
    const options = Object.entries(ENDS).map(([value, words]) => h("option", { value }, words));
    const select = h("select", { class: "field", id: "candidates-limit" }, ...options);
    select.addEventListener("change", () => {
      const limit = /** @type {keyof typeof ENDS} */ (select.value);
      this.commands.changeSettings({ candidate_limit: limit });
    });
    return select;
  }

  #way() {
    const described = { "aria-describedby": "candidates-way-line" };
    const attributes = { class: "field", id: "candidates-way", ...described };
    const chances = Object.entries(CHANCE).map(([value, [name]]) => h("option", { value }, name));
    const select = h("select", attributes, ...chances, ...BEAMS.map(searchOption));
    select.addEventListener("change", () => {
      const spread = /** @type {import("../candidates/ways.js").Spread} */ (select.value);
      const beams = Number(spread);
      const change = beams ? {} : { candidate_spread: spread };
      this.commands.changeSettings({ candidate_beams: beams || 1, ...change });
    });
    return select;
  }

  #switch() {
    const press = () => this.candidates.changeQuickgen();
    const attributes = { class: "switch", type: "button", role: "switch", id: "quickgen" };
    return h("button", { ...attributes, "aria-checked": "false", on: { click: press } });
  }

  /** @param {string} name of its class @param {string} words @param {() => void} then */
  #button(name, words, then) {
    return h("button", { class: name, type: "button", on: { click: then } }, words);
  }

  /** @param {State} state */
  #showWishes({ settings, numSets, fateRanges }) {
    const { num, tokens, limit, quickgen, spread } = wishes(settings);
    const beams = settings.candidate_beams ?? 1;
    const shown = /** @type {const} */ ([
      [this.num, num],
      [this.tokens, tokens],
      [this.sets, numSets],
    ]);
    for (const [field, value] of shown)
      if (document.activeElement !== field) field.value = String(value);
    this.limit.value = limit;
    if (beams > 1 && ![...this.way.options].some(({ value }) => value === String(beams)))
      this.way.append(searchOption(beams));
    this.way.value = beams > 1 ? String(beams) : spread;
    setText(this.wayLine, beams > 1 ? SEARCH : CHANCE[spread][1]);
    const drawn = isFate(settings);
    setAttributes(this.fate.element, { hidden: !drawn });
    this.num.max = String(drawn ? MOST_CARDS : MOST_CANDIDATES);
    const drawsLength = drawn && drawsTokens(settings, fateRanges);
    setAttributes(this.tokens, { disabled: drawsLength });
    this.tokens.title = drawsLength ? "Fate draws it: see the ranges below" : "";
    const single = beams > 1 ? "Not with a search." : drawn ? "Not with fate." : "";
    const several = single || "So many sets, one after another.";
    setText(this.setsLine, several);
    setAttributes(this.quickgen, { "aria-checked": String(quickgen) });
  }

  /** @param {State} state */
  #showAsking(state) {
    const reason = reasonNotToAsk(state);
    const run = activeRun(state.runs);
    setText(this.askWords, askLabel(state));
    setText(this.line, askLine(state));
    const disabled = reason ? "true" : false;
    setAttributes(this.ask, { "aria-disabled": disabled, title: reason });
    const single = reasonNotToAskSeveral(state);
    setAttributes(this.several, { "aria-disabled": single ? "true" : false });
    this.several.title = single || `Autogenerate (${this.on.keyOf("candidates-auto")})`;
    this.ask.classList.toggle("is-quiet", run !== null && run.state !== "paused");
    setAttributes(this.stop, { hidden: !state.sets.some(isAtWork) });
    setAttributes(this.clear, { hidden: !state.sets.length });
  }
}

/** @param {number} numSets on the page @returns {boolean} whether what is asked for stands in full above them */
function isUnfolded(numSets) {
  const kept = localStorage.getItem(UNFOLDED);
  if (kept) return kept === "true";
  return matchMedia("(min-width: 841px)").matches && !(numSets && matchMedia(LOW).matches);
}

/** @param {number} beams */
const searchOption = (beams) => h("option", { value: String(beams) }, `a search of ${beams}`);
