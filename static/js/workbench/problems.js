/** What went wrong, in a sentence that floats at the top until it is put away; with what a developer wants to see. */

import { copyText } from "../away.js";
import { h, icon } from "../dom.js";

const MOST = 3;

export class Problems {
  constructor() {
    this.element = h("div", {
      class: "wb-problems",
      role: "log",
      "aria-live": "polite",
      "aria-label": "Problems",
    });
  }

  /** @param {string} message @param {string} trace empty where there is none @param {boolean} [wrong] false: only news */
  add(message, trace, wrong = true) {
    for (const one of this.element.children)
      if (one.firstElementChild?.textContent === message) one.remove();
    const close = () => notice.remove();
    const notice = h(
      "div",
      { class: `wb-problem${wrong ? "" : " is-news"}` },
      h("p", { class: "wb-problem-words" }, message),
      h(
        "button",
        { type: "button", class: "wb-close", "aria-label": "Put it away", on: { click: close } },
        icon("close"),
      ),
      trace ? traceOf(message, trace) : null,
    );
    this.element.prepend(notice);
    while (this.element.childElementCount > MOST) this.element.lastElementChild?.remove();
  }

  /** Something new is done: what was only a sentence is read; what has a trace stays until it is put away. */
  fade() {
    for (const one of [...this.element.children]) if (!one.querySelector(".wb-trace")) one.remove();
  }
}

/** @param {string} message @param {string} trace */
function traceOf(message, trace) {
  const said = h("span", { role: "status" });
  const say = (/** @type {string} */ words) => said.replaceChildren(words);
  const copy = () => void copyText(trace, { say });
  return h(
    "details",
    { class: "wb-trace" },
    h("summary", {}, "Where it happened"),
    h("pre", { tabindex: "0", "aria-label": `Where it happened: ${message}` }, trace),
    h("button", { type: "button", class: "text-button", on: { click: copy } }, "Copy"),
    said,
  );
}
