/**
 * When the card of a token is shown: the mouse rests on it, a finger stays on it, or a key asks for it at the caret.
 *
 * From one token to the next the card changes in place. It stays while the pointer is on it, and goes with Escape, a key
 * in the text, or a click elsewhere.
 */

import { byId } from "../dom.js";
import { reveal } from "../editor/sight.js";
import { TokenCard } from "./token_card.js";

/** @typedef {import("../editor/heat.js").ScoredToken} ScoredToken */
/** @typedef {import("../tokens/rows.js").Row} Row */

const RESTS_MS = 220;
const LEAVES_MS = 320;
const PRESS_MS = 480;
const PRESS_PX = 10;
const WAITS_MS = 250;

export class TokenHover {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../session.js").Session} session
   * @param {import("../tokens/commands.js").TokenCommands} tokens
   * @param {{say: (words: string) => void, offerBack: (words: string) => void}} on
   */
  constructor(store, connection, session, tokens, on) {
    this.store = store;
    this.connection = connection;
    this.session = session;
    this.tokens = tokens;
    this.on = on;
    this.card = new TokenCard({
      chosen: (row, goOn) => void this.#chosen(row, goOn),
      closed: () => this.#closed(),
    });
    /** @type {ScoredToken | null} the one whose card is open */
    this.token = null;
    /** @type {import("../protocol.js").Look | null} its alternatives */
    this.look = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    /** @type {{x: number, y: number} | null} where a finger went down */
    this.pressed = null;
    /** Whether a key opened it: then the focus comes back to the text. */
    this.byKey = false;
    /** Whether its alternatives can be asked for only when the text has been read anew. */
    this.unread = false;
  }

  start() {
    const editor = byId("editor");
    const { element } = this.card;
    editor.addEventListener("pointermove", (event) => this.#moved(event), { passive: true });
    editor.addEventListener("pointerleave", () => this.#leaving());
    editor.addEventListener("pointerdown", (event) => this.#down(event));
    for (const type of ["pointerup", "pointercancel"])
      editor.addEventListener(type, () => this.#released());
    editor.addEventListener("contextmenu", (event) => {
      if (this.pressed && this.card.isOpen) event.preventDefault();
    });
    editor.addEventListener("scroll", () => this.#scrolled(), { capture: true, passive: true });
    element.addEventListener("pointerenter", () => clearTimeout(this.timer));
    element.addEventListener("pointerleave", () => this.#leaving());
    document.addEventListener("pointerdown", (event) => {
      const target = /** @type {Node} */ (event.target);
      if (this.card.isOpen && !element.contains(target) && !this.pressed) this.close();
    });
    window.addEventListener("resize", () => this.#place());
    this.store.subscribe(["heat", "story"], ({ heat }) => {
      if (!heat) this.close();
    });
    this.store.subscribe(["scoring"], () => this.#lookAgain());
  }

  /** What could not be looked at while the text was read is looked at now. */
  #lookAgain() {
    const { token, session, store } = this;
    if (!token || !this.unread || store.state.scoring.is !== "over") return;
    const now = session.page?.heat.tokenAt(token.from);
    if (now && !this.#isOpenFor(now)) this.#open(now);
  }

  close() {
    clearTimeout(this.timer);
    this.card.close();
  }

  /** The text changed: the card goes along with its token, or away with it. */
  textChanged() {
    if (!this.token) return;
    this.token = this.session.page?.heat.token(this.token.score, this.token.index) ?? null;
    if (this.token) this.#place();
    else this.close();
  }

  // ---------------------------------------------------------------- by pointer

  /** @param {PointerEvent} event */
  #moved(event) {
    if (
      this.pressed &&
      Math.hypot(event.clientX - this.pressed.x, event.clientY - this.pressed.y) > PRESS_PX
    ) {
      this.pressed = null;
      clearTimeout(this.timer);
    }
    if (event.pointerType === "touch" || event.buttons || !this.store.state.heat) return;
    const token = this.#tokenAt(event.clientX, event.clientY);
    if (!token) {
      this.#leaving();
      return;
    }
    clearTimeout(this.timer);
    if (this.#isOpenFor(token) || this.byKey) return;
    this.timer = setTimeout(() => this.#open(token), RESTS_MS);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    clearTimeout(this.timer);
    if (event.pointerType !== "touch") {
      if (this.card.isOpen) this.close();
      return;
    }
    if (!this.store.state.heat) return;
    const { clientX: x, clientY: y } = event;
    this.pressed = { x, y };
    this.timer = setTimeout(() => {
      const token = this.pressed && this.#tokenAt(x, y);
      if (token) this.#open(token);
    }, PRESS_MS);
  }

  #released() {
    if (this.pressed) clearTimeout(this.timer);
    // A press that opened the card is followed by a menu and a click, which are not for the text.
    setTimeout(() => (this.pressed = null), 0);
  }

  #leaving() {
    clearTimeout(this.timer);
    if (!this.card.isOpen || this.byKey || this.pressed || this.card.hasFocus) return;
    if (matchMedia("(hover: none)").matches) return;
    this.timer = setTimeout(() => this.close(), LEAVES_MS);
  }

  #scrolled() {
    if (!this.card.isOpen) return;
    if (this.byKey) this.#place();
    else if (!this.pressed && !this.card.hasFocus) this.close();
  }

  /** @param {number} x @param {number} y @returns {ScoredToken | null} whose letters are under the point */
  #tokenAt(x, y) {
    const { page } = this.session;
    if (!page) return null;
    const at = page.view.posAndSideAtCoords({ x, y }, false);
    const token = page.heat.tokenAt(at.assoc < 0 ? Math.max(0, at.pos - 1) : at.pos);
    if (!token) return null;
    const near = this.#rects(token).some(
      ({ left, right, top, bottom }) =>
        x >= left - 2 && x <= right + 2 && y >= top - 4 && y <= bottom + 4,
    );
    return near ? token : null;
  }

  // ---------------------------------------------------------------- by keys

  /** Opens the card of the token at the caret. */
  openAtCaret() {
    const { page } = this.session;
    if (!page) return;
    const { head } = page.view.state.selection.main;
    const token = page.heat.tokenAt(head) ?? page.heat.tokenAt(head - 1);
    if (!token) {
      this.on.say(
        this.store.state.heat
          ? "Nothing is read here yet"
          : "Colour the text by probability first; then its tokens can be looked at",
      );
      return;
    }
    this.#open(token);
    this.byKey = true;
    this.card.element.focus();
  }

  /**
   * @param {KeyboardEvent} event anywhere in the room
   * @returns {boolean} whether it was for the card, and is done
   */
  takesKey(event) {
    const { card } = this;
    if (!card.isOpen) return false;
    if (event.key === "Escape") {
      this.#back();
      return true;
    }
    if (!card.hasFocus) {
      // Who types on wants to see the text.
      if (event.key.length === 1 || event.key === "Backspace" || event.key === "Enter")
        this.close();
      return false;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    const inList = document.activeElement !== card.element;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight")
      this.#neighbour(event.key === "ArrowLeft" ? -1 : 1);
    else if (event.key === "ArrowDown" && !inList) card.focusList();
    else if (event.key === "Enter" && !inList) card.focusList();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp")
      card.step(event.key === "ArrowDown" ? 1 : -1);
    else return false;
    return true;
  }

  /** @param {1 | -1} by */
  #neighbour(by) {
    const { page } = this.session;
    const next = this.token && page?.heat.neighbour(this.token, by);
    if (!next || !page) return;
    page.view.dispatch({ selection: { anchor: next.from }, scrollIntoView: true });
    this.#open(next);
    this.card.element.focus();
  }

  #back() {
    const focused = this.byKey || this.card.hasFocus;
    this.close();
    if (focused) this.session.page?.focus();
  }

  // ---------------------------------------------------------------- showing

  /** @param {ScoredToken} token */
  #isOpenFor(token) {
    const { token: open } = this;
    return this.card.isOpen && open?.score === token.score && open.index === token.index;
  }

  /** @param {ScoredToken} token */
  #open(token) {
    const { page } = this.session;
    if (!page || !page.heat.token(token.score, token.index)) return;
    this.token = token;
    this.look = null;
    this.unread = false;
    page.heat.mark(token);
    this.card.show(token, page.view.state.sliceDoc(token.from, token.to));
    if (this.card.isSheet) reveal(page, token.from);
    this.#place();
    void this.#ask(token);
  }

  /** @param {ScoredToken} token */
  async #ask(token) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.card.wait("Looking for what could stand here"), WAITS_MS);
    const fields = { score: token.score, index: token.index };
    /** @type {{look: import("../protocol.js").Look | null, words: string, unread: boolean}} */
    const { look, words, unread } = await this.connection.call("score_look", fields).then(
      (answer) => ({ look: answer.look, words: "", unread: false }),
      (error) => ({
        look: null,
        words: wordsOf(error, this.store.state.scoring),
        unread: error.code === "not_found",
      }),
    );
    if (!this.#isOpenFor(token)) return;
    clearTimeout(this.waiting);
    this.look = look;
    this.unread = unread;
    const { from, to } = this.token ?? token;
    if (look) this.card.alternatives(look, this.session.page?.view.state.sliceDoc(from, to) ?? "");
    else this.card.wait(words);
    this.#lookAgain();
  }

  /** @param {ScoredToken} token @returns {DOMRect[]} where its letters are drawn */
  #rects(token) {
    const view = this.session.page?.view;
    if (!view) return [];
    const range = document.createRange();
    const start = view.domAtPos(token.from, 1);
    const end = view.domAtPos(token.to, -1);
    range.setStart(start.node, start.offset);
    range.setEnd(end.node, end.offset);
    return [...range.getClientRects()];
  }

  #place() {
    const { token } = this;
    if (!token || !this.card.isOpen) return;
    const rects = this.#rects(token).filter(({ height }) => height > 0);
    if (!rects.length) return;
    const left = rects[0].left;
    const top = Math.min(...rects.map((rect) => rect.top));
    const bottom = Math.max(...rects.map((rect) => rect.bottom));
    this.card.place({ left, top, bottom });
  }

  #closed() {
    clearTimeout(this.waiting);
    this.token = null;
    this.look = null;
    this.byKey = false;
    this.unread = false;
    this.session.page?.heat.mark(null);
  }

  /** @param {Row} row @param {boolean} goOn */
  async #chosen(row, goOn) {
    const { token, look } = this;
    const chosen = look?.tokens.find(([id]) => id === row.id);
    if (!token || !look || !chosen) return;
    const { from, to } = token;
    this.close();
    this.session.page?.focus();
    if (goOn) {
      await this.tokens.replaceAndGoOn(look, chosen, { from, to });
      return;
    }
    if (this.tokens.replace(look, chosen, { from, to })) this.on.offerBack("Replaced.");
  }
}

/**
 * @param {{code?: string, message: string}} error
 * @param {import("../tokens/scoring_state.js").ScoringState} scoring
 * @returns {string}
 */
function wordsOf({ code, message }, scoring) {
  if (code !== "not_found") return message;
  return scoring.is === "cancelled"
    ? "Let the reading go on to see what else could stand here"
    : "What could stand here is shown once the text has been read anew";
}
