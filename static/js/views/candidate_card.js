/**
 * One candidate on its card: its text, what of it would be taken, and what can be done with it.
 *
 * The text is drawn in two parts, what would be taken and the rest, which changes no letter's place. White space
 * before the first letter is taken with it and not drawn.
 */

import { cardFace, reasonNotToGoOn } from "../candidates/faces.js";
import { drawnWords, expectedWords, isHidden } from "../candidates/fate.js";
import { leadOf, letterEnds, step, wordEnds } from "../candidates/letters.js";
import { shownText } from "../candidates/sets.js";
import { wayOf } from "../candidates/ways.js";
import { h, icon, setAttributes, setText } from "../dom.js";
import { reasonOfServer } from "../faces.js";
import { CandidateEditor } from "./candidate_editor.js";
import { LetterMarks } from "./letter_marks.js";
import { Menu } from "./menu.js";

/** @typedef {import("../protocol.js").Card} Card */
/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */
/** @typedef {import("../store.js").State} State */
/**
 * @typedef {object} Room
 * @property {import("../candidates/commands.js").CandidateCommands} candidates
 * @property {(words: string) => void} say what a disabled button's reason is
 * @property {(words: string) => void} tell to those who hear the page
 * @property {(card: CandidateCard, units: number | null, byMouse: boolean) => void} taken
 * @property {(action: string) => string} keyOf an action
 */

const TOLD_LETTERS = 40;

export class CandidateCard {
  /**
   * @param {Card} card
   * @param {CandidateSet} set
   * @param {Room} room
   */
  constructor(card, set, room) {
    this.id = card.id;
    this.card = card;
    this.set = set;
    this.room = room;
    /** @type {State | null} */
    this.state = null;
    /** @type {number | null} units up to which a key or a finger marked; null: the whole text */
    this.mark = null;
    /** @type {number | null} units up to which the mouse points */
    this.hover = null;
    this.name = `Candidate ${card.number + 1}`;

    this.number = h("span", { class: "candidate-number", "aria-hidden": "true" });
    this.words = h("span", { class: "candidate-words", id: `card-${this.id}-words` });
    this.took = h("span", { class: "candidate-took" });
    this.rest = h("span", { class: "candidate-rest" });
    this.text = h("div", this.#textAttributes(), this.took, this.rest);
    const { candidates } = room;
    this.take = this.#button("Take all", (event) =>
      room.taken(this, this.mark, event.detail > 0 && matchMedia("(pointer: fine)").matches),
    );
    this.take.classList.add("candidate-take");
    this.edit = this.#button("Edit", () => this.beginEdit());
    this.more = this.#button("Go on", () => this.goOnOrStop());
    this.retry = this.#button("Retry", () => void candidates.retry(this.id));
    this.pin = this.#iconButton("pin", () => void candidates.pin(this.id));
    this.dismiss = this.#iconButton("close", () => void candidates.dismiss(this.id));
    const buttons = [this.take, this.edit, this.more, this.retry];
    this.foot = h("div", { class: "candidate-foot" }, ...buttons, this.#menu());
    this.editor = new CandidateEditor([this.text, this.foot], `Text of ${this.name}`, (text) =>
      this.#edited(text),
    );
    const tools = h("div", { class: "candidate-tools" }, this.pin, this.dismiss);
    const head = h("div", { class: "candidate-head" }, this.number, this.words, tools);
    const attributes = { class: "candidate", id: `card-${this.id}` };
    this.drawn = h("p", { class: "candidate-drawn" });
    this.element = h("li", attributes, head, this.text, this.drawn, this.foot);
    this.#keepTabStopsFew();
    new LetterMarks(this.text, () => shownText(this.card), {
      hovered: (units) => this.#hovered(units),
      marked: (units) => this.setMark(units),
      clicked: (units) => room.taken(this, units, true),
    });
  }

  #textAttributes() {
    return {
      class: "candidate-text",
      id: `card-${this.id}-text`,
      tabindex: "0",
      role: "group",
      dir: "auto",
      "aria-label": this.name,
      "aria-describedby": `card-${this.id}-text card-${this.id}-words`,
    };
  }

  /** @param {string} words @param {(event: MouseEvent) => void} then */
  #button(words, then) {
    const press = (/** @type {MouseEvent} */ event) => {
      if (button.getAttribute("aria-disabled") === "true") this.room.say(button.title);
      else then(event);
    };
    const attributes = { class: "candidate-button", type: "button", on: { click: press } };
    const button = h("button", attributes, words);
    return button;
  }

  /** @param {string} name of the icon @param {() => void} then */
  #iconButton(name, then) {
    const button = this.#button("", then);
    button.className = "icon-button";
    button.append(icon(name));
    return button;
  }

  #menu() {
    const dots = this.#iconButton("more", () => undefined);
    const name = `More for ${this.name}`;
    const attributes = { "aria-haspopup": "menu", "aria-expanded": "false", title: "More" };
    setAttributes(dots, { ...attributes, "aria-label": name });
    new Menu(dots, name, () => this.#menuItems());
    return h("div", { class: "menu-place" }, dots);
  }

  /** @returns {import("./menu.js").Item[]} */
  #menuItems() {
    const { candidates, keyOf } = this.room;
    const items = [
      {
        label: "Open as a story",
        line: "What stands before it, and its text",
        key: keyOf("candidate-story"),
        then: () => void candidates.openAsStory(this.id),
      },
      {
        label: "More like these",
        line: "Others for the same place",
        key: keyOf("candidate-add"),
        then: () => void candidates.addTo(this.set.id),
      },
    ];
    const back = { label: "As it was written", then: () => void candidates.unedit(this.id) };
    return this.card.text === null || this.card.state !== "ended" ? items : [...items, back];
  }

  /** Buttons of a card are tab stops only while something in the card has the focus. */
  #keepTabStopsFew() {
    const { element } = this;
    const set = (/** @type {number} */ index) => {
      for (const button of element.querySelectorAll("button")) button.tabIndex = index;
    };
    element.addEventListener("focusin", () => set(0));
    element.addEventListener("focusout", ({ relatedTarget }) => {
      if (!element.contains(/** @type {Node | null} */ (relatedTarget))) set(-1);
    });
    set(-1);
  }

  // ---------------------------------------------------------------- showing

  /**
   * @param {Card} card
   * @param {CandidateSet} set
   * @param {State} state
   */
  show(card, set, state) {
    const before = this.state;
    const same = before?.server === state.server && before.models === state.models;
    const sameSet = set.model === this.set.model && isHidden(set) === isHidden(this.set);
    const expected = this.#expectedIn(state) === (before ? this.#expectedIn(before) : "");
    const known = same && card === this.card && sameSet && expected;
    [this.card, this.set, this.state] = [card, set, state];
    if (known) return;
    const face = cardFace(card);
    setAttributes(this.element, { "data-state": card.state, "data-kind": face.kind });
    this.element.classList.toggle("is-taken", card.taken > 0);
    setText(this.number, String(card.number + 1));
    const becomes = face.detail ? `${face.text}: ${face.detail}` : face.text;
    const drawn = drawnWords(card, set, state.parameters);
    setText(this.drawn, [this.#expectedIn(state), drawn].filter((words) => words).join(" · "));
    const way = set.fate ? "" : wayOf(card, set, state.presets);
    setText(this.words, [way, becomes].filter((words) => words).join(" · "));
    this.#showText();
    this.#showButtons(state);
  }

  /** @param {State} state */
  #expectedIn(state) {
    return expectedWords(this.card, this.set, state.expected);
  }

  #showText() {
    const whole = shownText(this.card);
    const lead = leadOf(whole);
    const body = whole.slice(lead.length);
    const units = this.hover ?? this.mark;
    const at = units === null ? 0 : Math.max(0, Math.min(units, whole.length) - lead.length);
    setPart(this.took, body.slice(0, at));
    setPart(this.rest, body.slice(at));
    this.text.classList.toggle("is-marked", units !== null);
    this.text.classList.toggle("begins-anew", lead.includes("\n") && body !== "");
  }

  /** @param {State} state */
  #showButtons(state) {
    const { card } = this;
    const { keyOf } = this.room;
    const away = reasonOfServer(state);
    const unusable = reasonNotToGoOn(state, this.set);
    const live = card.state !== "ended";
    const marked = this.mark !== null;
    setText(this.take, marked ? "Take" : "Take all");
    this.take.classList.toggle("is-first", marked);
    const takes = marked ? "Take what is marked" : "Take the whole text";
    const empty = shownText(card) === "" ? "Nothing is written yet" : "";
    able(this.take, empty, `${takes} (${keyOf("candidate-take")})`);
    const early = live ? "It can be edited when it is written" : away;
    able(this.edit, early, `Edit before taking (${keyOf("candidate-edit")})`);
    setText(this.more, live ? "Stop" : "Go on");
    const searched = Number(card.params?.num_beams ?? 1) > 1;
    const ends = searched ? "Stop the search: the best so far is kept" : "Stop this one";
    const stops = live ? ends : "Write on from its end";
    able(this.more, live ? away : unusable, `${stops} (${keyOf("candidate-more")})`);
    const retries = searched ? "Put the next best in its place" : "Write another in its place";
    able(this.retry, unusable, `${retries} (${keyOf("candidate-retry")})`);
    const pins = card.pinned ? "Unpin" : "Pin: keep it on top";
    able(this.pin, away, `${pins} (${keyOf("candidate-pin")})`);
    const name = `Pin ${this.name}`;
    setAttributes(this.pin, { "aria-pressed": String(card.pinned), "aria-label": name });
    able(this.dismiss, away, `Dismiss (${keyOf("candidate-dismiss")})`);
    setAttributes(this.dismiss, { "aria-label": `Dismiss ${this.name}` });
  }

  /** @param {number} lines of text to keep room for, so that what comes moves nothing */
  reserve(lines) {
    this.element.style.setProperty("--lines", String(lines));
  }

  // ---------------------------------------------------------------- marking

  /** @param {number | null} units */
  #hovered(units) {
    if (units === this.hover) return;
    this.hover = units;
    this.#showText();
  }

  /** @param {number | null} units null: the whole text */
  setMark(units) {
    this.mark = units;
    this.#showText();
    if (this.state) this.#showButtons(this.state);
  }

  /** @param {"letter" | "word" | "all"} by @param {1 | -1} direction */
  moveMark(by, direction) {
    const text = shownText(this.card);
    if (!text) return;
    const letters = letterEnds(text);
    const ends = by === "word" ? wordEnds(text) : letters;
    const from = this.mark ?? text.length;
    const far = direction > 0 ? text.length : letters[0];
    const to = by === "all" ? far : step(ends, from, direction);
    this.setMark(to === text.length ? null : to);
    this.room.tell(`Up to: ${text.slice(0, to).trim().slice(-TOLD_LETTERS)}`);
  }

  get isRightToLeft() {
    return getComputedStyle(this.text).direction === "rtl";
  }

  focus() {
    (this.editor.isOpen ? this.editor.area : this.text).focus();
  }

  // ---------------------------------------------------------------- doing

  goOnOrStop() {
    const { candidates } = this.room;
    if (this.card.state !== "ended") void candidates.stopCard(this.id);
    else void candidates.goOn(this.id);
  }

  beginEdit() {
    if (this.card.state === "ended") this.editor.begin(shownText(this.card));
  }

  /** @param {string | null} text null: it stays as it was */
  #edited(text) {
    this.setMark(null);
    if (text !== null) void this.room.candidates.edit(this.id, text);
    this.focus();
  }
}

/**
 * Sets text so that a text that only grew is only added to.
 *
 * @param {HTMLElement} part
 * @param {string} text
 */
function setPart(part, text) {
  const node = part.firstChild;
  if (node instanceof Text && node.length && text.startsWith(node.data)) {
    if (text.length > node.length) node.appendData(text.slice(node.length));
  } else if (part.textContent !== text) part.textContent = text;
}

/**
 * @param {HTMLElement} button
 * @param {string} reason why it can't be pressed; empty where it can
 * @param {string} title what it does
 */
function able(button, reason, title) {
  setAttributes(button, { "aria-disabled": reason ? "true" : false, title: reason || title });
}
