/**
 * A browser without a page: the page's own `StoryDocument` on a real socket, and a check at each return.
 *
 * Whenever it comes back it holds the server to its word: everything that the server had answered or sent
 * must still be there.
 */

import { io } from "socket.io-client";
import { StoryDocument } from "../../../static/js/document/story_document.js";
import { Y } from "../../../static/vendor/libs.js";

globalThis.document = Object.assign(new EventTarget(), { hidden: false });
globalThis.window = new EventTarget();
globalThis.requestAnimationFrame = (then) => setTimeout(then, 2);

/** Origin of what is typed, as the page's editor has one. */
const TYPING = Symbol("typing");
const WAIT_MS = 20_000;
const RETRY_MS = 100;

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for what nothing announces; fails with `what`. */
export async function until(condition, what) {
  const deadline = Date.now() + WAIT_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause(5);
  }
}

export class Browser {
  constructor(url, token, story, documentId) {
    this.story = story;
    this.faults = [];
    this.runs = new Map();
    this.online = false;
    /** What the server has confirmed or sent, as a state vector. */
    this.promised = new Map();
    this.document = new StoryDocument(
      story,
      documentId,
      (event, fields) => this.#sent(event, fields),
      {
        unsentChanged: () => undefined,
        declared: () => undefined,
        failed: (error) => this.#failed(error),
        applied: (events) => events.forEach((event) => this.#learn(event)),
      },
    );
    this.document.undoManager.addTrackedOrigin(TYPING);
    this.socket = io(`${url}/studio`, {
      auth: { token },
      transports: ["websocket"],
      forceNew: true,
      autoConnect: false,
      reconnectionDelay: 30,
      reconnectionDelayMax: 100,
    });
    this.socket.on("connect", () => void this.#sync());
    this.socket.on("disconnect", () => this.#away());
    this.socket.on("update", (event, answer) => this.document.received(event, () => answer(true)));
  }

  get text() {
    return this.document.text;
  }

  /** @param {(text: any) => void} change of the text */
  type(change) {
    this.document.doc.transact(() => change(this.text), TYPING);
  }

  async start() {
    await this.document.start();
    this.connect();
    await this.ready();
  }

  connect() {
    this.socket.connect();
  }

  disconnect() {
    this.socket.disconnect();
    this.#away();
  }

  stop() {
    this.socket.disconnect();
    this.document.stop();
  }

  /** Resolves once it is open at the server again. */
  ready() {
    return until(() => this.online, "a browser comes back");
  }

  /** The answer of a call; an error's code is in `error.code`, "away" when no answer came. */
  async call(event, fields) {
    if (!this.socket.connected) return { ok: false, error: { code: "away" } };
    try {
      return await this.socket.timeout(WAIT_MS).emitWithAck(event, fields);
    } catch {
      if (this.socket.connected) this.faults.push(`${event} was not answered`);
      return { ok: false, error: { code: "away" } };
    }
  }

  /** A command whose meaning depends on the text: sent when all that was typed is stored. */
  async command(event, fields) {
    await this.document.flush();
    return this.call(event, fields);
  }

  /** A command that the state of things may forbid, but nothing else. */
  async attempt(event, fields) {
    const answer = await this.command(event, fields);
    const code = answer.ok ? "" : answer.error.code;
    if (!["", "away", "conflict", "not_found"].includes(code)) {
      this.faults.push(`${event} was refused: ${JSON.stringify(answer.error)}`);
    }
    if (answer.run) this.runs.set(answer.run.id, answer.run);
    return answer;
  }

  /** The identity of the character left of a place in the text. */
  place(at) {
    if (at === 0) return null;
    const { item } = Y.createRelativePositionFromTypeIndex(this.text, at - 1);
    return [item.client, item.clock];
  }

  async #sent(event, fields) {
    const answer = await this.call(event, fields);
    if (!answer.ok) throw Object.assign(new Error(answer.error.message), answer.error);
    this.#promise(fields.update);
    return answer;
  }

  async #sync() {
    const promised = new Map(this.promised);
    const fields = {
      story: this.story,
      document: this.document.documentId,
      state: this.document.state(),
    };
    const opened = await this.call("story_open", fields);
    if (!opened.ok) return this.#retry();
    if (opened.document !== this.document.documentId)
      this.faults.push("the document is another one");
    const known = Y.decodeStateVector(new Uint8Array(opened.state));
    for (const [client, clock] of promised) {
      const stored = known.get(client) ?? 0;
      if (stored < clock)
        this.faults.push(`of ${client} ${clock} was promised, ${stored} is there`);
    }
    this.document.opened(opened);
    this.#learn(opened);
    this.online = true;
  }

  #learn(event) {
    for (const run of event.runs ?? []) this.runs.set(run.id, run);
    for (const data of [event.doc, event.update]) {
      if (data) this.#promise(new Uint8Array(data));
    }
  }

  #promise(update) {
    for (const { id, length } of Y.decodeUpdate(update).structs) {
      const end = id.clock + length;
      this.promised.set(id.client, Math.max(end, this.promised.get(id.client) ?? 0));
    }
  }

  #away() {
    this.online = false;
    this.document.away();
  }

  #failed(error) {
    this.online = false;
    if (!["away", "too_fast"].includes(error.code)) {
      this.faults.push(`an edit was refused: ${error.code} ${error.message}`);
    }
    this.#retry();
  }

  #retry() {
    setTimeout(() => {
      if (this.socket.connected) void this.#sync();
    }, RETRY_MS);
  }
}
