/** Whether something runs: a line under the bar, how far it is in words, and Stop. Short work is not told at all. */

import { h, setText } from "../dom.js";
import { progressText, showLine } from "./elements/words.js";

const PATIENCE_MS = 150;
const SPOKEN_STEP = 0.25;

export class BusyBar {
  /** @param {() => void} stopped @param {HTMLElement} live what is said to screen readers */
  constructor(stopped, live) {
    this.live = live;
    this.note = h("span", { class: "wb-busy-note" });
    this.numbers = h("span", { class: "wb-numbers" });
    this.stop = h(
      "button",
      { type: "button", class: "wb-button", "data-tone": "plain", on: { click: stopped } },
      "Stop",
      h("kbd", { "aria-hidden": "true" }, "Esc"),
    );
    this.line = h("div", { class: "wb-line", role: "progressbar", "aria-valuemin": "0" });
    this.words = h("div", { class: "wb-busy-words" }, this.note, this.numbers, this.stop);
    this.element = h(
      "div",
      { class: "wb-busy", role: "region", "aria-label": "What runs" },
      this.words,
      this.line,
    );
    this.element.hidden = true;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.wanted = false;
    this.spoken = -1;
  }

  /** @param {import("./page.js").Busy} state of the page that is in sight */
  show({ busy, done, total, note }) {
    if (busy) {
      setText(this.note, note || "Working…");
      setText(this.numbers, progressText(done, total));
      showLine(this.line, done, total, note || "Working");
      this.#speak(done, total, note);
    }
    if (busy === this.wanted) return;
    this.wanted = busy;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#turn(busy), PATIENCE_MS);
  }

  /** @param {boolean} on */
  #turn(on) {
    const hadFocus = this.element.contains(document.activeElement);
    this.element.hidden = !on;
    if (!on && hadFocus) document.getElementById("main")?.focus({ preventScroll: true });
    if (!on && this.spoken >= 0) setText(this.live, "Done.");
    if (!on) this.spoken = -1;
  }

  /** @param {number} done @param {number} total @param {string} note said at every quarter */
  #speak(done, total, note) {
    if (this.element.hidden || !(total > 0)) return;
    const step = Math.floor(done / total / SPOKEN_STEP);
    if (step === this.spoken) return;
    this.spoken = step;
    setText(this.live, `${note || "Working"}: ${Math.round((done / total) * 100)} percent`);
  }
}
