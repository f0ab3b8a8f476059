/**
 * The card of one token of the text: how likely the model found it, and what could stand there instead.
 *
 * Floats beside its token and covers none of it; on a phone it is a sheet from below. Follows its token through edits.
 */

import { h, icon, setAttributes, setText } from "../dom.js";
import { besideToken, spokenFacts, tokenFacts } from "../tokens/card_faces.js";
import { shareText } from "../tokens/numbers.js";
import { canBeTaken, likeliest, widthOf } from "../tokens/rows.js";
import { spokenText } from "../tokens/visible.js";
import { piecesOf } from "./token_list.js";

/** @typedef {import("../editor/heat.js").ScoredToken} ScoredToken */
/** @typedef {import("../protocol.js").Look} Look */
/** @typedef {import("../tokens/rows.js").Row} Row */

const NUM_ALTERNATIVES = 10;
const SHEET = "(max-width: 840px)";

export class TokenCard {
  /** @param {{chosen: (row: Row, goOn: boolean) => void, closed: () => void}} on */
  constructor(on) {
    this.on = on;
    this.goOn = false;
    /** @type {Row[]} */
    this.rows = [];
    this.name = h("p", { class: "token-card-name" });
    this.facts = h("dl", { class: "token-card-facts" });
    const close = h("button", { class: "icon-button", type: "button", "aria-label": "Close" });
    close.append(icon("close"));
    close.addEventListener("click", () => this.close());
    this.ways = [this.#way(false, "Keep what follows"), this.#way(true, "Go on from here")];
    const ways = h(
      "div",
      { class: "token-card-ways", role: "group", "aria-label": "When one is chosen" },
      ...this.ways,
    );
    this.note = h("p", { class: "token-card-note", role: "status" });
    this.buttons = Array.from({ length: NUM_ALTERNATIVES }, (_, index) => this.#alternative(index));
    const items = this.buttons.map((button) => h("li", {}, button));
    this.list = h(
      "ol",
      { class: "token-card-list", "aria-label": "What could stand here" },
      ...items,
    );
    this.element = h(
      "div",
      { class: "token-card", role: "dialog", "aria-label": "Token", tabindex: "-1", hidden: true },
      h("div", { class: "token-card-head" }, this.name, close, this.facts),
      h("div", { class: "token-card-choice" }, ways, this.note, this.list),
    );
    document.body.append(this.element);
    this.#chooseWay(false);
  }

  /** @param {boolean} goOn @param {string} words */
  #way(goOn, words) {
    const press = () => this.#chooseWay(goOn);
    return h("button", { class: "chip", type: "button", on: { click: press } }, words);
  }

  /** @param {boolean} goOn */
  #chooseWay(goOn) {
    this.goOn = goOn;
    this.ways.forEach((way, index) =>
      setAttributes(way, { "aria-pressed": String(goOn === (index === 1)) }),
    );
  }

  /** @param {number} index */
  #alternative(index) {
    const press = () => {
      const row = this.rows[index];
      if (row && canBeTaken(row)) this.on.chosen(row, this.goOn);
    };
    return h(
      "button",
      { class: "token-row", type: "button", on: { click: press } },
      h("span", { class: "token-text", "aria-hidden": "true" }),
      h("span", { class: "token-share is-before", "aria-hidden": "true" }),
      h("span", { class: "token-share", "aria-hidden": "true" }),
      h("span", { class: "visually-hidden" }),
    );
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** Whether it lies over the lower part of the page, not beside its token. */
  get isSheet() {
    return matchMedia(SHEET).matches;
  }

  get hasFocus() {
    return this.element.contains(document.activeElement);
  }

  /**
   * @param {ScoredToken} token
   * @param {string} text of it
   */
  show(token, text) {
    this.name.replaceChildren(...piecesOf(text));
    this.name.setAttribute("aria-label", spokenText(text));
    this.facts.replaceChildren(
      ...tokenFacts(token).map(([name, value, line]) =>
        h("div", { title: line }, h("dt", {}, name), h("dd", {}, value)),
      ),
    );
    this.element.setAttribute("aria-label", `Token ${spokenText(text)}`);
    this.element.dataset.spoken = spokenFacts(token);
    this.element.hidden = false;
  }

  /** @param {string} words while the alternatives are not there */
  wait(words) {
    this.rows = [];
    setText(this.note, words);
    this.#showRows("");
  }

  /** @param {Look} look @param {string} present the text that stands there */
  alternatives(look, present) {
    setText(this.note, "");
    this.rows = likeliest(look).slice(0, NUM_ALTERNATIVES);
    this.#showRows(present);
  }

  /** @param {string} present */
  #showRows(present) {
    this.buttons.forEach((button, index) => {
      const row = this.rows[index];
      const [text, before, after, spoken] = /** @type {HTMLElement[]} */ ([...button.children]);
      button.style.visibility = row ? "visible" : "hidden";
      if (!row) return;
      text.replaceChildren(...piecesOf(row.shown));
      setText(before, shareText(row.before));
      setText(after, row.after > 0 ? shareText(row.after) : "–");
      setText(
        spoken,
        `${spokenText(row.shown)}, ${shareText(row.before)}, ${shareText(row.after)} after sampling`,
      );
      button.style.setProperty("--after", widthOf(row.after).toFixed(3));
      button.style.setProperty("--before", widthOf(row.before).toFixed(3));
      const isPresent = row.text === present;
      setAttributes(button, {
        title: isPresent ? "This one stands here" : row.reason,
        "aria-disabled": canBeTaken(row) && !isPresent ? false : "true",
        "aria-current": isPresent ? "true" : false,
        "data-left-out": row.after <= 0,
      });
    });
  }

  /** @param {DOMRect | {left: number, top: number, bottom: number}} spot of the token in the window */
  place(spot) {
    const { style } = this.element;
    if (this.isSheet) {
      for (const name of ["left", "top", "bottom", "max-height"]) style.removeProperty(name);
      return;
    }
    const { clientWidth: width, clientHeight: bottom } = document.documentElement;
    style.maxHeight = "none";
    const card = { width: this.element.offsetWidth, height: this.element.offsetHeight };
    const at = besideToken(spot, card, { width, top: 4, bottom: bottom - 4 });
    style.left = `${at.left}px`;
    style.top = at.top === null ? "auto" : `${at.top}px`;
    style.bottom = at.bottom === null ? "auto" : `${at.bottom + 4}px`;
    style.maxHeight = `${at.height}px`;
  }

  focusList() {
    const first = this.buttons.find(
      (button, index) => this.rows[index] && !button.hasAttribute("aria-disabled"),
    );
    (first ?? this.element).focus();
  }

  /** @param {1 | -1} by the next alternative */
  step(by) {
    const shown = this.buttons.filter((_, index) => this.rows[index]);
    const at = shown.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    shown[Math.max(0, Math.min(at + by, shown.length - 1))]?.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.element.hidden = true;
    this.#chooseWay(false);
    this.on.closed();
  }
}
