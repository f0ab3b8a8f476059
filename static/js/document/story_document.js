/**
 * The open story's text: a Yjs document, its copy in this browser, and its way to and from the server.
 *
 * Everything typed goes out through the outbox; what comes in is applied at most once per animation
 * frame, not in one that shows a key, and confirmed to the server only then, so that a slow browser makes nothing grow. Knows no
 * editor: the editor watches the same `Y.Text`.
 */

import { Y } from "../../vendor/libs.js";
import { bytes } from "../protocol.js";
import { nextFrame } from "../store.js";
import { Identities } from "./identities.js";
import { KeysFirst } from "./keys_first.js";
import { LocalCopy } from "./local_copy.js";
import { Outbox } from "./outbox.js";
import { aliasesOfUndone } from "./undone.js";

/** @typedef {import("../protocol.js").Alias} Alias */
/** @typedef {import("../protocol.js").UpdateEvent} UpdateEvent */

/** Origin of changes that came from the server. */
export const FROM_SERVER = Symbol("from server");

export class StoryDocument {
  /**
   * @param {string} story
   * @param {string} documentId
   * @param {(event: string, fields: object) => Promise<any>} call
   * @param {{unsentChanged: (count: number) => void, failed: (error: Error) => void,
   *   applied: (events: UpdateEvent[], textChanged: boolean) => void, declared: () => void}} on
   */
  constructor(story, documentId, call, on) {
    this.story = story;
    this.documentId = documentId;
    this.on = on;
    this.doc = new Y.Doc();
    this.text = this.doc.getText("text");
    this.identities = new Identities();
    this.serverClients = new Set();
    this.undoManager = new Y.UndoManager(this.text, { captureTimeout: 500 });
    this.copy = new LocalCopy(documentId, this.doc);
    this.outbox = new Outbox((parcel) => call("doc_update", { story, ...parcel }), {
      progressed: () => this.#outboxProgressed(),
      failed: on.failed,
    });
    /** Whether the server may lack something of this copy, also from an earlier visit. */
    this.owes = false;
    /** Whether the text that is being applied right now comes with tokens of a run. */
    this.applyingTokens = false;
    /** @type {{event: UpdateEvent, done: () => void}[]} */
    this.incoming = [];
    this.keysFirst = new KeysFirst();
    this.doc.on("update", (update, origin) => {
      const { persistence } = this.copy;
      const fromCopy = persistence !== null && origin === persistence;
      if (origin !== FROM_SERVER && !fromCopy) this.outbox.add(update);
    });
    this.undoManager.on("stack-item-popped", ({ stackItem }) => this.#popped(stackItem));
    /** @type {Map<number, number>} */
    this.stateBeforeUndo = new Map();
    this.doc.on("beforeTransaction", (transaction) => {
      if (transaction.origin === this.undoManager) this.stateBeforeUndo = transaction.beforeState;
    });
  }

  /** @returns {Promise<boolean>} whether this browser can keep a copy */
  async start() {
    const kept = await this.copy.start();
    const { unsent, aliases } = await this.copy.pending();
    this.owes ||= unsent;
    this.identities.addAliases(aliases);
    this.outbox.addAliases(aliases);
    return kept;
  }

  stop() {
    this.away();
    this.undoManager.destroy();
    this.copy.stop();
    this.doc.destroy();
  }

  /** Whether something that came builds on what never came; opening again brings it. */
  get lacksSomething() {
    const { pendingStructs, pendingDs } = this.doc.store;
    return pendingStructs !== null || pendingDs !== null;
  }

  /** @returns {Uint8Array} the state vector, for `story_open` */
  state() {
    return Y.encodeStateVector(this.doc);
  }

  /**
   * Takes in what `story_open` answered, and starts sending what the server lacks.
   *
   * @param {import("../protocol.js").OpenedStory} opened
   */
  opened(opened) {
    this.#learn(opened);
    Y.applyUpdate(this.doc, bytes(opened.update), FROM_SERVER);
    const state = bytes(opened.state);
    const known = Y.decodeStateVector(state);
    this.outbox.reopen(
      this.#lackedBy(state),
      ([client, clock]) => clock >= (known.get(client) ?? 0),
    );
  }

  /** The server is away: go on, and send everything when it is back. */
  away() {
    this.outbox.close();
    for (const { done } of this.incoming.splice(0)) done();
  }

  /**
   * @param {UpdateEvent} event
   * @param {() => void} done confirms it to the server
   */
  received(event, done) {
    this.incoming.push({ event, done });
    this.keysFirst.came();
    if (this.incoming.length === 1) nextFrame(() => this.#frameCame());
  }

  /** A key, or a composition's input, was handled here; the frame that shows it is its own. */
  keyed() {
    if (this.keysFirst.unpainted) return;
    this.keysFirst.keyed();
    nextFrame(() => setTimeout(() => this.keysFirst.painted()));
  }

  /** @returns {Promise<void>} resolves once what was typed so far is stored, or the server went away */
  flush() {
    return this.outbox.flush();
  }

  /** @returns {boolean} whether there was something of one's own to undo */
  undo() {
    return this.undoManager.undo() !== null;
  }

  /** @returns {Set<object>} one's own edits that can be undone */
  ownEdits() {
    return new Set(this.undoManager.undoStack);
  }

  /**
   * The server brought an earlier state back, under new identities. To undo a deletion from before that
   * would bring the same text back a second time.
   */
  restored() {
    const { undoManager } = this;
    undoManager.undoStack = undoManager.undoStack.filter(
      ({ deletions }) => deletions.clients.size === 0,
    );
    undoManager.clear(false, true);
  }

  /** @returns {boolean} */
  redo() {
    return this.undoManager.redo() !== null;
  }

  /** @param {Alias[]} aliases for text that was just inserted here */
  declare(aliases) {
    if (!aliases.length) return;
    this.identities.addAliases(aliases);
    this.outbox.addAliases(aliases);
    this.on.declared();
  }

  /** @param {{deletions: any}} stackItem */
  #popped(stackItem) {
    this.declare(aliasesOfUndone(this.doc, this.identities, stackItem, this.stateBeforeUndo));
  }

  /** @param {{clients?: number[], tokens?: any[], aliases?: Alias[]}} news */
  #learn(news) {
    for (const client of news.clients ?? []) this.serverClients.add(client);
    this.identities.addTokens(news.tokens ?? []);
    this.identities.addAliases(news.aliases ?? []);
  }

  #frameCame() {
    if (!this.incoming.length) return;
    if (!this.keysFirst.putsOff()) {
      this.#applyIncoming();
      return;
    }
    let came = false;
    const again = () => {
      if (!came) this.#frameCame();
      came = true;
    };
    setTimeout(again, this.keysFirst.timeLeft());
    nextFrame(again);
  }

  #applyIncoming() {
    const parcels = this.incoming.splice(0);
    const events = parcels.map((parcel) => parcel.event);
    for (const event of events) this.#learn(event);
    const updates = events.flatMap((event) => (event.doc ? [bytes(event.doc)] : []));
    let textChanged = false;
    if (updates.length) {
      // One transaction, marked as not local: Yjs keeps its search markers for local ones only.
      const applyAll = (/** @type {Y.Transaction} */ transaction) => {
        for (const update of updates) Y.applyUpdate(this.doc, update);
        textChanged = transaction.changed.has(/** @type {any} */ (this.text));
      };
      this.applyingTokens = events.some((event) => event.tokens?.length);
      Y.transact(this.doc, applyAll, FROM_SERVER, false);
      this.applyingTokens = false;
    }
    this.on.applied(events, textChanged);
    for (const { done } of parcels) done();
  }

  /**
   * @param {Uint8Array} state of the server
   * @returns {Uint8Array | null} null when the server lacks nothing
   */
  #lackedBy(state) {
    const update = Y.encodeStateAsUpdate(this.doc, state);
    return this.owes || Y.decodeUpdate(update).structs.length > 0 ? update : null;
  }

  #outboxProgressed() {
    const { empty, waiting, aliases } = this.outbox;
    this.on.unsentChanged(empty ? 0 : Math.max(1, waiting.length));
    if (this.owes === !empty && !aliases.length) return;
    this.owes = !empty;
    this.copy.keepPending({ unsent: this.owes, aliases });
  }
}
