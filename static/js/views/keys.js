/** The list of keys (Ctrl+/). */

import { keyText } from "../actions.js";
import { h, icon } from "../dom.js";

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
    const groups = /** @type {const} */ (["Writing", "Story", "View"]).map((group) => {
      const keyed = this.actions().filter((action) => action.group === group && action.key);
      const rows = keyed.map((action) =>
        h("div", {}, h("dt", {}, action.title), h("dd", {}, h("kbd", {}, keyText(action.key)))),
      );
      return h(
        "section",
        {},
        h("h3", { class: "group" }, group),
        h("dl", { class: "numbers" }, ...rows),
      );
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
