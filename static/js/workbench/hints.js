/** Sentences that explain what the pointer rests on, has the focus, or a finger presses long: `data-hint`. */

import { h } from "../dom.js";
import { clamped } from "../format.js";

const RESTS_MS = 350;
const PRESSED_MS = 500;
const EDGE_PX = 8;

export class Hints {
  constructor() {
    this.card = h("div", { class: "wb-hint", role: "tooltip" });
    this.card.hidden = true;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {HTMLElement | null} */
    this.over = null;
  }

  start() {
    document.body.append(this.card);
    document.addEventListener("pointerover", ({ target, pointerType }) => {
      if (pointerType === "mouse") this.#rest(hinted(target), RESTS_MS);
    });
    document.addEventListener("pointerdown", ({ target, pointerType }) => {
      this.hide();
      if (pointerType !== "mouse") this.#rest(hinted(target), PRESSED_MS);
    });
    for (const event of ["pointerup", "pointercancel"])
      document.addEventListener(event, () => this.card.hidden && clearTimeout(this.timer));
    document.addEventListener("focusin", ({ target }) => {
      const byKeys = target instanceof Element && target.matches(":focus-visible");
      if (byKeys && hinted(target) === target) this.#rest(hinted(target), RESTS_MS);
      else if (byKeys) this.hide();
    });
    document.addEventListener("focusout", () => this.hide());
    // What was about to be said still is: moving by keys may scroll to where it stands.
    addEventListener("scroll", () => this.card.hidden || this.hide(), true);
  }

  /** @returns {boolean} whether there was one */
  hide() {
    clearTimeout(this.timer);
    this.over = null;
    const was = !this.card.hidden;
    this.card.hidden = true;
    return was;
  }

  /** @param {HTMLElement | null} over @param {number} wait_ms */
  #rest(over, wait_ms) {
    if (over === this.over) return;
    this.hide();
    this.over = over;
    if (over) this.timer = setTimeout(() => this.#show(over), wait_ms);
  }

  /** @param {HTMLElement} over */
  #show(over) {
    if (!over.isConnected || !over.dataset.hint) return;
    this.card.textContent = over.dataset.hint;
    this.card.hidden = false;
    const box = over.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const below = box.bottom + EDGE_PX + height < innerHeight;
    const left = clamped(box.left, EDGE_PX, Math.max(EDGE_PX, innerWidth - width - EDGE_PX));
    const top = below ? box.bottom + 6 : Math.max(EDGE_PX, box.top - height - 6);
    this.card.style.setProperty("left", `${left}px`);
    this.card.style.setProperty("top", `${top}px`);
  }
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
const hinted = (target) => (target instanceof Element ? target.closest("[data-hint]") : null);
