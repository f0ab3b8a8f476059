/**
 * The two panels at the edges, each with tabs. They lie over the page's margin, so that opening one
 * moves no text; on a phone they are sheets from below.
 */

import { byId, h, icon } from "../dom.js";

/** @typedef {"library" | "history" | "candidates" | "tokens" | "memory" | "sampling" | "numbers"} Tab */
/** @typedef {{title: string, body: HTMLElement, opened?: () => void}} Content */
/** @typedef {"left" | "right"} Side */

/** Windows in which a panel covers text: only one is open at a time, and Escape closes it. */
const OVER_THE_TEXT = "(max-width: 1231px)";

/** @type {{[side in Side]: Tab[]}} */
const TABS = {
  left: ["library", "history"],
  right: ["candidates", "tokens", "memory", "sampling", "numbers"],
};

export class Panels {
  /**
   * @param {import("../store.js").Store} store
   * @param {{[tab in Tab]: Content}} contents
   */
  constructor(store, contents) {
    this.store = store;
    this.contents = contents;
    this.panels = { left: byId("left-panel"), right: byId("right-panel") };
    this.buttons = { left: byId("library-button"), right: byId("panel-button") };
    /** @type {{[side in Side]: Tab}} */
    this.latest = { left: "library", right: "candidates" };
  }

  start() {
    for (const side of /** @type {Side[]} */ (["left", "right"])) {
      this.#build(side);
      this.buttons[side].addEventListener("click", () => this.toggle(this.latest[side]));
    }
    this.store.subscribe(["left", "right"], (state) => {
      this.#show("left", state.left);
      this.#show("right", state.right);
    });
  }

  /** @param {Tab} tab opens it, or closes its panel when it is in sight */
  toggle(tab) {
    const side = sideOf(tab);
    const now = this.store.state[side];
    if (now === tab) this.close(side);
    else this.open(tab);
  }

  /** @param {Tab} tab */
  open(tab) {
    const side = sideOf(tab);
    this.latest[side] = tab;
    const other = side === "left" ? "right" : "left";
    const alone = matchMedia(OVER_THE_TEXT).matches;
    this.store.set({ [side]: tab, ...(alone ? { [other]: "none" } : {}) });
    this.contents[tab].opened?.();
  }

  /** @param {Side} side */
  close(side) {
    const hadFocus = this.panels[side].contains(document.activeElement);
    this.store.set({ [side]: "none" });
    if (hadFocus) this.buttons[side].focus();
  }

  /** @returns {boolean} whether the panel with the focus, or a sheet, was open and is closed now */
  closeTopmost() {
    const covers = matchMedia(OVER_THE_TEXT).matches;
    for (const side of /** @type {Side[]} */ (["left", "right"])) {
      const open = this.store.state[side] !== "none";
      if (open && (covers || this.panels[side].contains(document.activeElement))) {
        this.close(side);
        return true;
      }
    }
    return false;
  }

  /** @param {Side} side */
  #build(side) {
    const tabs = TABS[side].map((tab) => {
      const attributes = {
        type: "button",
        role: "tab",
        id: `tab-${tab}`,
        "aria-controls": `panel-${tab}`,
      };
      const { title } = this.contents[tab];
      const name = h("span", { class: "tab-name" }, title);
      return h(
        "button",
        {
          ...attributes,
          class: "tab",
          title,
          "aria-label": title,
          on: { click: () => this.open(tab) },
        },
        ...(side === "right" ? [icon(tab), name] : [name]),
      );
    });
    const close = h(
      "button",
      {
        class: "icon-button",
        type: "button",
        "aria-label": "Close",
        on: { click: () => this.close(side) },
      },
      icon("close"),
    );
    const list = h("div", { class: "tabs", role: "tablist", on: { keydown: arrows } }, ...tabs);
    this.panels[side].append(h("div", { class: "panel-head" }, list, close));
    for (const tab of TABS[side]) {
      const { body } = this.contents[tab];
      body.id = `panel-${tab}`;
      body.classList.add("panel-body");
      body.setAttribute("role", "tabpanel");
      body.setAttribute("aria-labelledby", `tab-${tab}`);
      body.tabIndex = -1;
      this.panels[side].append(body);
    }
  }

  /**
   * @param {Side} side
   * @param {Tab | "none"} open
   */
  #show(side, open) {
    this.panels[side].hidden = open === "none";
    this.buttons[side].setAttribute("aria-expanded", String(open !== "none"));
    for (const tab of TABS[side]) {
      const shown = tab === open;
      this.contents[tab].body.hidden = !shown;
      const button = byId(`tab-${tab}`);
      button.setAttribute("aria-selected", String(shown));
      button.tabIndex = shown ? 0 : -1;
    }
  }
}

/** @param {Tab} tab @returns {Side} */
const sideOf = (tab) => (TABS.left.includes(tab) ? "left" : "right");

/** @param {KeyboardEvent} event */
function arrows(event) {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const tabs = /** @type {HTMLElement[]} */ ([...list.children]);
  const at = tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = tabs.at((at + (event.key === "ArrowRight" ? 1 : -1)) % tabs.length);
  next?.focus();
  next?.click();
}
