/** What stood in the story before: a list of checkpoints, each to look at and to restore. */

import { h, icon } from "../dom.js";
import { agoText, counted } from "../format.js";
import { Repeats } from "../repeats.js";

/** @typedef {import("../protocol.js").Checkpoint} Checkpoint */

/** @type {{[kind: string]: string}} */
const KINDS = {
  created: "Created",
  run_started: "Before a run",
  run_paused: "Paused",
  run_ended: "After a run",
  before_restore: "Before a restore",
  restored: "Restored",
  before_continue: "Before continuing from earlier",
  continued: "Continued from earlier",
  asked: "Before candidates",
  accepted: "A candidate taken",
};

export class History {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../commands.js").Commands} commands
   */
  constructor(store, commands) {
    this.store = store;
    this.commands = commands;
    this.list = h("ul", { class: "rows" });
    this.repeats = new Repeats(commands.connection, () => this.#show(this.store.state.checkpoints));
    const line = "Every run, restore and new direction keeps what stood before.";
    this.body = h("div", {}, h("p", { class: "panel-line" }, line), this.list);
    this.dialog = h("dialog", {
      class: "sheet preview",
      "aria-label": "An earlier state of the story",
    });
    document.body.append(this.dialog);
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  start() {
    this.store.subscribe(["checkpoints", "story", "left"], (state) => {
      if (state.left === "history") this.#show(state.checkpoints);
    });
    this.store.subscribe(["story"], (state) => {
      if (state.left === "history" && state.story) this.opened();
    });
  }

  opened() {
    void this.commands.refreshHistory();
  }

  /** @param {Checkpoint[]} checkpoints */
  #show(checkpoints) {
    const known = new Map(checkpoints.map((one) => [one.id, one]));
    const newest = [...known.values()]
      .reverse()
      .sort((a, b) => b.time - a.time)
      .filter((one) => this.repeats.isNews(one, known.get(one.parent ?? "")));
    const focused = this.list.contains(document.activeElement) ? document.activeElement?.id : null;
    this.list.replaceChildren(...newest.map((one) => this.#row(one)));
    if (!newest.length)
      this.list.append(
        h("li", { class: "panel-line" }, "Nothing yet. The first run makes an entry."),
      );
    if (focused) document.getElementById(focused)?.focus();
  }

  /** @param {Checkpoint} checkpoint */
  #row(checkpoint) {
    const kind = checkpoint.label || KINDS[checkpoint.kind] || checkpoint.kind;
    const when = agoText(checkpoint.time, Date.now() / 1000);
    return h(
      "li",
      { class: "row" },
      h(
        "button",
        {
          class: "row-main",
          type: "button",
          id: `checkpoint-${checkpoint.id}`,
          on: { click: () => void this.#preview(checkpoint, `${kind}, ${when}`) },
        },
        h("span", { class: "row-head" }, h("span", {}, kind), h("span", {}, when)),
        h("span", { class: "row-excerpt" }, checkpoint.excerpt || "Empty"),
        h("span", { class: "row-line" }, counted(checkpoint.num_words, "word")),
      ),
    );
  }

  /** @param {Checkpoint} checkpoint @param {string} heading */
  async #preview(checkpoint, heading) {
    const shown = await this.commands.showCheckpoint(checkpoint.id);
    if (!shown) return;
    const close = () => this.dialog.close();
    const restore = () => {
      close();
      void this.commands.restore(checkpoint.id);
    };
    this.dialog.replaceChildren(
      h(
        "header",
        { class: "sheet-head" },
        h("h2", {}, heading),
        h(
          "button",
          { class: "icon-button", type: "button", "aria-label": "Close", on: { click: close } },
          icon("close"),
        ),
      ),
      h(
        "div",
        { class: "preview-text", tabindex: "0", role: "region", "aria-label": "Text" },
        ...coloured(shown),
      ),
      h(
        "footer",
        { class: "sheet-foot" },
        h("span", {}, "Restoring keeps what stands now in the history."),
        h("button", { class: "primary", type: "button", on: { click: restore } }, "Restore"),
      ),
    );
    this.dialog.showModal();
    const text = this.dialog.querySelector(".preview-text");
    if (text) text.scrollTop = text.scrollHeight;
  }
}

/**
 * @param {{text: string, authors: [number, unknown][]}} shown
 * @returns {Node[]} the text in spans by author
 */
function coloured({ text, authors }) {
  const nodes = [];
  let at = 0;
  for (const [units, author] of authors) {
    const byPerson = author === "human" || author === null;
    nodes.push(h("span", { class: byPerson ? undefined : "by-model" }, text.slice(at, at + units)));
    at += units;
  }
  if (at < text.length) nodes.push(h("span", {}, text.slice(at)));
  return nodes;
}
