/** Elements to read. Text arrives as text; what is appended is appended, and nothing drawn again. */

import { h, setAttributes, setText } from "../../dom.js";
import { clamped, numberText, percentText } from "../../format.js";
import { safeLink } from "../links.js";
import { View } from "../view.js";

/** A paragraph's end behind so many characters begins a new block: a long text then costs little to append to. */
const BLOCK = 4000;

export class HeadingView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h(json.level === 3 ? "h3" : "h2"));
  }

  /** @override */
  show() {
    setText(this.element, this.values.text ?? "");
    this.element.dataset.level = String(this.values.level ?? 2);
  }
}

export class TextView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
    /** @type {Text | null} to which is appended */
    this.last = null;
  }

  /** @override @param {Set<string>} changed */
  show(changed) {
    this.element.dataset.tone = this.values.tone ?? "plain";
    if (!changed.has("text") && !changed.has("link")) return;
    const text = String(this.values.text ?? "");
    const link = safeLink(this.values.link);
    this.element.replaceChildren();
    this.last = null;
    if (!link) return this.#append(text);
    const more = link.outside ? { target: "_blank", rel: "noreferrer" } : {};
    this.element.append(h("a", { href: link.href, ...more }, text || link.href));
  }

  /** @override @param {string} name @param {string} more */
  showMore(name, more) {
    if (name === "text" && !this.values.link) this.#append(more);
    else super.showMore(name, more);
  }

  /** @param {string} more */
  #append(more) {
    if (!more) return;
    for (const line of more.split(/(?<=\n)/)) {
      if (!this.last || (this.last.length >= BLOCK && this.last.data.endsWith("\n"))) this.#block();
      this.last?.appendData(line);
    }
  }

  #block() {
    this.last = document.createTextNode("");
    this.element.append(h("div", { class: "wb-block" }, this.last));
  }
}

export class FactsView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("dl"));
  }

  /** @override */
  show() {
    const facts = /** @type {[string, string][]} */ (this.values.facts ?? []);
    this.element.replaceChildren(
      ...facts.map(([name, value]) =>
        h("div", {}, h("dt", {}, String(name)), h("dd", {}, String(value ?? "–"))),
      ),
    );
  }
}

export class ProgressView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
    this.note = h("span", { class: "wb-progress-note" });
    this.numbers = h("span", { class: "wb-numbers" });
    this.line = h("div", { class: "wb-line", role: "progressbar", "aria-valuemin": "0" });
    this.element.append(
      h("div", { class: "wb-progress-words" }, this.note, this.numbers),
      this.line,
    );
  }

  /** @override */
  show() {
    const { done = 0, total = 0, note = "" } = this.values;
    setText(this.note, note);
    setText(this.numbers, progressText(done, total));
    showLine(this.line, done, total, note);
  }
}

/** @param {number} done @param {number} total @returns {string} */
export const progressText = (done, total) =>
  total > 0 ? `${numberText(done)} of ${numberText(total)}` : done > 0 ? numberText(done) : "";

/** @param {HTMLElement} line @param {number} done @param {number} total 0: not known @param {string} note */
export function showLine(line, done, total, note) {
  const share = total > 0 ? clamped(done / total, 0, 1) : 0;
  line.style.setProperty("--done", String(share));
  line.classList.toggle("is-unknown", !(total > 0));
  setAttributes(line, {
    "aria-label": note || "Progress",
    "aria-valuemax": "100",
    "aria-valuenow": total > 0 ? String(Math.round(share * 100)) : false,
    "aria-valuetext": total > 0 ? percentText(share) : "under way",
  });
}

/** What this page is too old for. */
export class UnknownView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div"));
  }

  /** @override */
  show() {
    setText(this.element, `Nothing here knows how a “${this.kind}” is drawn. Load the page again.`);
  }
}
