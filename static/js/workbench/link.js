/**
 * The workbench's socket: calls with answers, what pages are told, and whether the server is there.
 *
 * What is told may come before the answer that names its visit: it waits here for whoever will claim it.
 */

import { RefusedCall } from "../protocol.js";
import { io } from "../../vendor/libs.js";

/** The server may have to start the workbench's process first. */
const ANSWER_WITHIN_MS = 60_000;
const ASK_AGAIN_MS = 3000;
const MOST_UNCLAIMED = 40;

/** How it looks here when the server hangs up. */
const SENT_AWAY = ["io server disconnect", "parse error"];

/** @typedef {{[name: string]: any, op: string}} Op */
/** @typedef {{visit: string, number: number, ops: Op[]}} Told */
/** @typedef {(told: Told, done: () => void) => void} Listener `done` once it is shown: the next one follows */

export class Link {
  /**
   * @param {{here: () => void, away: () => void, locked: () => void, gone: (bench: string) => void}} on `gone`: the
   *   process of a workbench ended, and with it its pages
   */
  constructor(on) {
    this.on = on;
    /** @type {Map<string, Listener>} by visit */
    this.listeners = new Map();
    /** @type {[Told, () => void][]} */
    this.unclaimed = [];
    this.socket = io("/workbench", {
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 4000,
      autoConnect: false,
    });
    this.socket.on("connect", on.here);
    this.socket.on("disconnect", (reason) => {
      this.unclaimed = [];
      on.away();
      if (SENT_AWAY.includes(reason)) void this.#comeBack();
    });
    this.socket.on("connect_error", () => {
      on.away();
      if (!this.socket.active) void this.#comeBack();
    });
    this.socket.on("gone", ({ bench }) => on.gone(String(bench ?? "")));
    this.socket.on("told", (told, answer) => this.#told(told, () => answer?.(true)));
  }

  start() {
    this.socket.connect();
    addEventListener("pagehide", () => this.socket.disconnect());
    addEventListener("pageshow", ({ persisted }) => persisted && this.socket.connect());
  }

  get isHere() {
    return this.socket.connected;
  }

  /**
   * @param {string} event
   * @param {object} fields
   * @returns {Promise<any>} the answer's fields
   * @throws {RefusedCall} what the server answered, or "away"
   */
  async call(event, fields) {
    if (!this.isHere) throw new RefusedCall("away", "The workbench is away just now.");
    let answer;
    try {
      answer = await this.socket.timeout(ANSWER_WITHIN_MS).emitWithAck(event, fields);
    } catch {
      throw new RefusedCall("away", "The workbench did not answer.");
    }
    if (answer?.ok) return answer;
    const { code, message } = answer?.error ?? {};
    throw new RefusedCall(code ?? "internal", message ?? "The workbench's answer made no sense.");
  }

  /** @param {string} visit @param {Listener} listener gets what was told meanwhile, too */
  listen(visit, listener) {
    this.listeners.set(visit, listener);
    const waiting = this.unclaimed.filter(([told]) => told.visit === visit);
    this.unclaimed = this.unclaimed.filter(([told]) => told.visit !== visit);
    for (const [told, done] of waiting) listener(told, done);
  }

  /** @param {string} visit */
  forget(visit) {
    this.listeners.delete(visit);
  }

  /** @param {Told} told @param {() => void} done */
  #told(told, done) {
    const listener = this.listeners.get(told.visit);
    if (listener) listener(told, done);
    else this.unclaimed.push([told, done]);
    // What nobody claims holds up nobody.
    while (this.unclaimed.length > MOST_UNCLAIMED) this.unclaimed.shift()?.[1]();
  }

  /** The server closed the connection itself, as where the token is not right (any more). That may change. */
  async #comeBack() {
    this.socket.disconnect();
    const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" }).catch(
      () => null,
    );
    if (answer?.status !== 401) return void setTimeout(() => this.socket.connect(), ASK_AGAIN_MS);
    this.on.locked();
    setTimeout(() => void this.#comeBack(), ASK_AGAIN_MS);
  }
}
