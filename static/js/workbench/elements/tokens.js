/**
 * A text as its tokens. Paragraphs are blocks, so that of many thousands of tokens only those in sight are drawn;
 * what is appended is appended, and of what is told anew only what differs is changed.
 */

import { h, setAttributes } from "../../dom.js";
import { spokenText } from "../../tokens/visible.js";
import { exactNodes, readableNodes } from "../exact.js";
import { Roving } from "../roving.js";
import { shadeClass, shadeLegend } from "../shades.js";
import { same, View } from "../view.js";

/** @typedef {{text: string, id?: number, shade?: number, mark?: "here" | "chosen" | "true", hint?: string}} Token */

const MARKS = { here: "here", chosen: "chosen", true: "what really came" };

export class TokensView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
    this.text = h("div", { class: "wb-token-text" });
    this.legend = h("div");
    this.element.append(this.text, this.legend);
    /** @type {HTMLElement[]} */
    this.spans = [];
    /** @type {Token[]} as they are drawn */
    this.drawn = [];
    this.roving = new Roving(this.text, {
      selector: ".wb-token",
      num: () => this.spans.length,
      item: (at) => this.spans[at] ?? null,
      at: (item) => Number(item.dataset.at),
      picked: (at) => this.#pick(at),
      step: (at, key) => this.#step(at, key),
    });
    this.text.addEventListener("click", ({ target }) => {
      const span = target instanceof Element ? target.closest(".wb-token") : null;
      if (span instanceof HTMLElement) this.#pick(Number(span.dataset.at));
    });
  }

  /** @param {number} at */
  #pick(at) {
    if (this.values.pickable && !getSelection()?.toString()) void this.say("pick", at);
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    const { boundaries = false, ids = false, legend = "", pickable = false } = this.values;
    const before = this.text.classList.contains("has-boundaries");
    this.text.classList.toggle("has-boundaries", boundaries);
    this.text.classList.toggle("has-ids", ids);
    this.element.classList.toggle("is-pickable", pickable);
    setAttributes(this.text, {
      role: pickable ? "listbox" : "group",
      "aria-label": "Tokens",
      "aria-orientation": pickable ? "horizontal" : false,
    });
    this.legend.replaceChildren(...(legend ? [shadeLegend(legend, false)] : []));
    if (before !== boundaries) this.#cut(0);
    if (changed.has("tokens") || before !== boundaries) this.#draw();
  }

  /** @override @param {string} name @param {unknown} more */
  showMore(name, more) {
    if (name === "tokens") this.#draw(this.drawn.length);
    else super.showMore(name, more);
  }

  /** @param {number} [from] what is before stands already */
  #draw(from = 0) {
    const focused = this.spans.findIndex((span) => span === document.activeElement);
    const tokens = /** @type {Token[]} */ (this.values.tokens ?? []);
    for (let at = from; at < Math.min(tokens.length, this.drawn.length); at++) {
      if (same(tokens[at], this.drawn[at])) continue;
      if (tokens[at].text !== this.drawn[at].text) {
        this.#cut(at);
        break;
      }
      this.#dress(this.spans[at], tokens[at]);
      this.drawn[at] = tokens[at];
    }
    this.element.classList.toggle("is-empty", tokens.length === 0);
    this.#cut(tokens.length);
    for (let at = this.drawn.length; at < tokens.length; at++) this.#add(tokens[at], at);
    if (!this.values.pickable) return;
    this.roving.settle();
    const lost = focused >= 0 && !this.text.contains(document.activeElement);
    if (lost && this.spans.length) this.roving.focus(focused);
  }

  /** @param {number} from this token and all behind it go */
  #cut(from) {
    for (const span of this.spans.splice(from)) span.remove();
    this.drawn.length = Math.min(this.drawn.length, from);
    while (this.text.lastElementChild && !this.text.lastElementChild.childElementCount)
      this.text.lastElementChild.remove();
  }

  /** @param {Token} token @param {number} at */
  #add(token, at) {
    const nodes = this.values.boundaries ? exactNodes(token.text) : readableNodes(token.text);
    const span = h("span", { class: "wb-token", "data-at": at }, ...nodes);
    this.#dress(span, token);
    const ended = at > 0 && this.drawn[at - 1].text.endsWith("\n");
    const { lastElementChild } = this.text;
    const paragraph = lastElementChild && !ended ? lastElementChild : this.#paragraph();
    paragraph.append(span);
    this.spans.push(span);
    this.drawn.push(token);
  }

  #paragraph() {
    const made = h("div", { class: "wb-paragraph", role: "presentation" });
    this.text.append(made);
    return made;
  }

  /** @param {HTMLElement} span @param {Token} token */
  #dress(span, { text, id, shade, mark, hint }) {
    span.className = `wb-token ${shadeClass(shade)}${mark ? ` is-${mark}` : ""}`;
    const said = [spokenText(text), mark && MARKS[mark], hint].filter(Boolean).join(", ");
    const pickable = Boolean(this.values.pickable);
    setAttributes(span, {
      "data-hint": hint || false,
      "data-id": id === undefined ? false : String(id),
      role: pickable ? "option" : false,
      "aria-selected": pickable ? String(mark === "here") : false,
      "aria-label": pickable ? said : false,
      "aria-current": !pickable && mark === "here" ? "true" : false,
    });
  }

  /** @param {number} at @param {string} key @returns {number | null} */
  #step(at, key) {
    if (key === "ArrowLeft") return at - 1;
    if (key === "ArrowRight") return at + 1;
    if (key !== "ArrowUp" && key !== "ArrowDown") return null;
    return lineStep(this.spans, at, key === "ArrowUp" ? -1 : 1);
  }
}

/** @param {HTMLElement[]} spans @param {number} at @param {-1 | 1} by @returns {number} above or below on the page */
function lineStep(spans, at, by) {
  const from = spans[at].getBoundingClientRect();
  const middle = from.left + from.width / 2;
  let best = at;
  let least = Infinity;
  let line = NaN;
  for (let to = at + by; to >= 0 && to < spans.length; to += by) {
    const box = spans[to].getBoundingClientRect();
    if (Math.abs(box.top - from.top) < 4) continue;
    if (Number.isNaN(line)) line = box.top;
    if (Math.abs(box.top - line) > 4) break;
    const distance = Math.abs(box.left + box.width / 2 - middle);
    if (distance < least) [best, least] = [to, distance];
  }
  return best;
}
