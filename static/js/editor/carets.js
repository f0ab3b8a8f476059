/**
 * The carets of others in the page: each run's, and those of other windows.
 *
 * Drawn in a layer over the text, so that they disturb neither typing nor line breaks; positions are set
 * through the CSSOM, which the Content-Security-Policy allows. A caret moves with the text between two
 * messages of the server.
 */

import {
  EditorSelection,
  RectangleMarker,
  StateEffect,
  StateField,
  layer,
} from "../../vendor/libs.js";
import { setAttributes } from "../dom.js";

/** @typedef {import("../../vendor/libs.js").EditorView} EditorView */
/** @typedef {{id: string, at: number, kind: "run" | "window", face: string, done: number | null}} RemoteCaret */

/** @type {import("../../vendor/libs.js").StateEffectType<RemoteCaret[]>} */
export const setCarets = StateEffect.define();

/** @type {import("../../vendor/libs.js").StateField<RemoteCaret[]>} */
export const caretsField = StateField.define({
  create: () => /** @type {RemoteCaret[]} */ ([]),
  update(carets, transaction) {
    let now = carets;
    if (transaction.docChanged && now.length) {
      const { changes } = transaction;
      now = now.map((caret) => ({
        ...caret,
        at: changes.mapPos(Math.min(caret.at, changes.length), 1),
      }));
    }
    for (const effect of transaction.effects) if (effect.is(setCarets)) now = effect.value;
    return now;
  },
});

class CaretMarker {
  /** @param {RemoteCaret} caret @param {RectangleMarker} spot */
  constructor(caret, spot) {
    this.caret = caret;
    this.spot = spot;
  }

  /** @param {CaretMarker} other */
  eq(other) {
    const [a, b] = [this.caret, other.caret];
    return this.spot.eq(other.spot) && a.id === b.id && a.face === b.face && a.done === b.done;
  }

  draw() {
    const dom = document.createElement("div");
    dom.append(document.createElement("span"));
    this.#place(dom);
    return dom;
  }

  /** @param {HTMLElement} dom @param {CaretMarker} old */
  update(dom, old) {
    if (old.caret.id !== this.caret.id) return false;
    this.#place(dom);
    return true;
  }

  /** @param {HTMLElement} dom */
  #place(dom) {
    const { caret, spot } = this;
    setAttributes(dom, {
      class: `remote-caret is-${caret.kind} is-${caret.face}`,
      "data-caret": caret.id,
    });
    dom.style.transform = `translate(${spot.left}px, ${spot.top}px)`;
    dom.style.height = `${spot.height}px`;
    dom.style.setProperty("--done", String(caret.done ?? 1));
  }
}

/** @param {EditorView} view */
function markers(view) {
  const { from, to } = view.viewport;
  return view.state.field(caretsField).flatMap((caret) => {
    if (caret.at < from || caret.at > to) return [];
    const cursor = EditorSelection.cursor(caret.at, -1);
    return RectangleMarker.forRange(view, "", cursor).map((spot) => new CaretMarker(caret, spot));
  });
}

/** @returns {import("../../vendor/libs.js").Extension} */
export function remoteCarets() {
  return [
    caretsField,
    layer({
      above: true,
      class: "remote-carets",
      markers,
      update: (update) =>
        update.docChanged ||
        update.startState.field(caretsField) !== update.state.field(caretsField),
    }),
  ];
}
