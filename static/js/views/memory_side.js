/** How the window is divided, what was cut and why, and which entries are there: beside what the model sees. */

import { h, setAttributes } from "../dom.js";
import { numberText } from "../format.js";
import { MEANINGS, cutLines, division, loreLines } from "../memory/context.js";
import { rereadWords } from "../memory/costs.js";

/** @typedef {import("../protocol.js").Context} Context */

export class ContextSide {
  constructor() {
    this.bar = h("div", { class: "context-bar", "aria-hidden": "true" });
    this.legend = h("dl", { class: "context-legend" });
    this.reread = h("p", { class: "parameter-line" });
    this.cut = part("What does not fit");
    this.lore = part("Lore");
    this.element = h(
      "div",
      { class: "context-side", tabindex: "0", role: "region", "aria-label": "How it is divided" },
      h("h3", { class: "visually-hidden" }, "How the window is divided"),
      this.legend,
      this.reread,
      this.cut.element,
      this.lore.element,
    );
    /** @type {string} */
    this.shown = "";
  }

  /** @param {Context} context @param {import("../protocol.js").Memory} memory */
  show(context, memory) {
    const { pieces, ...counts } = context;
    const sizes = pieces.map(({ origin, num_tokens }) => [origin, num_tokens]);
    const now = JSON.stringify([counts, sizes, memory.entries, memory.lore_budget]);
    if (now === this.shown) return;
    this.shown = now;
    this.#divide(context);
    const { reread } = context;
    const words = reread.tokens
      ? `Before the next word it reads ${rereadWords(reread)}.`
      : "It has read all of this already.";
    this.reread.textContent = words;
    this.cut.fill(cutLines(context, memory.lore_budget).map((line) => h("li", {}, line)));
    this.lore.fill(
      loreLines(context, memory.entries).map(({ title, line, kind }) =>
        h(
          "li",
          { class: "context-entry", "data-kind": kind },
          h("span", { class: "context-entry-name", dir: "auto" }, title),
          h("span", { class: "context-entry-line", dir: "auto" }, line),
        ),
      ),
    );
  }

  /** @param {Context} context */
  #divide(context) {
    const parts = division(context);
    this.bar.replaceChildren(
      ...parts.map(({ origin, tokens }) => {
        const stretch = h("span", { class: "context-share", "data-origin": origin });
        stretch.style.flexGrow = String(tokens);
        return stretch;
      }),
    );
    const rows = parts.map(({ origin, label, tokens }) =>
      legendRow(origin, label, tokens, MEANINGS[/** @type {keyof typeof MEANINGS} */ (origin)]),
    );
    this.legend.replaceChildren(...rows, legendRow("all", "Fits at once", context.window, ""));
  }
}

/** @param {string} origin @param {string} label @param {number} tokens @param {string | undefined} meaning */
function legendRow(origin, label, tokens, meaning) {
  const attributes = { class: "context-legend-row", "data-origin": origin, title: meaning };
  return h("div", attributes, h("dt", {}, label), h("dd", {}, numberText(tokens)));
}

/** @param {string} title */
function part(title) {
  const list = h("ul", { class: "context-lines", role: "list" });
  const element = h("section", {}, h("h3", { class: "group" }, title), list);
  const fill = (/** @type {HTMLElement[]} */ lines) => {
    list.replaceChildren(...lines);
    setAttributes(element, { hidden: !lines.length });
  };
  return { element, fill };
}
