/** The list of keys (Ctrl+/). */

import { keyText, keysOf } from "../actions.js";
import { MARK_KEYS } from "../candidates/keys.js";
import { h, icon } from "../dom.js";
import { LIST_KEYS } from "../tokens/actions.js";

const GROUPS = ["Writing", "Candidates", "Tokens", "Memory", "Story", "View"];

/** @type {{[group: string]: string}} where the keys of a group's second list work */
const WITHIN = {
  Candidates: "On a card, while the candidates have the focus:",
  Tokens: "While the lists, or a token’s card, have the focus:",
  Memory: "In the memory’s fields, while a run has not read them yet:",
};

export class KeysDialog {
  /** @param {() => import("../actions.js").Action[]} actions */
  constructor(actions) {
    this.actions = actions;
    this.dialog = h("dialog", { class: "sheet keys", "aria-label": "Keys" });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    document.body.append(this.dialog);
  }

  open() {
    const close = () => this.dialog.close();
    const groups = GROUPS.map((group) => {
      const keyed = this.actions().filter((action) => action.group === group && action.key);
      const anywhere = keyed.filter((action) => !action.within);
      const within = keyed.filter((action) => action.within);
      const rows = anywhere.map((action) => row(action.title, allKeys(action)));
      const lists = [h("dl", { class: "numbers" }, ...rows)];
      if (group === "Tokens") {
        const keys = LIST_KEYS.map((one) => row(one.title, keysText(one.keys)));
        lists.push(h("dl", { class: "numbers" }, ...keys));
      }
      if (within.length) {
        const moves = group === "Candidates" ? MARK_KEYS : [];
        const marks = moves.map(({ title, keys }) => row(title, keysText(keys)));
        const cards = within.map((action) => row(action.title, keyText(action.key)));
        lists.push(h("dl", { class: "numbers" }, ...marks, ...cards));
      }
      const [first, ...more] = lists;
      const line = h("p", { class: "panel-line" }, WITHIN[group] ?? "");
      const rest = more.length ? [line, ...more] : [];
      return h("section", {}, h("h3", { class: "group" }, group), first, ...rest);
    });
    this.dialog.replaceChildren(
      h(
        "header",
        { class: "sheet-head" },
        h("h2", {}, "Keys"),
        h(
          "button",
          { class: "icon-button", type: "button", "aria-label": "Close", on: { click: close } },
          icon("close"),
        ),
      ),
      h(
        "div",
        { class: "keys-groups", tabindex: "0", role: "region", "aria-label": "List of keys" },
        ...groups,
      ),
    );
    this.dialog.showModal();
  }
}

/** @param {import("../actions.js").Action} action */
const allKeys = (action) =>
  [...keysOf(action).map((key) => keyText(key)), action.untyped].filter((key) => key).join(", ");

/** @param {string} title @param {string} keys */
const row = (title, keys) => h("div", {}, h("dt", {}, title), h("dd", {}, h("kbd", {}, keys)));

/** @param {string[]} keys the first and the last, or one way and the other */
function keysText([one, other]) {
  if (!other) return keyText(one);
  const between = one.length === 1 ? " – " : " ";
  return `${keyText(one)}${between}${keyText(other.split("+").at(-1))}`;
}
