/** How each sampler stood when it was on last, kept in this browser. */

/** @typedef {import("../protocol.js").Params} Params */

const KEPT_AS = "storygen.samplers";

export class Remembered {
  constructor() {
    /** @type {{[sampler: string]: Params}} */
    this.values = {};
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT_AS) ?? "{}");
      if (typeof kept === "object" && kept !== null) this.values = kept;
    } catch {
      // What another version left there is of no use.
    }
  }

  /** @param {string} sampler @returns {Params} empty where it was never on */
  of(sampler) {
    return this.values[sampler] ?? {};
  }

  /** @param {string} sampler @param {Params} values */
  keep(sampler, values) {
    this.values = { ...this.values, [sampler]: values };
    localStorage.setItem(KEPT_AS, JSON.stringify(this.values));
  }
}
