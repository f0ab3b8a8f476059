/**
 * The panel of candidates: what is asked for, then the cards, those that are pinned first and the newest set next.
 *
 * Cards are drawn anew only where they changed, and each keeps its element, so that the focus, a mark and an edit stay.
 * A set that comes by itself moves nothing that the pointer or the focus is on.
 */

import { matches } from "../actions.js";
import { readyWords, setFace } from "../candidates/faces.js";
import { CARD_KEYS } from "../candidates/keys.js";
import { cardsShown, isAtWork } from "../candidates/sets.js";
import { byId, h, setAttributes, setText } from "../dom.js";
import { counted } from "../format.js";
import { nextFrame } from "../store.js";
import { CandidateCard } from "./candidate_card.js";
import { CandidateControls } from "./candidate_controls.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */
/** @typedef {import("../protocol.js").Card} Card */

const LETTERS_PER_TOKEN = 4.3;
const LETTER_PX = 7.2;
const MOST_LINES = 12;

export class Candidates {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../session.js").Session} session
   * @param {import("../commands.js").Commands} commands
   * @param {import("../candidates/commands.js").CandidateCommands} candidates
   * @param {{say: (words: string) => void, keyOf: (action: string) => string}} on
   */
  constructor(store, session, commands, candidates, on) {
    this.store = store;
    this.session = session;
    this.candidates = candidates;
    const asked = (/** @type {"asked" | "auto"} */ origin) => void this.ask(origin);
    this.controls = new CandidateControls(store, commands, candidates, {
      asked,
      keyOf: on.keyOf,
    });
    this.room = {
      candidates,
      say: on.say,
      keyOf: on.keyOf,
      tell: (/** @type {string} */ words) => this.#tell(words),
      taken: this.#taken.bind(this),
    };
    this.empty = h("p", { class: "panel-line candidates-empty" });
    this.pinned = new SetView("Pinned", null);
    this.pinned.element.classList.add("is-pinned");
    this.list = h("div", { class: "candidates-list" }, this.empty);
    const { wishes, asking } = this.controls;
    this.body = h("div", { class: "candidates" }, wishes, asking, this.list);
    /** @type {Map<string, SetView>} */
    this.sets = new Map();
    /** @type {Map<string, CandidateCard>} */
    this.cards = new Map();
    /** @type {Map<string, CandidateSet>} as they were shown last */
    this.shown = new Map();
    /** @type {string | null} the set that was just asked for here, to be brought into sight */
    this.awaited = null;
    /** @type {CandidateCard | null} taken by a key: where it has the focus still, the set that follows gets it */
    this.left = null;
  }

  start() {
    this.controls.start();
    this.list.addEventListener("pointerleave", () => this.#settle(this.store.state.sets));
    this.store.subscribe(
      ["sets", "server", "models", "right", "story", "setsAre", "expected"],
      (state) => {
        this.#announce(state.sets);
        if (state.right === "candidates") this.#show(state);
      },
    );
  }

  // ---------------------------------------------------------------- doing

  /** @param {"asked" | "auto"} [origin] */
  async ask(origin = "asked") {
    const { candidates } = this;
    this.#awaits(await (origin === "auto" ? candidates.askSeveral() : candidates.ask()));
  }

  /** @param {string | null} set */
  #awaits(set) {
    if (!set) return;
    this.awaited = set;
    if (this.sets.has(set)) this.#bringUp();
  }

  #bringUp() {
    const { left } = this;
    [this.awaited, this.left] = [null, null];
    this.body.scrollTop = 0;
    if (left && left === this.#of(document.activeElement)) this.#numbered(1)?.focus();
  }

  /**
   * @param {CandidateCard} card
   * @param {number | null} units
   * @param {boolean} byMouse then the writer goes on in the text
   */
  async #taken(card, units, byMouse) {
    card.setMark(null);
    if (byMouse) this.session.page?.focus();
    const set = await this.candidates.take(card.id, units);
    this.left = byMouse ? null : card;
    this.#awaits(set);
  }

  /** Puts the focus on the newest set's first card; where the panel opens in this very frame, in the next. */
  focusFirst() {
    if (this.body.getClientRects().length) this.#focusFirst();
    else nextFrame(() => this.#focusFirst());
  }

  #focusFirst() {
    const first = this.#numbered(1) ?? this.#ordered()[0];
    if (first) first.focus();
    else this.controls.ask.focus();
  }

  /** @returns {CandidateCard | null} the card with the focus, else the first of the newest set */
  get current() {
    const focused = this.#of(document.activeElement);
    return focused ?? this.#numbered(1) ?? this.#ordered()[0] ?? null;
  }

  /** @param {string} action what a key does on the card that has the focus, else on the newest set's first */
  onCurrent(action) {
    const { current } = this;
    if (current) this.#do(action, current);
  }

  /** @param {string} action @param {CandidateCard} card */
  #do(action, card) {
    const { candidates } = this;
    /** @type {{[action: string]: () => unknown}} */
    const deeds = {
      "candidate-take": () => this.#taken(card, card.mark, false),
      "candidate-edit": () => card.beginEdit(),
      "candidate-pin": () => candidates.pin(card.id),
      "candidate-dismiss": () => candidates.dismiss(card.id),
      "candidate-retry": () => candidates.retry(card.id),
      "candidate-more": () => card.goOnOrStop(),
      "candidate-add": () => candidates.addTo(card.set.id),
      "candidate-story": () => candidates.openAsStory(card.id),
    };
    deeds[action]?.();
  }

  // ---------------------------------------------------------------- keys

  /**
   * @param {KeyboardEvent} event anywhere in the room
   * @returns {boolean} whether it was for the cards, and is done
   */
  takesKey(event) {
    const target = /** @type {Element | null} */ (event.target);
    if (!target || !this.body.contains(target) || target.closest("[role=menu]")) return false;
    const card = this.#of(target);
    if (card?.editor.isOpen && target === card.editor.area) return this.#editKey(event, card);
    if (target.matches("input, select, textarea")) return false;
    const number = /^[1-9]$/.test(event.key) && isPlain(event) ? Number(event.key) : 0;
    const numbered = number ? this.#numbered(number) : null;
    if (numbered) numbered.focus();
    if (number) return true;
    if (!card) return false;
    if (target === card.text && this.#cardKey(event, card)) return true;
    const asked = CARD_KEYS.find(({ key }) => matches(event, key));
    // Enter on a button presses the button.
    if (!asked || (asked.key === "Enter" && target !== card.text)) return false;
    this.#do(asked.id, card);
    return true;
  }

  /** @param {KeyboardEvent} event @param {CandidateCard} card */
  #editKey(event, card) {
    const done = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!done && event.key !== "Escape") return false;
    card.editor.end(done);
    return true;
  }

  /** @param {KeyboardEvent} event @param {CandidateCard} card whose text has the focus */
  #cardKey(event, card) {
    const { key } = event;
    if (event.shiftKey) return false;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const forth = (key === "ArrowRight") !== card.isRightToLeft;
      const byWord = event.ctrlKey || event.altKey;
      card.moveMark(event.metaKey ? "all" : byWord ? "word" : "letter", forth ? 1 : -1);
      return true;
    }
    if (!isPlain(event)) return false;
    if (key === "Home" || key === "End") card.moveMark("all", key === "End" ? 1 : -1);
    else if (key === "ArrowDown" || key === "ArrowUp")
      this.#goTo(card, key === "ArrowDown" ? 1 : -1);
    else return false;
    return true;
  }

  /** @param {CandidateCard} from @param {number} by */
  #goTo(from, by) {
    const all = this.#ordered();
    const to = all[all.indexOf(from) + by];
    to?.focus();
  }

  /** @param {Element | null} element @returns {CandidateCard | null} */
  #of(element) {
    const id = element?.closest(".candidate")?.id.slice("card-".length);
    return (id && this.cards.get(id)) || null;
  }

  /** @returns {CandidateCard[]} as they stand on the page */
  #ordered() {
    const items = /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(".candidate"));
    return [...items].flatMap((item) => this.#of(item) ?? []);
  }

  /** @param {number} number @returns {CandidateCard | null} of the newest set */
  #numbered(number) {
    const newest = this.store.state.sets.at(-1);
    const card = newest && cardsShown(newest).find((one) => one.number + 1 === number);
    return (card && this.cards.get(card.id)) ?? null;
  }

  // ---------------------------------------------------------------- showing

  /** @param {State} state */
  #show(state) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const focusedAt = this.#ordered().findIndex(({ element }) => element.contains(focused));
    const held = this.#heldElement();
    const before = held?.getBoundingClientRect().top ?? 0;
    const newest = state.sets.toReversed();
    const pinned = newest.flatMap((set) => cardsShown(set).filter((card) => card.pinned));
    const views = newest.map((set) => this.#showSet(set, state));
    this.pinned.fill(pinned.map((card) => this.#elementOf(card)));
    setAttributes(this.pinned.element, { hidden: !pinned.length });
    setAttributes(this.empty, { hidden: state.sets.length > 0 });
    setText(this.empty, emptyWords(state));
    const sections = views.map((view) => view.element);
    place(this.list, [this.empty, this.pinned.element, ...sections]);
    this.#forgetGone(state);
    if (focusedAt >= 0) this.#keepFocus(focused, focusedAt);
    if (this.awaited && this.sets.has(this.awaited)) this.#bringUp();
    else if (held?.isConnected) this.body.scrollTop += held.getBoundingClientRect().top - before;
  }

  /**
   * Elements that are moved lose the focus, and a card that is gone had it: then its neighbour gets it.
   *
   * @param {HTMLElement | null} focused
   * @param {number} index of its card
   */
  #keepFocus(focused, index) {
    if (document.activeElement === focused) return;
    if (focused?.isConnected) focused.focus({ preventScroll: true });
    else (this.#ordered().at(index) ?? this.#ordered().at(-1))?.focus();
  }

  /** @returns {Element | null} the card that the pointer or the focus is on; it is not to move */
  #heldElement() {
    const hovered = this.list.querySelector(".candidate:hover");
    return hovered ?? this.#of(document.activeElement)?.element ?? null;
  }

  /** @param {CandidateSet} set @param {State} state */
  #showSet(set, state) {
    let view = this.sets.get(set.id);
    if (!view) {
      const words = counted(this.session.page?.wordsBefore(set.at) ?? 0, "word");
      view = new SetView(`${clock(set.time)}, after ${words}`, set.model_name);
      this.sets.set(set.id, view);
    }
    const shown = cardsShown(set);
    for (const card of shown) {
      const drawn = this.#cardOf(card, set);
      drawn.show(card, set, state);
      if (card.state !== "ended") drawn.reserve(this.#lines(set));
    }
    const unpinned = shown.filter((card) => !card.pinned);
    view.fill(unpinned.map((card) => this.#elementOf(card)));
    view.say(setFace(set, state));
    if (!isAtWork(set) && !this.list.matches(":hover")) this.#settle([set]);
    return view;
  }

  /** @param {CandidateSet[]} sets let go of the height that was kept for words to come */
  #settle(sets) {
    for (const set of sets.filter((one) => !isAtWork(one)))
      for (const { id } of set.cards) this.cards.get(id)?.reserve(0);
  }

  /** @param {CandidateSet} set @returns {number} that its cards are likely to need */
  #lines(set) {
    const letters = Number(set.params.max_tokens) * LETTERS_PER_TOKEN;
    const perLine = Math.max(20, (this.list.clientWidth - 24) / LETTER_PX);
    return Math.min(MOST_LINES, Math.ceil(letters / perLine));
  }

  /** @param {Card} card @param {CandidateSet} set */
  #cardOf(card, set) {
    let view = this.cards.get(card.id);
    if (!view) this.cards.set(card.id, (view = new CandidateCard(card, set, this.room)));
    return view;
  }

  /** @param {Card} card */
  #elementOf(card) {
    return /** @type {CandidateCard} */ (this.cards.get(card.id)).element;
  }

  /** @param {State} state */
  #forgetGone({ sets }) {
    const ids = new Set(sets.map(({ id }) => id));
    const cards = new Set(sets.flatMap((set) => set.cards.map(({ id }) => id)));
    for (const id of this.sets.keys()) if (!ids.has(id)) this.sets.delete(id);
    for (const id of this.cards.keys()) if (!cards.has(id)) this.cards.delete(id);
  }

  // ---------------------------------------------------------------- being heard

  /** @param {CandidateSet[]} sets */
  #announce(sets) {
    for (const set of sets) {
      const before = this.shown.get(set.id);
      if (set.origin === "writer") continue; // its cards come and go by themselves
      if (before && isAtWork(before) && !isAtWork(set)) this.#tell(readyWords(set));
      else if (set.state === "searching" && before?.state !== "searching")
        this.#tell("Searching. Stop keeps the best so far.");
    }
    this.shown = new Map(sets.map((set) => [set.id, set]));
  }

  /** @param {string} words */
  #tell(words) {
    setText(byId("candidates-live"), words);
  }
}

/** One set with its heading; its cards' elements are given to it. */
class SetView {
  /** @param {string} title @param {string | null} model */
  constructor(title, model) {
    this.words = h("span", { class: "set-words" });
    this.progress = h("div", { class: "set-progress" });
    const name = model ? `${title}, ${model}` : title;
    const heading = h("h2", { class: "set-heading" }, h("span", {}, title));
    if (model) heading.append(h("span", { class: "set-model" }, model));
    this.list = h("ul", { class: "set-cards", role: "list", "aria-label": name });
    this.state = h("p", { class: "set-state" }, this.words, this.progress);
    this.element = h(
      "section",
      { class: "candidate-set" },
      heading,
      model && this.state,
      this.list,
    );
  }

  /** @param {HTMLElement[]} cards */
  fill(cards) {
    place(this.list, cards);
  }

  /** @param {import("../candidates/faces.js").SetFace} face */
  say(face) {
    setText(this.words, face.text);
    setAttributes(this.state, { "data-kind": face.kind, title: face.detail });
    setAttributes(this.progress, { hidden: face.done === null });
    if (face.done !== null) this.progress.style.setProperty("--done", String(face.done));
  }
}

/**
 * Puts elements into a parent in this order; those that stand there already are not touched.
 *
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} elements
 */
function place(parent, elements) {
  const wanted = new Set(elements);
  for (const child of [...parent.children])
    if (!wanted.has(/** @type {HTMLElement} */ (child))) child.remove();
  elements.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index]);
  });
}

/** @param {State} state */
function emptyWords(state) {
  if (state.setsAre === "there" && state.story) return "Looking for earlier candidates…";
  const how = matchMedia("(hover: hover)").matches
    ? "Point at a letter of one to see what you would take; a click takes it."
    : "Tap a letter of one to mark what you want, then take it.";
  return `No candidates yet. Ask for a few ways in which the story could go on. ${how}`;
}

/** @param {number} time seconds since the epoch */
const clock = (time) => new Date(time * 1000).toTimeString().slice(0, 5);

/** @param {KeyboardEvent} event */
const isPlain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;
