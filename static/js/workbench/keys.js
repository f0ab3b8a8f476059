/** Keys: of buttons on the page, of pages, Stop, and the list of all of them. */

import { h, icon } from "../dom.js";
import { keyText, matches } from "../key_text.js";
import { BarsView } from "./elements/bars.js";
import { ButtonView, keyOf } from "./elements/button.js";

/** @typedef {{title: string, key: string}} Line */

const GENERAL = [
  { title: "Stop what runs", key: "Escape" },
  { title: "These keys", key: "Mod+/" },
];
const WITHIN = [
  { title: "Move in a table, in bars, tokens or a plot", key: "↑ ↓ ← →" },
  { title: "The first, the last", key: "Home, End" },
  { title: "Pick what is marked", key: "Enter" },
  { title: "Pick one of the first nine bars", key: "1 – 9" },
  { title: "Send a text of several lines", key: "Ctrl Enter" },
];

export class Keys {
  /**
   * @param {object} at
   * @param {() => import("./page.js").Page | null} at.page in sight
   * @param {() => import("./page.js").PageInfo[]} at.pages in their order
   * @param {(number: number) => void} at.go to the page of that number, from 0
   * @param {() => boolean} at.escape true where something was closed or stopped
   */
  constructor({ page, pages, go, escape }) {
    this.page = page;
    this.pages = pages;
    this.go = go;
    this.escape = escape;
    this.dialog = h("dialog", { class: "sheet wb-keys", "aria-label": "Keys" });
    this.dialog.addEventListener("click", ({ target }) => {
      if (target === this.dialog) this.dialog.close();
    });
  }

  start() {
    document.body.append(this.dialog);
    addEventListener("keydown", (event) => this.#press(event), true);
    addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {KeyboardEvent} event that nothing below has taken */
  #key(event) {
    if (event.defaultPrevented || event.isComposing || this.dialog.open) return;
    if (!this.#does(event)) return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  #does(event) {
    if (event.key === "Escape") return this.escape();
    if (!isTyping(event.target) && this.#bars()?.pickByDigit(event)) return true;
    const asks = event.key === "?" && !isTyping(event.target);
    if (asks || matches(event, "Mod+/")) return this.open();
    const number = [...this.pages()].findIndex(
      (_, at) => at < 9 && matches(event, `Alt+${at + 1}`),
    );
    if (number < 0) return false;
    this.go(number);
    return true;
  }

  /** @param {KeyboardEvent} event a button's key goes before what a field makes of it */
  #press(event) {
    const { target, isComposing } = event;
    if (isComposing || this.dialog.open) return;
    if (target instanceof Element && target.closest(".wb-turn-editor")) return;
    const button = this.#buttons().find(({ values }) => {
      const key = keyOf(values.key);
      return matches(event, key) && (/Mod|Alt/.test(key) || !isTyping(target));
    });
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    button.press();
  }

  /** @returns {ButtonView[]} with a key, and in sight */
  #buttons() {
    const views = [...(this.page()?.tree.views.values() ?? [])];
    return views
      .filter((view) => view instanceof ButtonView)
      .filter(({ values, element }) => values.key && element.checkVisibility());
  }

  /** @returns {BarsView | undefined} the first from which can be picked, and that is in sight */
  #bars() {
    const views = [...(this.page()?.tree.views.values() ?? [])];
    return views
      .filter((view) => view instanceof BarsView)
      .find(({ values, element }) => values.pickable && element.checkVisibility());
  }

  /** @returns {true} */
  open() {
    const close = () => this.dialog.close();
    const buttons = this.#buttons().map(({ values }) => ({
      title: String(values.text),
      key: keyOf(values.key),
    }));
    const pages = this.pages()
      .slice(0, 9)
      .map(({ title }, at) => ({ title, key: `Alt+${at + 1}` }));
    const part = (/** @type {string} */ title, /** @type {Line[]} */ lines) =>
      lines.length
        ? [
            h(
              "section",
              {},
              h("h3", { class: "group" }, title),
              h("dl", { class: "numbers" }, ...lines.map(row)),
            ),
          ]
        : [];
    this.dialog.replaceChildren(
      h(
        "header",
        { class: "sheet-head" },
        h("h2", {}, "Keys"),
        h(
          "button",
          { class: "wb-close", type: "button", "aria-label": "Close", on: { click: close } },
          icon("close"),
        ),
      ),
      h(
        "div",
        { class: "keys-groups", tabindex: "0", role: "region", "aria-label": "List of keys" },
        ...part("This page", buttons),
        ...part("Everywhere", GENERAL),
        ...part("Pages", pages),
        ...part("Where the focus is", WITHIN),
      ),
    );
    this.dialog.showModal();
    return true;
  }
}

/** @param {Line} line */
const row = ({ title, key }) =>
  h("div", {}, h("dt", {}, title), h("dd", {}, h("kbd", {}, / /.test(key) ? key : keyText(key))));

/** @param {EventTarget | null} target */
const isTyping = (target) =>
  target instanceof HTMLElement && target.matches("input, textarea, select");
