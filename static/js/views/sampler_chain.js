/**
 * The chain: the samplers that are on, in the order in which they act, and the others folded away.
 *
 * A sampler that was switched off, or whose slider came to where it does nothing, stays in its place until
 * the panel is opened anew or another preset chosen: nothing jumps away from under the hand.
 */

import { h, setAttributes, setText } from "../dom.js";
import {
  asItStands,
  isOn,
  isSought,
  moved,
  orderOf,
  orderParameter,
  orderValue,
  samplersOf,
  switchedOff,
  switchedOn,
} from "../sampling/chain.js";
import { foundWrong } from "../sampling/faces.js";
import { Remembered } from "../sampling/remembered.js";
import { DragOrder } from "./drag_order.js";
import { SamplerRow } from "./sampler_row.js";

/** @typedef {import("../sampling/chain.js").Sampler} Sampler */
/** @typedef {import("../protocol.js").Params} Params */

/** Always in the chain, and unfolded from the start: everybody looks for it, and it shows that others unfold. */
const ALWAYS = "temperature";

export class SamplerChain {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../sampling/commands.js").SamplingCommands} sampling
   */
  constructor(store, sampling) {
    this.store = store;
    this.sampling = sampling;
    this.remembered = new Remembered();
    /** @type {Map<string, {sampler: Sampler, row: SamplerRow}>} */
    this.rows = new Map();
    /** @type {Set<string>} in the chain because they were on */
    this.kept = new Set();
    /** @type {Set<string>} switched on, though nothing is in them yet */
    this.wanted = new Set();
    this.open = new Set([ALWAYS]);
    /** @type {{name: string, order: string[]} | null} grabbed by a key, and the order before that */
    this.grabbed = null;
    /** @type {{message: string, params: Params} | null} what the last look was refused with */
    this.refusal = null;
    this.live = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.usual = h("button", { class: "text-button", type: "button" }, "Usual order");
    this.usual.addEventListener("click", () => this.#resetOrder());
    this.chain = h("ol", { class: "chain", "aria-label": "Samplers that are on, as they act" });
    this.more = h("ul", { class: "chain", "aria-label": "Samplers that are off" });
    this.count = h("span", {});
    this.filter = h("input", {
      ...{ class: "field", type: "search", "aria-label": "Find a sampler" },
      ...{ placeholder: "Find a sampler", autocomplete: "off", spellcheck: "false" },
    });
    this.nothing = h("p", { class: "panel-line", hidden: true }, "No sampler is called that.");
    this.filter.addEventListener("input", () => this.show());
    this.element = this.#element();
    this.drag = new DragOrder(
      this.chain,
      () => this.#movable(),
      (row, to) => this.#moveTo(row.dataset.sampler ?? "", to),
    );
    this.chain.addEventListener("keydown", (event) => this.#key(event));
    this.chain.addEventListener("click", (event) => this.#clicked(event));
    this.chain.addEventListener("focusout", (event) => this.#left(event));
  }

  #element() {
    const head = h(
      "div",
      { class: "section-head" },
      h("h2", { class: "group" }, "Samplers"),
      this.usual,
    );
    const more = h(
      "details",
      { class: "parameter-group more-samplers" },
      h("summary", {}, "More samplers ", this.count),
      this.filter,
      this.more,
      this.nothing,
    );
    return h("section", { class: "samplers" }, head, this.chain, more, this.live);
  }

  /** The parameters are known, for the first time or anew. */
  build() {
    const { parameters } = this.store.state;
    this.rows = new Map(
      samplersOf(parameters).map((sampler) => {
        const row = new SamplerRow(sampler, {
          change: (patch) => this.#change(sampler, patch),
          flip: () => this.#flip(sampler),
          unfold: (open) => this.#unfold(sampler.name, open),
        });
        return [sampler.name, { sampler, row }];
      }),
    );
    this.chain.replaceChildren();
    this.more.replaceChildren();
    this.foldAway();
  }

  /** Samplers that are off leave the chain. */
  foldAway() {
    this.kept = new Set([ALWAYS]);
    this.wanted.clear();
    this.show();
  }

  /** @param {{message: string, params: Params} | null} refusal */
  lookRefused(refusal) {
    this.refusal = refusal;
    this.show();
  }

  show() {
    const { state } = this.store;
    const { params } = this.sampling;
    const order = orderOf(state.parameters, params);
    for (const { sampler } of this.rows.values())
      if (isOn(sampler, params)) {
        this.kept.add(sampler.name);
        this.wanted.delete(sampler.name);
      }
    const inChain = order.filter((name) => this.kept.has(name));
    const sought = [...this.rows.values()].filter(({ sampler }) => {
      return !this.kept.has(sampler.name) && isSought(sampler, this.filter.value.trim());
    });
    for (const { sampler, row } of this.rows.values())
      row.show({
        params,
        inChain: this.kept.has(sampler.name),
        isWanted: this.wanted.has(sampler.name),
        isOpen: this.open.has(sampler.name),
        wrong: foundWrong(state, sampler, params, this.refusal),
      });
    arrange(this.chain, this.#elements(inChain));
    arrange(this.more, this.#elements(sought.map(({ sampler }) => sampler.name)));
    setText(this.count, `(${this.rows.size - inChain.length})`);
    setAttributes(this.nothing, { hidden: sought.length > 0 });
    const isUsual = orderValue(state.parameters, order).length === 0;
    this.usual.classList.toggle("is-away", isUsual);
  }

  /** @returns {boolean} whether Escape laid down what was being moved */
  letGo() {
    if (this.drag.cancel()) return true;
    if (!this.grabbed) return false;
    const { name, order } = this.grabbed;
    this.#grab(null);
    this.#setOrder(order);
    this.#say(`${this.#titleOf(name)} is where it was.`);
    return true;
  }

  /** Takes what is typed in the field that has the focus. */
  commit() {
    const row = document.activeElement?.closest("[data-sampler]");
    if (row instanceof HTMLElement) this.rows.get(row.dataset.sampler ?? "")?.row.commit();
  }

  // ------------------------------------------------------------------ switching

  /** @param {Sampler} sampler @param {Params} patch */
  #change(sampler, patch) {
    const { params } = this.sampling;
    const changed = { ...params, ...patch };
    if (isOn(sampler, changed)) this.remembered.keep(sampler.name, asItStands(sampler, changed));
    this.sampling.change(patch);
    const emptied = Object.entries(patch).find(([name, value]) => {
      const before = params[name];
      return Array.isArray(value) && !value.length && Array.isArray(before) && before.length > 1;
    });
    if (emptied) this.sampling.offerBack("All of them are removed.", emptied[0], params);
  }

  /** @param {Sampler} sampler */
  #flip(sampler) {
    const { name } = sampler;
    const { params } = this.sampling;
    const wasInChain = this.kept.has(name);
    if (isOn(sampler, params) || this.wanted.has(name)) {
      if (isOn(sampler, params)) this.remembered.keep(name, asItStands(sampler, params));
      this.wanted.delete(name);
      this.sampling.change(switchedOff(sampler));
      return;
    }
    const patch = switchedOn(sampler, this.remembered.of(name));
    this.kept.add(name);
    if (!isOn(sampler, { ...params, ...patch })) this.wanted.add(name);
    if (!wasInChain) this.open.add(name);
    this.sampling.change(patch);
    if (!wasInChain) this.#welcome(name);
  }

  /** @param {string} name of a sampler that came into the chain from below */
  #welcome(name) {
    const row = this.rows.get(name)?.row;
    this.show();
    row?.switch.focus({ preventScroll: true });
    row?.element.scrollIntoView({ block: "nearest" });
    this.#say(`${this.#titleOf(name)} is on, ${this.#placeOf(name)}.`);
  }

  /** @param {string} name @param {boolean} [open] the other way round unless it is said */
  #unfold(name, open = !this.open.has(name)) {
    if (open) this.open.add(name);
    else this.open.delete(name);
    this.show();
  }

  // ------------------------------------------------------------------ order

  /** @returns {HTMLElement[]} the rows in the chain that can be moved */
  #movable() {
    const rows = /** @type {HTMLElement[]} */ ([...this.chain.children]);
    return rows.filter(({ dataset }) => this.rows.get(dataset.sampler ?? "")?.sampler.movable);
  }

  #order() {
    return orderOf(this.store.state.parameters, this.sampling.params);
  }

  /** @param {string} name @param {number} to */
  #moveTo(name, to) {
    const shown = this.#movable().map(({ dataset }) => dataset.sampler ?? "");
    this.#setOrder(moved(this.#order(), shown, name, to));
    this.#say(`${this.#titleOf(name)}, ${this.#placeOf(name)}.`);
  }

  /** @param {string} name @param {1 | -1} way */
  #moveBy(name, way) {
    const rows = this.#movable();
    const at = rows.findIndex(({ dataset }) => dataset.sampler === name);
    const to = at + way;
    if (at < 0) return;
    if (to < 0 || to >= rows.length)
      this.#say(`${this.#titleOf(name)} is ${way < 0 ? "first" : "last"} already.`);
    else this.#moveTo(name, to);
  }

  /** @param {string[]} order */
  #setOrder(order) {
    const { parameters } = this.store.state;
    const parameter = orderParameter(parameters);
    if (parameter) this.sampling.change({ [parameter.name]: orderValue(parameters, order) });
    this.show();
  }

  #resetOrder() {
    const parameter = orderParameter(this.store.state.parameters);
    if (parameter) this.sampling.change({ [parameter.name]: [] });
    this.chain.querySelector("button")?.focus({ preventScroll: true });
    this.#say("The samplers act in their usual order.");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const ways = /** @type {const} */ ({ ArrowUp: -1, ArrowDown: 1 });
    const way = ways[/** @type {keyof typeof ways} */ (event.key)];
    const name = samplerAt(event.target);
    if (!way || !name || !(event.altKey || this.grabbed?.name === name)) return;
    event.preventDefault();
    this.#moveBy(name, way);
  }

  /** @param {MouseEvent} event a grip that is pressed by a key is clicked without a pointer */
  #clicked(event) {
    const grip = event.target instanceof Element && event.target.closest("button.grip");
    const name = samplerAt(event.target);
    if (!grip || !name || event.detail > 0) return;
    const title = this.#titleOf(name);
    if (this.grabbed?.name === name) {
      this.#grab(null);
      this.#say(`${title} is laid down, ${this.#placeOf(name)}.`);
    } else {
      this.#grab(name);
      this.#say(
        `${title} is taken, ${this.#placeOf(name)}. The arrows move it, Space lays it down, Escape puts it back.`,
      );
    }
  }

  /** @param {FocusEvent} event who leaves what was grabbed lays it down; being moved is no leaving */
  #left(event) {
    if (this.grabbed && event.relatedTarget instanceof Element) this.#grab(null);
  }

  /** @param {string | null} name */
  #grab(name) {
    this.grabbed = name === null ? null : { name, order: this.#order() };
    for (const [one, { row }] of this.rows)
      if (row.sampler.movable) setAttributes(row.grip, { "aria-pressed": String(one === name) });
  }

  /** @param {string[]} names */
  #elements(names) {
    return names.flatMap((name) => this.rows.get(name)?.row.element ?? []);
  }

  /** @param {string} name */
  #titleOf(name) {
    return this.rows.get(name)?.sampler.title ?? name;
  }

  /** @param {string} name @returns {string} "2 of 4" */
  #placeOf(name) {
    const rows = [...this.chain.children];
    const at = rows.findIndex((row) => row instanceof HTMLElement && row.dataset.sampler === name);
    return `${at + 1} of ${rows.length}`;
  }

  /** @param {string} words */
  #say(words) {
    this.live.textContent = words;
  }
}

/** @param {EventTarget | null} target */
function samplerAt(target) {
  const row = target instanceof Element ? target.closest("[data-sampler]") : null;
  return row instanceof HTMLElement ? row.dataset.sampler : undefined;
}

/**
 * Puts elements into a list in this order, moving as few as can be; the focus stays where it was.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} wanted
 */
function arrange(list, wanted) {
  const focused = document.activeElement;
  for (const child of [...list.children])
    if (!wanted.includes(/** @type {HTMLElement} */ (child))) child.remove();
  wanted.forEach((element, at) => {
    if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
  });
  if (
    focused !== document.activeElement &&
    focused instanceof HTMLElement &&
    list.contains(focused)
  )
    focused.focus({ preventScroll: true });
}
