/**
 * The panel of tokens: what could stand next at the caret, to be chosen by a click or from the keyboard alone.
 *
 * The focus stays in the field: what is typed filters both lists, arrows move the mark, Enter and digits take.
 */

import { wishes } from "../candidates/faces.js";
import { byId, h, setAttributes, setText } from "../dom.js";
import { nextFrame } from "../store.js";
import { drawnHeading, hesitationLine, lookFace, spokenLook } from "../tokens/faces.js";
import { canBeTaken, drawn, filtered, likeliest } from "../tokens/rows.js";
import { reasonNotToLook } from "../tokens/scoring_state.js";
import { TokenList } from "./token_list.js";

/** @typedef {import("../store.js").State} State */

const LATE_MS = 250;
const PAGE = 8;
const SHEETS = "(max-width: 1231px)";

export class Tokens {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../session.js").Session} session
   * @param {import("../tokens/commands.js").TokenCommands} tokens
   * @param {import("../candidates/commands.js").CandidateCommands} candidates
   * @param {HTMLElement} inside what stands under the lists
   * @param {{keyOf: (action: string) => string, undoAsked: () => void}} on
   */
  constructor(store, session, tokens, candidates, inside, on) {
    this.store = store;
    this.session = session;
    this.tokens = tokens;
    this.on = on;
    this.lists = /** @type {const} */ ([
      new TokenList("tokens-likeliest", "The likeliest tokens", (index, event) =>
        this.#clicked(0, index, event),
      ),
      new TokenList("tokens-drawn", "Tokens that were drawn", (index, event) =>
        this.#clicked(1, index, event),
      ),
    ]);
    /** Which of the two lists has the mark, and is shown where there is room for one. */
    this.at = 0;
    /** @type {import("../protocol.js").Look | null | undefined} that the lists show; undefined: they were not drawn yet */
    this.shown = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.late = undefined;
    this.words = h("span", {}, "Show next tokens");
    this.key = h("kbd", {});
    this.button = this.#button("primary", () => void tokens.look(), this.words, this.key);
    this.button.setAttribute("aria-describedby", "tokens-line");
    this.line = h("span", { class: "tokens-line", id: "tokens-line" });
    this.clear = this.#button("text-button", () => tokens.clear(), "Clear");
    this.progress = h("div", { class: "set-progress" });
    this.quickgen = this.#button("switch", () => candidates.changeQuickgen());
    setAttributes(this.quickgen, { role: "switch", id: "tokens-quickgen" });
    this.field = this.#field();
    this.hesitates = h("p", { class: "tokens-hesitates" });
    this.heads = [0, 1].map((at) => this.#head(at));
    this.columns = this.#columns();
    this.body = h("div", { class: "tokens" }, this.#top(), this.columns, inside);
  }

  start() {
    this.key.textContent = this.on.keyOf("tokens-look");
    this.clear.title = "Take the lists off the page; the story stays as it is";
    this.quickgen.title = `Quickgen: shows the next ones as soon as you take one (${this.on.keyOf("candidates-quick")})`;
    this.store.subscribe(["look", "right"], (state) => {
      if (state.right === "tokens") this.#showLook(state);
    });
    this.store.subscribe(
      [
        ...["look", "looking", "lookTrouble", "lookIs", "server", "models", "defaultModel"],
        ...["story", "caretAtEnd", "length", "settings"],
      ].map((key) => /** @type {keyof State} */ (key)),
      (state) => this.#showState(state),
    );
  }

  // ---------------------------------------------------------------- parts

  /** @param {string} name of its class @param {() => void} then @param {...(HTMLElement | string)} words */
  #button(name, then, ...words) {
    return h("button", { class: name, type: "button", on: { click: then } }, ...words);
  }

  #field() {
    const field = h("input", {
      ...{ class: "field tokens-field", type: "text", autocomplete: "off", spellcheck: "false" },
      ...{ role: "combobox", "aria-expanded": "true", "aria-autocomplete": "list" },
      "aria-controls": "tokens-likeliest tokens-drawn",
      "aria-label": "Filter the tokens",
      placeholder: "Type to filter",
      autocapitalize: "off",
      enterkeyhint: "go",
    });
    field.addEventListener("input", () => this.#fill());
    return field;
  }

  #top() {
    const label = h("label", { for: this.quickgen.id }, "Quickgen");
    const quick = h("span", { class: "tokens-quick" }, label, this.quickgen);
    const state = h("div", { class: "candidates-state" }, this.line, this.clear, this.progress);
    const filter = h("div", { class: "tokens-filter" }, this.field, quick);
    return h("div", { class: "tokens-top" }, this.button, state, filter);
  }

  /** @param {number} at */
  #head(at) {
    return h(
      "button",
      { class: "tokens-head", type: "button", on: { click: () => this.#turnTo(at) } },
      at ? "Drawn" : "Likeliest",
    );
  }

  #columns() {
    const column = (/** @type {0 | 1} */ at) =>
      h(
        "section",
        { class: "tokens-column" },
        h("h2", { class: "tokens-heading" }, this.heads[at]),
        this.lists[at].element,
      );
    this.empty = h("p", { class: "panel-line tokens-empty" });
    const lists = h("div", { class: "tokens-lists" }, column(0), column(1));
    return h("div", { class: "tokens-columns" }, this.hesitates, this.empty, lists);
  }

  // ---------------------------------------------------------------- doing

  /** Looks at the caret's place; the focus goes to the field, so that one can go on by keys. */
  look() {
    if (matchMedia("(pointer: fine)").matches) this.focus();
    return this.tokens.look();
  }

  focus() {
    // The panel may be opening in this very frame.
    nextFrame(() => {
      this.field.focus();
      this.field.select();
    });
  }

  /** @param {number} at @param {number} index @param {MouseEvent} event */
  #clicked(at, index, event) {
    // A second click on a row would take of a list that is on its way out.
    if (event.detail > 1) return;
    this.#turnTo(at);
    this.#take(this.lists[at].rows[index]);
  }

  /** @param {import("../tokens/rows.js").Row | undefined} row */
  #take(row) {
    if (!row || !this.tokens.take(row.id)) return;
    this.field.value = "";
    if (!this.store.state.looking) this.#fill();
  }

  /** @param {number} at which list has the mark @param {number} [index] of its row */
  #turnTo(at, index = Math.max(0, this.lists[at].marked)) {
    this.at = at;
    this.body.dataset.list = String(at);
    this.heads.forEach((head, index) =>
      setAttributes(head, { "aria-pressed": String(index === at) }),
    );
    this.lists[1 - at].mark(-1);
    this.#mark(index);
  }

  /** @param {number} index */
  #mark(index) {
    const list = this.lists[this.at];
    const inside = Math.max(0, Math.min(index, list.rows.length - 1));
    const marked = list.mark(inside);
    for (const holder of [this.field, list.element])
      setAttributes(holder, { "aria-activedescendant": marked });
  }

  /**
   * @param {KeyboardEvent} event anywhere in the room
   * @returns {boolean} whether it was for the lists, and is done
   */
  takesKey(event) {
    const { target, key } = event;
    const inLists = this.lists.some(({ element }) => element === target);
    if (target !== this.field && !inLists) return false;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z" && !this.field.value) {
      this.on.undoAsked();
      return true;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    if (key === "Escape") return this.#leave();
    if (key === "Enter") return this.#enter();
    if (/^[1-9]$/.test(key)) {
      this.#take(this.lists[this.at].rows[Number(key) - 1]);
      return true;
    }
    return this.#arrow(key);
  }

  /** @returns {boolean} false where the panel covers the text, and is closed */
  #leave() {
    if (matchMedia(SHEETS).matches) return false;
    this.session.page?.focus();
    return true;
  }

  #enter() {
    const { look, looking } = this.store.state;
    const list = this.lists[this.at];
    if (look) this.#take(list.rows[list.marked]);
    else if (!looking) void this.tokens.look();
    return true;
  }

  /** @param {string} key @returns {boolean} */
  #arrow(key) {
    const { marked } = this.lists[this.at];
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[key];
    const sideways = { ArrowRight: 1, ArrowLeft: 0 }[key];
    if (by !== undefined) this.#mark(marked + by);
    else if (sideways !== undefined && !this.field.value) this.#turnTo(sideways);
    else return false;
    return true;
  }

  // ---------------------------------------------------------------- showing

  /** @param {State} state */
  #showLook({ look }) {
    if (look === this.shown) return;
    this.shown = look;
    this.#fill();
    setText(this.heads[1], look ? drawnHeading(look) : "Drawn");
    if (look) setText(byId("tokens-live"), spokenLook(look));
  }

  /** Both lists, as what is typed leaves them. */
  #fill() {
    const { look } = this.store.state;
    const typed = this.field.value;
    const lists = look ? [likeliest(look), drawn(look)] : [[], []];
    this.lists.forEach((list, at) => list.show(filtered(lists[at], typed)));
    const first = this.lists[this.at].rows.findIndex(canBeTaken);
    this.#turnTo(this.at, Math.max(0, first));
    const found = this.lists.some(({ rows }) => rows.length);
    setAttributes(/** @type {HTMLElement} */ (this.empty), { hidden: found });
    setText(/** @type {HTMLElement} */ (this.empty), look ? "No token here begins so." : EMPTY);
  }

  /** @param {State} state */
  #showState(state) {
    const face = lookFace(state);
    const reason = reasonNotToLook(state);
    setText(this.line, face.text);
    setAttributes(this.line, { "data-kind": face.kind });
    setAttributes(this.button, { "aria-disabled": reason ? "true" : false, title: reason });
    setAttributes(this.progress, { hidden: face.done === null });
    this.progress.style.setProperty("--done", String(face.done ?? 0));
    setAttributes(this.clear, { hidden: !state.look });
    setAttributes(this.quickgen, { "aria-checked": String(wishes(state.settings).quickgen) });
    setText(this.hesitates, state.look ? hesitationLine(state.look) : "");
    setAttributes(this.hesitates, { hidden: !state.look });
    setAttributes(this.columns, { "data-older": !!state.look && state.lookIs !== "here" });
    clearTimeout(this.late);
    const late = () => this.columns.classList.toggle("is-late", this.store.state.looking);
    if (state.looking) this.late = setTimeout(late, LATE_MS);
    else late();
  }
}

const EMPTY =
  "What could stand next, token by token: the likeliest, and some that were drawn as your sampling would. A click puts one into the story.";
