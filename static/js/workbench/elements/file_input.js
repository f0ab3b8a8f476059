/** A file to choose or to drop. It goes in pieces, each answered before the next. */

import { h, setAttributes, setText } from "../../dom.js";
import { bytesText } from "../../format.js";
import { base64Of } from "../saving.js";
import { View } from "../view.js";
import { showLine } from "./words.js";

const PIECE_BYTES = 256 * 1024;

export class FileInputView extends View {
  /** @param {import("../view.js").ElementJson} json @param {import("../view.js").Desk} desk */
  constructor(json, desk) {
    super(json, desk, h("div", { role: "group" }));
    this.input = h("input", {
      type: "file",
      class: "visually-hidden",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    this.button = h("button", { type: "button", class: "wb-button", "data-tone": "plain" });
    this.words = h("span", { class: "wb-file-words", role: "status" });
    this.line = h("div", { class: "wb-line", role: "progressbar", "aria-valuemin": "0" });
    this.stop = h("button", { type: "button", class: "text-button" }, "Stop");
    this.line.hidden = this.stop.hidden = true;
    this.element.append(this.input, this.button, this.words, this.stop, this.line);
    /** @type {object | null} what is being sent */
    this.going = null;
    this.#listen();
  }

  #listen() {
    this.button.addEventListener("click", () => this.#free && this.input.click());
    this.stop.addEventListener("click", () => (this.going = null));
    this.input.addEventListener("change", () => {
      const [file] = this.input.files ?? [];
      this.input.value = "";
      if (file) void this.#send(file);
    });
    const over = (/** @type {DragEvent} */ event) => {
      if (!this.#free || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.element.classList.add("is-over");
    };
    this.element.addEventListener("dragenter", over);
    this.element.addEventListener("dragover", over);
    this.element.addEventListener("dragleave", (event) => {
      if (!(event.relatedTarget instanceof Node) || !this.element.contains(event.relatedTarget))
        this.element.classList.remove("is-over");
    });
    this.element.addEventListener("drop", (event) => {
      this.element.classList.remove("is-over");
      const [file] = event.dataTransfer?.files ?? [];
      if (!file || !this.#free) return;
      event.preventDefault();
      void this.#send(file);
    });
  }

  get #free() {
    return !this.values.disabled && !this.going;
  }

  /** @override */
  show() {
    const { label = "", accept = "", disabled = false } = this.values;
    setText(this.button, label || "Choose a file");
    setAttributes(this.element, { "aria-label": label || "A file" });
    setAttributes(this.input, { accept: accept || false });
    setAttributes(this.button, { "aria-disabled": disabled || this.going ? "true" : false });
    if (!this.going && !this.words.textContent)
      setText(
        this.words,
        accept ? `or drop one here: ${accept.split(",").join(", ")}` : "or drop one here",
      );
  }

  /** @param {File} file */
  async #send(file) {
    const going = (this.going = {});
    this.#progress(file, 0);
    try {
      await this.desk.send(this.id, "begin", { name: file.name, size: file.size });
      for (let at = 0; at < file.size; at += PIECE_BYTES) {
        if (this.going !== going) return this.#over(`${file.name} was not sent.`);
        await this.desk.send(this.id, "piece", await base64Of(file.slice(at, at + PIECE_BYTES)));
        this.#progress(file, Math.min(file.size, at + PIECE_BYTES));
      }
      await this.desk.send(this.id, "end");
      this.#over(`${file.name} · ${bytesText(file.size)}`);
    } catch (error) {
      this.#over("", error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {File} file @param {number} at */
  #progress(file, at) {
    this.element.classList.remove("is-refused");
    this.line.hidden = this.stop.hidden = false;
    setAttributes(this.button, { "aria-disabled": "true" });
    setText(this.words, `${file.name} · ${bytesText(at)} of ${bytesText(file.size)}`);
    showLine(this.line, at, Math.max(1, file.size), file.name);
  }

  /** @param {string} words @param {string} [problem] */
  #over(words, problem = "") {
    this.going = null;
    this.line.hidden = this.stop.hidden = true;
    this.element.classList.toggle("is-refused", Boolean(problem));
    setText(this.words, problem || words);
    this.show();
  }
}
