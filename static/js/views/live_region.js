/**
 * Tells screen readers what the model writes, a sentence at a time.
 */

import { byId, h } from "../dom.js";

const KEPT = 5;

export class LiveRegion {
  constructor() {
    this.region = byId("live");
    this.sentences = new SentenceBuffer();
  }

  /** @param {string} text as it was written */
  wrote(text) {
    for (const sentence of this.sentences.add(text)) {
      this.region.append(h("p", {}, sentence));
      while (this.region.children.length > KEPT) this.region.firstElementChild?.remove();
    }
  }

  /** The writing rests: say what is left of the sentence. */
  rest() {
    const left = this.sentences.rest();
    if (left) this.region.append(h("p", {}, left));
  }
}

/** Collects pieces of text and gives back whole sentences. Pure. */
export class SentenceBuffer {
  constructor() {
    this.held = "";
  }

  /** @param {string} text @returns {string[]} sentences that this text completed */
  add(text) {
    this.held += text;
    const sentences = [];
    for (;;) {
      const end = /[.!?…。！？]+["”’»)\]]*(?=\s)|\n/u.exec(this.held);
      if (!end) return sentences;
      const cut = end.index + end[0].length;
      const sentence = this.held.slice(0, cut).trim();
      this.held = this.held.slice(cut);
      if (sentence) sentences.push(sentence);
    }
  }

  /** @returns {string} what was held back */
  rest() {
    const left = this.held.trim();
    this.held = "";
    return left;
  }
}
