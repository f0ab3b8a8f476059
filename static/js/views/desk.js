/** What surrounds the page itself: the prompt's field, the notice, and the way back to the writing. */

import { byId, setAttributes, setText } from "../dom.js";
import { activeRun, status } from "../faces.js";

/** @typedef {import("../store.js").State} State */

export class Desk {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   * @param {import("../session.js").Session} session
   */
  constructor(store, commands, session) {
    this.store = store;
    this.commands = commands;
    this.session = session;
    this.prompt = /** @type {HTMLTextAreaElement} */ (byId("prompt"));
  }

  start() {
    this.prompt.addEventListener("input", () => {
      this.#grow();
      this.commands.changeSettings({ prompt: this.prompt.value });
    });
    byId("follow").addEventListener("click", () => this.session.page?.follow.resume());
    this.store.subscribe(["settings"], (state) => this.#showPrompt(state));
    this.store.subscribe(["runs", "server", "trouble", "models", "settings"], (state) =>
      this.#showNotice(state),
    );
    this.store.subscribe(["following", "runs"], (state) => {
      const run = activeRun(state.runs);
      setAttributes(byId("follow"), { hidden: state.following || run?.state !== "running" });
    });
  }

  /** @param {State} state */
  #showPrompt(state) {
    const { mode, prompt } = state.settings;
    byId("prompt-area").hidden = mode !== "prompt";
    if (document.activeElement !== this.prompt) this.prompt.value = prompt ?? "";
    this.#grow();
  }

  #grow() {
    this.prompt.style.height = "auto";
    this.prompt.style.height = `${this.prompt.scrollHeight}px`;
  }

  /** @param {State} state what went wrong stands on the page until it is over, in words */
  #showNotice(state) {
    const face = status(state);
    const loud = face.kind === "warn" || face.kind === "error";
    setAttributes(byId("notice"), { hidden: !loud, "data-kind": face.kind });
    setText(byId("notice-words"), loud ? [face.text, face.detail].filter(Boolean).join(". ") : "");
    setAttributes(byId("notice-enter"), { hidden: state.server !== "locked" });
  }
}
