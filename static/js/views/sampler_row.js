/** One sampler: its name, its value, its switch, and, unfolded, its parameters. */

import { keyText } from "../actions.js";
import { h, icon, setAttributes, setText } from "../dom.js";
import { isOn, mainOf, summary } from "../sampling/chain.js";
import { FormField } from "./form_field.js";
import { NumberField, fieldOf } from "./parameter_fields.js";

/** @typedef {import("../sampling/chain.js").Sampler} Sampler */
/** @typedef {import("../protocol.js").Params} Params */
/**
 * @typedef {object} RowState
 * @property {Params} params
 * @property {boolean} inChain whether it stands in the chain, else under "More samplers"
 * @property {boolean} isWanted switched on, though nothing is in it yet
 * @property {boolean} isOpen
 * @property {string} wrong what a run found wrong with it
 */
/**
 * @typedef {{change: (patch: Params) => void, flip: () => void, unfold: (open?: boolean) => void}} RowEvents
 */

export class SamplerRow {
  /** @param {Sampler} sampler @param {RowEvents} on */
  constructor(sampler, on) {
    this.sampler = sampler;
    this.on = on;
    const { name, title, movable } = sampler;
    const main = mainOf(sampler);
    this.grip = this.#grip(movable, title);
    this.body = h("div", { class: "sampler-body", id: `sampler-${name}`, hidden: true });
    this.name = h("span", {}, title);
    this.title = h(
      "button",
      { class: "sampler-title", type: "button", on: { click: () => this.#titlePressed() } },
      this.name,
      icon("down"),
    );
    this.short = h("span", { class: "sampler-short" });
    this.switch = h("button", {
      ...{ class: "switch", type: "button", role: "switch", "aria-label": title },
      on: { click: () => on.flip() },
    });
    const change = (/** @type {string} */ parameter) => {
      return (/** @type {import("../protocol.js").ParamValue} */ value) =>
        on.change({ [parameter]: value });
    };
    this.main = main
      ? new NumberField(main, change(main.name), { apart: true, refused: () => on.unfold(true) })
      : null;
    const rest = sampler.parameters.filter((parameter) => parameter !== main);
    const isForm = rest.every(({ kind }) => kind === "text");
    this.form = rest.length && isForm ? new FormField(rest, (patch) => on.change(patch)) : null;
    this.fields = this.form
      ? []
      : rest.map((parameter) => ({
          name: parameter.name,
          field: fieldOf(parameter, change(parameter.name), rest.length === 1 && !main),
        }));
    this.wrong = h("p", { class: "form-problem", "aria-live": "polite" });
    this.sentence = h("p", { class: "parameter-line sampler-sentence" }, sampler.sentence);
    this.element = this.#element();
  }

  /** @param {boolean} movable @param {string} title */
  #grip(movable, title) {
    if (!movable) return h("span", { class: "grip is-fixed", title: "Its place is fixed" });
    return h(
      "button",
      {
        ...{
          class: "grip",
          type: "button",
          "aria-label": `Move ${title}`,
          "aria-pressed": "false",
        },
        title: `Drag it, or ${keyText("Alt+ArrowUp")} and ${keyText("Alt+ArrowDown")}`,
      },
      icon("grip"),
    );
  }

  #element() {
    const { main, form, fields } = this;
    const parts = [main, form, ...fields.map(({ field }) => field)];
    this.body.append(...parts.flatMap((part) => (part ? [part.element] : [])), this.wrong);
    const head = h(
      "div",
      { class: "sampler-head" },
      this.grip,
      this.title,
      this.short,
      main ? main.input : null,
      this.switch,
    );
    return h(
      "li",
      { class: "sampler", "data-sampler": this.sampler.name },
      head,
      this.sentence,
      this.body,
    );
  }

  /** @param {RowState} state */
  show({ params, inChain, isWanted, isOpen, wrong }) {
    const { sampler, element } = this;
    const on = isOn(sampler, params);
    const open = inChain && isOpen;
    this.inChain = inChain;
    element.classList.toggle("is-open", open);
    element.classList.toggle("is-off", !on);
    element.classList.toggle("in-chain", inChain);
    setAttributes(this.switch, { "aria-checked": String(on || isWanted) });
    setAttributes(this.title, {
      "aria-expanded": inChain ? String(open) : false,
      "aria-controls": inChain ? this.body.id : false,
      tabindex: inChain ? false : "-1",
    });
    setAttributes(this.body, { hidden: !open });
    setAttributes(this.sentence, { hidden: inChain });
    const told = sampler.first ? "always first" : summary(sampler, params);
    const short = wrong ? "amiss" : on ? told : isWanted ? "empty" : "off";
    setText(this.short, inChain && (wrong || !this.main) ? short : "");
    this.short.classList.toggle("is-wrong", wrong !== "");
    if (this.main) {
      setAttributes(this.main.input, { hidden: !inChain });
      this.main.show(params[this.main.parameter.name]);
    }
    this.form?.show(params, wrong);
    for (const { name, field } of this.fields) field.show(params[name]);
    setText(this.wrong, this.form ? "" : wrong);
  }

  /** Takes what is typed in one of its fields. */
  commit() {
    this.main?.commit();
    this.form?.commit();
    for (const { field } of this.fields) field.commit?.();
  }

  /** Under "More samplers" its name is the switch's own. */
  #titlePressed() {
    if (this.inChain) this.on.unfold();
    else this.on.flip();
  }
}
