/**
 * The one owner of the socket: calls with answers, events, and whether the server is there.
 *
 * A call that gets no answer in time, or is made while the server is away, rejects with the code
 * "away"; nothing is queued here, since what must not be lost lives in the document.
 */

import { io } from "../vendor/libs.js";
import { RefusedCall } from "./protocol.js";

const ANSWER_WITHIN_MS = 20_000;

export class Connection {
  /**
   * @param {{connected: () => void, disconnected: (reason: string) => void,
   *   updated: (event: import("./protocol.js").UpdateEvent, done: () => void) => void,
   *   libraryChanged: (event: import("./protocol.js").LibraryEvent) => void}} on
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
      if (reason === "io server disconnect") this.socket.connect();
    });
    this.socket.on("connect_error", (error) => on.disconnected(error.message));
    this.socket.on("update", (event, answer) => on.updated(event, () => answer?.(true)));
    this.socket.on("library", on.libraryChanged);
  }

  start() {
    this.socket.connect();
  }

  get here() {
    return this.socket.connected;
  }

  /**
   * @param {string} event
   * @param {object} [fields]
   * @returns {Promise<any>} the answer's fields
   * @throws {RefusedCall} what the server answered, or "away"
   */
  async call(event, fields = {}) {
    if (!this.here) throw new RefusedCall("away", "The server is away just now.");
    let answer;
    try {
      answer = await this.socket.timeout(ANSWER_WITHIN_MS).emitWithAck(event, fields);
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
