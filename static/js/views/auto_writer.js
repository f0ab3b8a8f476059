/** The automatic writer's section in the panel of candidates: how it is to write, one button, and where it is. */

import {
  MOST_STEPS,
  PICKERS,
  autoControl,
  autoLine,
  autoNews,
  autoSummary,
  cardsOf,
  isLive,
  reasonNotToStop,
  stepsOf,
} from "../candidates/auto.js";
import { FEWEST_CARDS, MOST_CARDS, POLICIES, fateWishes } from "../candidates/fate.js";
import { h, setAttributes, setText } from "../dom.js";

/** @typedef {import("../store.js").State} State */

/** Whether the section is unfolded, kept in this browser. */
const UNFOLDED = "storygen.auto_unfolded";

export class AutoWriter {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   * @param {import("../candidates/auto_commands.js").AutoCommands} auto
   * @param {{keyOf: (action: string) => string}} on
   */
  constructor(store, commands, auto, on) {
    this.store = store;
    this.commands = commands;
    this.auto = auto;
    this.on = on;
    this.steps = this.#number("auto-steps", 1, MOST_STEPS, (value) =>
      auto.change({ steps: stepsOf(value) }),
    );
    this.endless = h("button", {
      ...{ class: "switch", type: "button", role: "switch", id: "auto-endless" },
      "aria-checked": "false",
      on: { click: () => this.#turnEndless() },
    });
    this.cards = this.#number("auto-cards", FEWEST_CARDS, MOST_CARDS, (value) =>
      auto.change({ cards: cardsOf(value) }),
    );
    this.policy = this.#select("auto-policy", POLICIES, (value) => {
      const policy = /** @type {import("../candidates/fate.js").FatePolicy} */ (value);
      commands.changeSettings({ fate_policy: policy });
    });
    this.policyLine = h("p", { class: "parameter-line", id: "auto-policy-line" });
    this.picker = this.#select("auto-picker", {}, (picker) => auto.change({ picker }));
    this.pickerLine = h("p", { class: "parameter-line", id: "auto-picker-line" });
    this.words = h("span", {});
    this.key = h("kbd", {});
    this.next = h(
      "button",
      { class: "auto-next", type: "button", "aria-describedby": "auto-line" },
      ...[this.words, this.key],
    );
    this.next.addEventListener("click", () => void auto.next());
    this.stop = h("button", { class: "text-button", type: "button" }, "Stop");
    this.stop.addEventListener("click", () => void auto.stop());
    this.line = h("span", { class: "candidates-line", id: "auto-line" });
    this.reaction = h("p", { class: "parameter-line auto-reaction" });
    this.live = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.summary = h("span", {});
    this.element = this.#section();
  }

  start() {
    const { next, stop } = this;
    this.key.textContent = this.on.keyOf("auto-next");
    next.title = "";
    stop.title = `End it; what it has written stays (${this.on.keyOf("auto-stop")})`;
    this.store.subscribe(["autoWishes", "pickers", "settings", "fateRanges", "auto"], (state) =>
      this.#showWishes(state),
    );
    this.store.subscribe(
      [
        ...["auto", "autoWishes", "server", "models", "defaultModel", "story", "settings"],
        ...["tellingAuto", "length"],
      ].map((key) => /** @type {keyof State} */ (key)),
      (state) => this.#showState(state),
    );
  }

  #section() {
    const row = (/** @type {string} */ label, /** @type {HTMLElement} */ control) =>
      h("div", { class: "parameter-head" }, h("label", { for: control.id }, label), control);
    const details = h(
      "details",
      { class: "auto-writer", open: localStorage.getItem(UNFOLDED) === "true" },
      h("summary", {}, this.summary),
      row("Steps", this.steps),
      row("Until I stop it", this.endless),
      row("Cards a step", this.cards),
      row("Drawn by", this.policy),
      this.policyLine,
      row("Picked by", this.picker),
      this.pickerLine,
      this.next,
      h("div", { class: "candidates-state" }, this.line, this.stop),
      this.reaction,
    );
    details.addEventListener("toggle", () => localStorage.setItem(UNFOLDED, String(details.open)));
    return h("section", { "aria-label": "Automatic writer" }, details, this.live);
  }

  /** @param {string} id @param {number} least @param {number} most @param {(value: number) => void} changed */
  #number(id, least, most, changed) {
    const field = h("input", {
      ...{ class: "number", type: "number", id, min: String(least), max: String(most), step: "1" },
      inputmode: "numeric",
    });
    field.addEventListener("change", () => {
      changed(field.valueAsNumber);
      this.#showWishes(this.store.state, field);
    });
    return field;
  }

  /** @param {string} id @param {{[value: string]: [name: string, line: string]}} choices @param {(value: string) => void} changed */
  #select(id, choices, changed) {
    const options = Object.entries(choices).map(([value, [name]]) => h("option", { value }, name));
    const attributes = { class: "field", id, "aria-describedby": `${id}-line` };
    const select = h("select", attributes, ...options);
    select.addEventListener("change", () => changed(select.value));
    return select;
  }

  #turnEndless() {
    const { steps } = this.store.state.autoWishes;
    this.auto.change({ steps: steps === null ? stepsOf(this.steps.valueAsNumber) : null });
  }

  /** @param {State} state @param {HTMLElement} [changed] a field that was just left */
  #showWishes(state, changed) {
    const { steps, cards, picker } = state.autoWishes;
    const live = isLive(state.auto);
    for (const [field, value] of /** @type {const} */ ([
      [this.steps, steps],
      [this.cards, cards],
    ]))
      if (value !== null && (document.activeElement !== field || field === changed))
        field.value = String(value);
    for (const field of [this.cards, this.policy, this.picker, this.endless])
      setAttributes(field, { disabled: live });
    setAttributes(this.steps, { disabled: live || steps === null });
    setAttributes(this.endless, { "aria-checked": String(steps === null) });
    const { policy } = fateWishes(state.settings, state.fateRanges);
    this.policy.value = policy;
    setText(this.policyLine, POLICIES[policy][1]);
    const known = [...this.picker.options].map(({ value }) => value);
    if (String(known) !== String(state.pickers))
      this.picker.replaceChildren(
        ...state.pickers.map((value) => h("option", { value }, PICKERS[value]?.[0] ?? value)),
      );
    this.picker.value = state.pickers.includes(picker) ? picker : state.pickers[0];
    setText(this.pickerLine, PICKERS[this.picker.value]?.[1] ?? "");
  }

  /** @param {State} state */
  #showState(state) {
    const { auto } = state;
    const { action, label, hint, reason } = autoControl(state);
    setText(this.summary, autoSummary(auto));
    setText(this.words, label);
    setAttributes(this.next, {
      "aria-disabled": reason || state.tellingAuto ? "true" : false,
      "data-action": action,
      title: reason || hint,
    });
    setText(this.line, reason && action === "start" ? reason : autoLine(auto));
    setAttributes(this.stop, { hidden: reasonNotToStop(state) !== "" });
    setText(this.reaction, isLive(auto) ? (auto?.reaction ?? "") : "");
    setAttributes(this.reaction, { hidden: !isLive(auto) || !auto?.reaction });
    setText(this.live, autoNews(auto));
  }
}
