/**
 * The page that is written on: CodeMirror bound to the story's document.
 *
 * Line breaks are line feeds alone: with CodeMirror's default a carriage return would count differently
 * here and in the document. Undo is the document's own, so that it reverts only one's own edits.
 */

import {
  EditorState,
  EditorView,
  Prec,
  closeSearchPanel,
  defaultKeymap,
  drawSelection,
  keymap,
  placeholder,
  search,
  searchKeymap,
  yCollab,
} from "../../vendor/libs.js";
import { Finger } from "../document/finger.js";
import { attributedClipboard } from "./clipboard.js";
import { authorColours, authorsLearned } from "./author_colours.js";
import { caretsField, remoteCarets, setCarets } from "./carets.js";
import { aboveSheets } from "./covered.js";
import { Follow, LOWEST } from "./follow.js";
import { Heat } from "./heat.js";
import { lookedAt, lookedAtField, setLookedAt } from "./looked_at.js";
import { textDirection } from "./text_direction.js";

/** @typedef {import("../../vendor/libs.js").Transaction} Transaction */
/** @typedef {import("../protocol.js").Place} Place */
/** @typedef {import("../protocol.js").Run} Run */
/** @typedef {import("../protocol.js").Caret} Caret */

const SEARCH_WORDS = {
  next: "Next",
  previous: "Previous",
  all: "All",
  replace: "Replace",
  "replace all": "Replace all",
  "match case": "Match case",
  regexp: "Pattern",
  "by word": "Whole words",
};

export class Page {
  /**
   * @param {HTMLElement} parent
   * @param {import("../document/story_document.js").StoryDocument} story
   * @param {{selectionChanged: (atEnd: boolean, length: number, caret: number) => void,
   *   followingChanged: (on: boolean) => void,
   *   undoAsked: () => void, runWrote: (text: string) => void, caretMoved: (anchor: Place, head: Place) => void,
   *   moved: (textChanged: boolean) => void}} on
   */
  constructor(parent, story, on) {
    this.story = story;
    this.on = on;
    this.finger = new Finger(story.text);
    this.heat = new Heat(story);
    /** @type {Run[]} */
    this.runs = [];
    /** @type {Map<string, Caret>} */
    this.others = new Map();
    const start = story.text.toString();
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: start,
        selection: { anchor: start.length },
        extensions: this.#extensions(),
      }),
      scrollTo: EditorView.scrollIntoView(start.length, {
        y: "nearest",
        yMargin: parent.clientHeight * (1 - LOWEST),
      }),
    });
    this.fontCame = () => this.#placeCarets();
    document.fonts.addEventListener("loadingdone", this.fontCame);
    this.follow = new Follow(this.view, on.followingChanged);
    this.#tellSelection();
  }

  stop() {
    document.fonts.removeEventListener("loadingdone", this.fontCame);
    this.follow.stop();
    this.view.destroy();
  }

  focus() {
    this.view.focus();
  }

  /** @returns {Place | "end"} where Write would begin */
  placeToWrite() {
    const { head } = this.view.state.selection.main;
    return head >= this.view.state.doc.length ? "end" : this.finger.placeAt(head);
  }

  /** @returns {Place} */
  caretPlace() {
    return this.finger.placeAt(this.view.state.selection.main.head);
  }

  /**
   * Puts text in as an edit of the writer's own, undone by itself; the caret ends behind it.
   *
   * @param {Place} place where it was written for; where that is not known any more, the caret stands in
   * @param {string} text
   * @returns {{fresh: {client: number, clock: number}, found: boolean}} the identity of its first character
   */
  take(place, text) {
    const at = this.finger.indexOf(place);
    const from = at ?? this.view.state.selection.main.head;
    return { fresh: this.replace(from, from, text), found: at !== null };
  }

  /**
   * Puts text in the place of what stands there, as an edit of the writer's own, undone by itself; the caret ends behind it.
   *
   * @param {number} from
   * @param {number} to
   * @param {string} text
   * @returns {{client: number, clock: number}} the identity of its first character
   */
  replace(from, to, text) {
    const { undoManager } = this.story;
    const end = from + text.length;
    undoManager.stopCapturing();
    this.view.dispatch({
      changes: { from, to, insert: text },
      selection: { anchor: end },
      userEvent: "input.take",
      scrollIntoView: true,
    });
    undoManager.stopCapturing();
    const [fresh] = this.finger.stretches(from, end);
    return fresh;
  }

  /** @param {Place | undefined} place that is looked at and marked in the text; undefined: none */
  lookAt(place) {
    const at = place === undefined ? null : this.finger.indexOf(place);
    this.view.dispatch({ effects: setLookedAt.of(at) });
  }

  /** @returns {import("./looked_at.js").LookedAt | null} what became of the place that is looked at */
  get lookedAt() {
    return this.view.state.field(lookedAtField);
  }

  /** @param {Place} place @returns {number} words before it, or in the whole text; walks the text */
  wordsBefore(place) {
    const text = this.view.state.doc.sliceString(0, this.finger.indexOf(place) ?? undefined);
    return text.match(/\S+/g)?.length ?? 0;
  }

  /** @returns {string} the whole text; for copying and downloading only */
  wholeText() {
    return this.view.state.doc.toString();
  }

  /** @returns {{words: number, model: number}} words, and UTF-16 units that runs wrote; walks the whole text */
  counts() {
    const { doc } = this.view.state;
    let words = 0;
    for (const line of doc.iterLines()) words += line.match(/\S+/g)?.length ?? 0;
    let model = 0;
    for (const { client, clock, units } of this.finger.stretches(0, doc.length)) {
      for (const piece of this.story.identities.written(client, clock, units)) {
        if (piece.run !== null) model += piece.units;
      }
    }
    return { words, model };
  }

  /** After an absence other windows have other names; they tell where they are when they move. */
  forgetOthers() {
    this.others.clear();
  }

  /** Colours anew, before the next paint; may be called while the editor takes in a change. */
  authorsChanged() {
    queueMicrotask(() => this.view.dispatch({ effects: authorsLearned.of(null) }));
  }

  caretToEnd() {
    const { doc, selection } = this.view.state;
    if (selection.main.empty && selection.main.head === doc.length) return;
    this.view.dispatch({ selection: { anchor: doc.length }, scrollIntoView: true });
  }

  /**
   * The document took in what the server sent.
   *
   * @param {Run[]} runs of the story, latest states
   * @param {Caret[]} carets of other windows that moved
   * @param {boolean} [learned] whether something was learned of who wrote text that stood there before
   */
  serverSpoke(runs, carets, learned = true) {
    this.runs = runs;
    for (const caret of carets) {
      if (caret.gone) this.others.delete(caret.who);
      else this.others.set(caret.who, caret);
    }
    const now = this.#carets();
    const known = this.view.state.field(caretsField);
    /** @type {import("../../vendor/libs.js").StateEffect<any>[]} */
    const effects = learned ? [authorsLearned.of(null)] : [];
    // Mostly the carets went along with the text, and are where they should be.
    if (JSON.stringify(now) !== JSON.stringify(known)) effects.push(setCarets.of(now));
    if (effects.length) this.view.dispatch({ effects });
    this.follow.keepUp();
  }

  /** A type that arrives late has moved the letters, and the editor draws carets on its own. */
  #placeCarets() {
    const { selection } = this.view.state;
    this.view.dispatch({ selection, effects: setCarets.of(this.#carets()) });
  }

  /** Marks when the writer's caret stands where a run writes. */
  #showRiding() {
    const { main } = this.view.state.selection;
    const carets = this.view.state.field(caretsField);
    const rides =
      main.empty &&
      carets.some((one) => one.kind === "run" && one.face !== "paused" && one.at === main.head);
    this.view.dom.parentElement?.classList.toggle("is-riding", rides);
  }

  /** @returns {import("./carets.js").RemoteCaret[]} */
  #carets() {
    /** @type {import("./carets.js").RemoteCaret[]} */
    const carets = [];
    for (const run of this.runs) {
      if (run.state === "ended") continue;
      const at = this.#placeOf(run);
      if (at === null) continue;
      const done = run.reading ? run.reading.done / Math.max(1, run.reading.total) : null;
      carets.push({ id: run.id, at, kind: "run", face: faceOf(run), done });
    }
    for (const caret of this.others.values()) {
      const at = this.finger.indexOf(caret.head);
      if (at !== null)
        carets.push({ id: caret.who, at, kind: "window", face: "still", done: null });
    }
    return carets;
  }

  /**
   * @param {Run} run
   * @returns {number | null} where it writes; while it rests, behind what was typed at its place since the
   *   server told where that is
   */
  #placeOf(run) {
    const at = this.finger.indexOf(run.left);
    const rests = run.holding || run.state === "paused";
    if (at === null || !rests) return at;
    const known = this.view.state.field(caretsField).find((caret) => caret.id === run.id);
    if (!known || known.at <= at) return at;
    const own = this.story.doc.clientID;
    const between = this.finger.stretches(at, known.at);
    return between.every(({ client }) => client === own) ? known.at : at;
  }

  #extensions() {
    const nonce = document.querySelector('meta[name="csp-nonce"]')?.getAttribute("content") ?? "";
    const keyed = () => this.story.keyed();
    return [
      EditorState.lineSeparator.of("\n"),
      EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n")),
      EditorView.cspNonce.of(nonce),
      EditorView.lineWrapping,
      textDirection(),
      EditorView.contentAttributes.of({
        "aria-label": "Story",
        spellcheck: "true",
        autocorrect: "on",
        autocapitalize: "sentences",
      }),
      EditorView.domEventObservers({
        keydown: keyed,
        beforeinput: keyed,
        compositionupdate: keyed,
      }),
      drawSelection(),
      placeholder("Once upon a time"),
      search({ top: true }),
      EditorState.phrases.of(SEARCH_WORDS),
      Prec.high(keymap.of(this.#keys())),
      keymap.of([
        ...searchKeymap,
        ...defaultKeymap.filter((binding) => binding.key !== "Mod-Enter"),
      ]),
      yCollab(this.story.text, null, { undoManager: this.story.undoManager }),
      EditorView.updateListener.of((update) => this.#updated(update)),
      authorColours(this.story),
      this.heat.extension(),
      lookedAt(),
      attributedClipboard(this.story),
      remoteCarets(),
      aboveSheets(),
      EditorState.transactionFilter.of((transaction) => this.#ride(transaction)),
    ];
  }

  /**
   * A caret that stands where a run writes goes along with the writing, so that the writer stays at the
   * end of the story without doing anything; a caret elsewhere stays.
   *
   * @param {Transaction} transaction
   * @returns {import("../../vendor/libs.js").TransactionSpec | readonly import("../../vendor/libs.js").TransactionSpec[]}
   */
  #ride(transaction) {
    if (!transaction.docChanged || !this.story.applyingTokens || this.view.composing)
      return transaction;
    const { main } = transaction.startState.selection;
    let rides = false;
    transaction.changes.iterChanges((from, to, _fromB, _toB, inserted) => {
      rides ||= main.empty && from === main.head && to === from && inserted.length > 0;
    });
    if (!rides) return transaction;
    const anchor = transaction.changes.mapPos(main.head, 1);
    return [transaction, { selection: { anchor }, sequential: true }];
  }

  /** @returns {import("../../vendor/libs.js").KeyBinding[]} */
  #keys() {
    const undo = () => {
      this.on.undoAsked();
      return true;
    };
    const redo = () => this.story.redo() || true;
    return [
      { key: "Mod-z", run: undo, preventDefault: true },
      { key: "Mod-y", mac: "Mod-Shift-z", run: redo, preventDefault: true },
      { key: "Mod-Shift-z", run: redo, preventDefault: true },
    ];
  }

  /** @param {import("../../vendor/libs.js").ViewUpdate} update */
  #updated(update) {
    if (update.docChanged) {
      this.finger.moved(update.changes);
      if (this.story.applyingTokens) this.#tellWriting(update.changes);
    }
    if (update.docChanged || update.selectionSet) this.#tellSelection();
    if ((update.docChanged || update.selectionSet) && this.view) this.on.moved(update.docChanged);
    if (this.view) this.#showRiding();
    if (update.selectionSet && update.view.hasFocus) {
      const { anchor, head } = update.state.selection.main;
      this.on.caretMoved(this.finger.placeAt(anchor), this.finger.placeAt(head));
    }
  }

  /** @param {import("../../vendor/libs.js").ChangeSet} changes */
  #tellWriting(changes) {
    changes.iterChanges((_fromA, _toA, _fromB, _toB, inserted) => {
      if (inserted.length) this.on.runWrote(inserted.toString());
    });
  }

  #tellSelection() {
    // Called from within the constructor's first update too, before `view` is set.
    if (!this.view) return;
    const { doc, selection } = this.view.state;
    const { head } = selection.main;
    this.on.selectionChanged(head >= doc.length, doc.length, head);
  }

  /** @returns {boolean} whether a search panel was open */
  closeSearch() {
    return closeSearchPanel(this.view);
  }
}

/** @param {Run} run */
function faceOf(run) {
  if (run.state === "paused") return "paused";
  if (run.state === "queued" || run.reading) return "reading";
  return run.holding ? "holding" : "writing";
}
