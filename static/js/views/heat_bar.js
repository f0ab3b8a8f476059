/** Under the page while it is coloured by probability: what the colours mean, how far the reading is, and a way to end it. */

import { byId, h, setAttributes, setText } from "../dom.js";
import { LEGEND, NUM_STEPS } from "../tokens/scale.js";
import { scoringFace } from "../tokens/scoring_state.js";

const OFFERS = { cancel: "Cancel", go_on: "Go on", again: "Try again" };

export class HeatBar {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../tokens/scoring.js").Scoring} scoring
   */
  constructor(store, scoring) {
    this.store = store;
    this.scoring = scoring;
    this.bar = byId("heat-bar");
    this.state = new ScoringLine(scoring);
  }

  start() {
    this.bar.append(this.state.element, legend());
    this.store.subscribe(
      [
        "heat",
        "scoring",
        "server",
        "models",
        "settings",
        "story",
        "defaultModel",
        "length",
        "runs",
      ],
      (state) => {
        setAttributes(this.bar, { hidden: !state.heat });
        if (state.heat) this.state.show(state);
      },
    );
  }
}

/** How far the scoring is, with the one thing that can be done about it. */
export class ScoringLine {
  /** @param {import("../tokens/scoring.js").Scoring} scoring */
  constructor(scoring) {
    this.words = h("span", { class: "scoring-words", role: "status" });
    this.progress = h("span", { class: "scoring-progress", "aria-hidden": "true" });
    /** @type {keyof typeof OFFERS | ""} */
    this.offer = "";
    const press = () => void (this.offer === "cancel" ? scoring.cancel() : scoring.begin());
    this.button = h("button", { class: "text-button", type: "button", on: { click: press } });
    this.element = h("div", { class: "scoring" }, this.words, this.progress, this.button);
  }

  /** @param {import("../store.js").State} state */
  show(state) {
    const face = scoringFace(state);
    this.offer = face.offer;
    setText(this.words, face.text);
    setAttributes(this.element, { "data-kind": face.kind });
    setAttributes(this.progress, { hidden: face.done === null });
    this.progress.style.setProperty("--done", String(face.done ?? 0));
    setAttributes(this.button, { hidden: face.offer === "" });
    if (face.offer) setText(this.button, OFFERS[face.offer]);
  }
}

/** @returns {HTMLElement} the scale: how probable the model found a token */
function legend() {
  const steps = Array.from({ length: NUM_STEPS }, (_, step) =>
    h("span", { class: `legend-step heat heat-${step}` }, LEGEND[step]),
  );
  const label =
    "Colours: how probable the model finds each token, from 50 % and more to less than 0.05 %";
  const words = h("span", { class: "legend-words", "aria-hidden": "true" }, "Probability down to");
  const scale = h("span", { class: "legend", role: "img", "aria-label": label }, ...steps);
  return h("div", { class: "legend-place" }, words, scale);
}
