/** The top of the page: how much there is to go by, how to begin where there is nothing, and files. */

import { keyText } from "../actions.js";
import { h, setAttributes, setText } from "../dom.js";
import { FEWEST_CHOICES, choicesOf, fewWords, leadWords, passedWords } from "./words.js";

/** @typedef {import("./parts.js").Owner} Owner */

export class Top {
  /**
   * @param {object} report
   * @param {() => void} report.saved
   * @param {(file: File) => void} report.picked
   * @param {() => void} report.closed
   */
  constructor(report) {
    this.lead = h("p", { class: "pref-lead" });
    this.passed = h("p", { class: "pref-line" });
    this.few = h("p", { class: "pref-few" });
    this.begin = beginning();
    this.file = h("input", {
      type: "file",
      accept: ".json,.jsonl,.ndjson,application/json,application/jsonl",
      class: "visually-hidden",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    this.saver = button("Save as a file", report.saved);
    this.opener = button("Open a file", () => this.file.click());
    this.problem = h("p", { class: "pref-problem", role: "alert" });
    this.closer = button("Close it", report.closed);
    this.shown = h("span", { class: "pref-shown-words" });
    this.theirs = h("p", { class: "pref-their-lead" });
    this.beside = h(
      "div",
      { class: "pref-beside", role: "status" },
      h("p", { class: "pref-shown" }, this.shown, this.closer),
      this.theirs,
    );
    this.element = h(
      "section",
      { class: "pref-top", "aria-label": "How much there is to go by" },
      this.lead,
      this.passed,
      this.few,
      this.begin,
      h("div", { class: "pref-deeds" }, this.saver, this.opener, this.file),
      this.problem,
      this.beside,
    );
    this.file.addEventListener("change", () => {
      const [file] = this.file.files ?? [];
      if (file) report.picked(file);
      this.file.value = ""; // so that the same file can be opened again
    });
  }

  /** @param {string} problem with a file; empty: none */
  say(problem) {
    setText(this.problem, problem);
  }

  /** @param {Owner[]} owners yours first */
  show([you, they]) {
    const { all } = you.statistics;
    const none = choicesOf(all) === 0;
    const nothingDrawn = !Object.values(all.parameters).some(({ bins }) => bins);
    setText(this.lead, leadWords(all, "you"));
    setText(this.passed, passedWords(all, "you"));
    setText(this.few, none || nothingDrawn ? "" : fewWords(all, "you"));
    setAttributes(this.begin, { hidden: !(none || nothingDrawn) });
    setAttributes(this.passed, { hidden: none || !this.passed.textContent });
    setAttributes(this.few, { hidden: !this.few.textContent });
    setAttributes(this.saver, { hidden: none });
    setAttributes(this.beside, { hidden: !they });
    if (!they) return;
    setText(this.shown, `Beside yours: “${they.name}”, somebody else’s choices.`);
    setText(
      this.theirs,
      [leadWords(they.statistics.all, "they"), fewWords(they.statistics.all, "they")]
        .join(" ")
        .trim(),
    );
  }
}

/** @param {string} words @param {() => void} then */
const button = (words, then) =>
  h("button", { class: "text-button", type: "button", on: { click: then } }, words);

/** How to begin. */
function beginning() {
  const step = (/** @type {string[]} */ ...words) =>
    h("li", {}, ...words.map((word, at) => (at % 2 ? h("b", {}, word) : word)));
  return h(
    "div",
    { class: "pref-begin" },
    h("p", {}, "To find out what you like, let fate write your candidates:"),
    h(
      "ol",
      {},
      step(
        "In the writing room, open ",
        "Candidates",
        ` (${keyText("Alt+5").replace(" ", "\u00a0")}).`,
      ),
      step(
        "Set ",
        "Written by",
        " to ",
        "fate",
        ": each card is written with parameters drawn at random.",
      ),
      step("Ask, read, and take the card you like, up to the letter to which you like it."),
    ),
    h("p", {}, `From ${FEWEST_CHOICES} choices on, this page says what they have in common.`),
    h("a", { class: "pref-go", href: "/" }, "To the writing room"),
  );
}
