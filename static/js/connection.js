/**
 * The one owner of the socket: calls with answers, events, and whether the server is there.
 *
 * A call that gets no answer in time, or is made while the server is away, rejects with the code
 * "away"; nothing is queued here, since what must not be lost lives in the document.
 */

import { io } from "../vendor/libs.js";
import { RefusedCall } from "./protocol.js";
import { nextFrame } from "./store.js";

const ANSWER_WITHIN_MS = 20_000;
const ASK_AGAIN_MS = 3000;

/** How it looks here when the server hangs up; where it adds why, the library cannot read the packet. */
const SENT_AWAY = ["io server disconnect", "parse error"];

export class Connection {
  /**
   * @param {{connected: () => void, disconnected: (reason: string) => void, locked: () => void,
   *   updated: (event: import("./protocol.js").UpdateEvent, done: () => void) => void,
   *   libraryChanged: (event: import("./protocol.js").LibraryEvent) => void,
   *   scored: (event: import("./protocol.js").ScoredEvent) => void}} on
   */
  constructor(on) {
    this.socket = io("/studio", {
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 4000,
      autoConnect: false,
    });
    this.socket.on("connect", on.connected);
    this.socket.on("disconnect", (reason) => {
      on.disconnected(reason);
      if (!SENT_AWAY.includes(reason)) return;
      this.socket.disconnect();
      void this.#comeBack(on.locked);
    });
    this.socket.on("connect_error", (error) => on.disconnected(error.message));
    this.socket.on("update", (event, answer) => on.updated(event, () => answer?.(true)));
    this.socket.on("library", on.libraryChanged);
    this.socket.on("scored", (event, answer) => {
      on.scored(event);
      // One part for each frame: the text is painted and typed in meanwhile.
      nextFrame(() => answer?.(true));
    });
  }

  start() {
    this.socket.connect();
  }

  /**
   * The server closed the connection itself, as it does where the token is not right (any more). That may
   * change: the token can be entered in another tab.
   *
   * @param {() => void} locked
   */
  async #comeBack(locked) {
    const answer = await fetch("/", { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (answer?.status !== 401) {
      this.socket.connect();
      return;
    }
    locked();
    setTimeout(() => void this.#comeBack(locked), ASK_AGAIN_MS);
  }

  get here() {
    return this.socket.connected;
  }

  /**
   * @param {string} event
   * @param {object} [fields]
   * @param {number} [within_ms] for a call that may wait for a model to load, longer
   * @returns {Promise<any>} the answer's fields
   * @throws {RefusedCall} what the server answered, or "away"
   */
  async call(event, fields = {}, within_ms = ANSWER_WITHIN_MS) {
    if (!this.here) throw new RefusedCall("away", "The server is away just now.");
    let answer;
    try {
      answer = await this.socket.timeout(within_ms).emitWithAck(event, fields);
    } catch {
      throw new RefusedCall("away", "The server did not answer.");
    }
    if (answer?.ok) return answer;
    const error = answer?.error ?? {
      code: "internal",
      message: "The server's answer made no sense.",
    };
    throw new RefusedCall(error.code, error.message);
  }
}
