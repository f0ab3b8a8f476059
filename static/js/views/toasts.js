/** Short words at the foot of the page, with a way back where there is one. */

import { byId, h } from "../dom.js";

const SHOWN_MS = 6000;
const MOST = 3;

export class Toasts {
  constructor() {
    this.place = byId("toasts");
  }

  /** @param {string} text @param {"error"} [kind] */
  say(text, kind) {
    this.#show(text, kind ?? "plain", null);
  }

  /**
   * @param {string} text
   * @param {string} label of the button
   * @param {() => void} then
   * @returns {() => void} takes the offer away
   */
  offer(text, label, then) {
    return this.#show(text, "plain", { label, then });
  }

  /**
   * @param {string} text
   * @param {string} kind
   * @param {{label: string, then: () => void} | null} offer
   * @returns {() => void} takes it away
   */
  #show(text, kind, offer) {
    for (const shown of this.place.children) {
      if (shown.firstElementChild?.textContent === text) shown.remove();
    }
    const toast = h("div", { class: `toast is-${kind}` }, h("span", {}, text));
    const away = () => toast.remove();
    if (offer) {
      const take = () => {
        away();
        offer.then();
      };
      toast.append(h("button", { type: "button", on: { click: take } }, offer.label));
    }
    this.place.append(toast);
    while (this.place.children.length > MOST) this.place.firstElementChild?.remove();
    this.#leaveLater(toast, away);
    return away;
  }

  /** @param {HTMLElement} toast @param {() => void} away stays while the pointer or the focus is on it */
  #leaveLater(toast, away) {
    let timer = setTimeout(away, SHOWN_MS);
    const hold = () => clearTimeout(timer);
    const go = () => {
      timer = setTimeout(away, SHOWN_MS / 2);
    };
    toast.addEventListener("pointerenter", hold);
    toast.addEventListener("pointerleave", go);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("focusout", go);
  }
}
