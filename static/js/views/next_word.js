/**
 * A picture of what the chain does to the next token: how likely each was before (outline) and is after it
 * (filled), as numbers too. It looks only while it is in sight and unfolded, and never loads a model unasked.
 */

import { h, setAttributes, setText } from "../dom.js";
import { chosenModel } from "../faces.js";
import { barsOf, fullLength, inWords, shareText } from "../sampling/distribution.js";
import { pictureFace } from "../sampling/faces.js";
import { Looking } from "../sampling/looking.js";

/** @typedef {import("../protocol.js").Look} Look */
/** @typedef {import("../protocol.js").Params} Params */
/** @typedef {import("../sampling/distribution.js").Bar} Bar */
/** @typedef {{story: string, params: Params}} Asked */

const NUM = 30;
const UNFOLDED = "storygen.next_word";

export class NextWord {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../session.js").Session} session
   * @param {import("../sampling/commands.js").SamplingCommands} sampling
   * @param {(refusal: {message: string, params: Params} | null) => void} refused why a look was refused
   */
  constructor(store, connection, session, sampling, refused) {
    this.store = store;
    this.connection = connection;
    this.session = session;
    this.sampling = sampling;
    this.refused = refused;
    /** @type {Bar[]} */
    this.bars = [];
    /** @type {string | null} the story that they are of */
    this.story = null;
    this.error = "";
    /** @type {Looking<Asked, Look>} */
    this.looking = new Looking((asked) => this.#look(asked), {
      seen: (look) => this.#seen(look),
      refused: (error, asked) => this.#notSeen(error, asked),
    });
    this.words = h("p", { class: "next-words", "aria-live": "polite" });
    this.load = h("button", { class: "quiet-button", type: "button" }, "Load it to look");
    this.load.addEventListener("click", () => this.#load());
    this.rows = h("tbody", {});
    this.table = this.#table();
    this.legend = h(
      "p",
      { class: "next-legend", "aria-hidden": "true" },
      h("span", { class: "is-before" }, "before the chain"),
      h("span", { class: "is-after" }, "after it"),
    );
    const isUnfolded = localStorage.getItem(UNFOLDED) === "true";
    this.element = h(
      "details",
      { class: "parameter-group next-word", open: isUnfolded },
      h("summary", {}, "The next word"),
      h("div", { class: "next-head" }, this.words, this.load),
      this.table,
      this.legend,
    );
    this.element.addEventListener("toggle", () => {
      localStorage.setItem(UNFOLDED, String(this.element.open));
      this.show();
    });
  }

  #table() {
    const head = ["Token", "Before", "After"].map((words) => h("th", { scope: "col" }, words));
    const table = h(
      "table",
      { class: "next-table" },
      h("caption", { class: "visually-hidden" }, "How likely each token is to come next"),
      h("thead", { class: "visually-hidden" }, h("tr", {}, ...head)),
      this.rows,
    );
    return h(
      "div",
      { class: "next-scroll", tabindex: "0", role: "group", "aria-label": "Likeliest next tokens" },
      table,
    );
  }

  start() {
    this.store.subscribe(
      ["right", "story", "server", "models", "settings", "presets", "parameters", "runs"],
      () => this.show(),
    );
    this.store.subscribe(["caret", "length"], () => this.show());
  }

  get #inSight() {
    return this.element.open && this.store.state.right === "sampling";
  }

  /** Something that may matter has changed. */
  show() {
    if (this.story !== this.store.state.story) this.#forget();
    if (!this.#inSight) {
      this.looking.stop();
      return;
    }
    const face = pictureFace(this.store.state);
    setAttributes(this.load, { hidden: !face.load });
    this.element.classList.toggle("is-still", !face.can || this.error !== "");
    this.legend.classList.toggle("is-away", !this.bars.length);
    if (face.can) this.#want();
    else this.looking.stop();
    if (!face.can) this.#say(face.words);
    else if (this.error) this.#say(this.error);
    else this.#say(this.bars.length ? this.#inWords() : "Looking…");
  }

  /** What was seen is of another story. */
  #forget() {
    this.story = this.store.state.story;
    this.looking.stop();
    this.bars = [];
    this.error = "";
    this.#draw();
  }

  #want() {
    const { story } = this.store.state;
    if (story) this.looking.want({ story, params: this.sampling.params });
  }

  /** @param {Asked} asked @returns {Promise<Look>} */
  async #look({ story, params }) {
    const { document, page } = this.session;
    const { state } = this.store;
    const { settings } = state;
    const at = page?.caretPlace() ?? null;
    await document?.flush();
    const { look } = await this.connection.call("next_tokens", {
      story,
      model: chosenModel(state)?.key,
      at,
      mode: settings.mode ?? "continue",
      prompt: settings.mode === "prompt" ? (settings.prompt ?? "") : "",
      params,
      num: NUM,
      draws: 0,
    });
    return look;
  }

  /** @param {Look} look */
  #seen(look) {
    this.error = "";
    this.bars = barsOf(look);
    this.element.classList.remove("is-still");
    this.legend.classList.remove("is-away");
    this.#say(this.#inWords());
    this.#draw();
    this.refused(null);
  }

  /** @param {Error} error @param {Asked} asked */
  #notSeen(error, { params }) {
    // Another look of this window took its place: once more, when that is done.
    if ("code" in error && error.code === "conflict") {
      this.show();
      return;
    }
    this.error = error.message;
    this.element.classList.add("is-still");
    this.#say(error.message);
    this.refused({ message: error.message, params });
  }

  #inWords() {
    return inWords(this.bars, chosenModel(this.store.state)?.info?.vocabulary);
  }

  /** @param {string} words */
  #say(words) {
    setText(this.words, words);
  }

  #load() {
    const model = chosenModel(this.store.state);
    if (model) void this.sampling.commands.chooseModel(model.key);
    this.element.querySelector("summary")?.focus();
  }

  #draw() {
    const full = fullLength(this.bars);
    const rows = this.bars.map(({ shown, before, after }) => {
      const bar = h("span", { class: "next-bar", "aria-hidden": "true" }, h("i", {}), h("b", {}));
      bar.style.setProperty("--before", String(before / full));
      bar.style.setProperty("--after", String(after / full));
      return h(
        "tr",
        { class: after > 0 ? "" : "is-gone" },
        h("th", { scope: "row" }, h("bdi", {}, shown), bar),
        h("td", {}, shareText(before)),
        h("td", {}, after > 0 ? shareText(after) : gone()),
      );
    });
    this.rows.replaceChildren(...rows);
  }
}

/** @returns {HTMLElement} a dash, in words for those who hear it */
const gone = () =>
  h(
    "span",
    {},
    h("span", { "aria-hidden": "true" }, "–"),
    h("span", { class: "visually-hidden" }, "cannot come"),
  );
