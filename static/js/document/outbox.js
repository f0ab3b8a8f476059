/**
 * What this browser wrote and the server has not confirmed: one update under way, later ones merged.
 *
 * Pure bookkeeping with a `send` function; knows neither the socket nor the document. Aliases travel
 * with the update that brings the text they speak of.
 */

import { Y } from "../../vendor/libs.js";

/** @typedef {import("../protocol.js").Alias} Alias */
/** @typedef {{update: Uint8Array, aliases: Alias[]}} Parcel */

export class Outbox {
  /**
   * @param {(parcel: Parcel) => Promise<unknown>} send resolves when the server has stored it
   * @param {{progressed: () => void, failed: (error: Error) => void}} on
   */
  constructor(send, on) {
    this.send = send;
    this.on = on;
    /** @type {Uint8Array[]} */
    this.waiting = [];
    /** @type {Alias[]} */
    this.aliases = [];
    /** @type {Promise<void> | null} */
    this.underWay = null;
    this.open = false;
  }

  /** Whether everything written here is stored by the server. */
  get empty() {
    return this.waiting.length === 0 && this.underWay === null;
  }

  /** @param {Uint8Array} update */
  add(update) {
    this.waiting.push(update);
    this.on.progressed();
    queueMicrotask(() => this.pump());
  }

  /** @param {Alias[]} aliases of text in an update that was added in this same turn, or is about to be */
  addAliases(aliases) {
    this.aliases.push(...aliases);
  }

  /**
   * Starts sending, with everything that the server lacks in one first parcel.
   *
   * @param {Uint8Array | null} lacking
   * @param {(alias: Alias) => boolean} brings whether `lacking` brings the alias' text
   */
  reopen(lacking, brings) {
    this.waiting = lacking ? [lacking] : [];
    this.aliases = this.aliases.filter(brings);
    this.open = true;
    this.on.progressed();
    this.pump();
  }

  /** Stops sending; what comes meanwhile is covered by the next `reopen`. */
  close() {
    this.open = false;
  }

  /** @returns {Promise<void>} resolves once everything added so far is stored, or sending stopped */
  async flush() {
    this.pump();
    while (this.underWay) await this.underWay;
  }

  pump() {
    if (!this.open || this.underWay || this.waiting.length === 0) return;
    const parcel = { update: Y.mergeUpdates(this.waiting), aliases: this.aliases };
    this.waiting = [];
    this.aliases = [];
    this.underWay = this.#deliver(parcel);
  }

  /** @param {Parcel} parcel */
  async #deliver(parcel) {
    try {
      await this.send(parcel);
      this.underWay = null;
    } catch (error) {
      this.underWay = null;
      this.close();
      this.waiting.unshift(parcel.update);
      this.aliases.unshift(...parcel.aliases);
      this.on.failed(/** @type {Error} */ (error));
    }
    this.on.progressed();
    this.pump();
  }
}
