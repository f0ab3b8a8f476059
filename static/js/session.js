/**
 * The open story and its server: opening, coming back after an absence, and what the server tells.
 *
 * Holds the one `StoryDocument` and the one `Page` (editor). Commands are in `commands.js`.
 */

import { NO_PICKER } from "./candidates/fate.js";
import { withNews } from "./candidates/sets.js";
import { documentOf, rememberDocument } from "./document/local_copy.js";
import { nameOf } from "./titles.js";
import { StoryDocument } from "./document/story_document.js";
import { Page } from "./editor/page.js";

/** @typedef {import("./protocol.js").UpdateEvent} UpdateEvent */
/** @typedef {import("./protocol.js").LibraryEvent} LibraryEvent */
/** @typedef {import("./protocol.js").OpenedStory} OpenedStory */

const LAST_STORY = "storygen.story";
const RETRY_MS = 1500;
const FIRST_LINE =
  "The lamp in the harbourmaster’s window had been dark for eleven years, and tonight it was lit.";

export class Session {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./connection.js").Connection} connection
   * @param {HTMLElement} parent of the editor
   * @param {{say: (text: string, kind?: "error") => void, runWrote: (text: string) => void,
   *   undoAsked: () => void, moved: (textChanged: boolean) => void}} on
   */
  constructor(store, connection, parent, on) {
    this.store = store;
    this.connection = connection;
    this.parent = parent;
    this.on = on;
    /** @type {StoryDocument | null} */
    this.document = null;
    /** @type {Page | null} */
    this.page = null;
    this.opening = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
    /** @type {{anchor: any, head: any} | null} */
    this.caret = null;
  }

  /** The socket is there, for the first time or again. */
  async connected() {
    /** @type {import("./protocol.js").Hello} */
    const hello = await this.connection.call("hello");
    const { models, stories, presets, parameters, version, notes } = hello;
    this.store.set({
      server: "here",
      everConnected: true,
      models,
      stories,
      presets,
      parameters,
      version,
      notes: notes ?? [],
      defaultModel: hello.default_model,
      defaultPreset: hello.default_preset ?? null,
      fateRanges: hello.fate_ranges ?? { ranges: {}, couplings: [] },
      picker: hello.picker ?? NO_PICKER,
      pickers: hello.pickers ?? ["logprob"],
    });
    const open = this.store.state.story;
    if (open) await this.#sync(open);
    else await this.open(await this.#storyToOpen(stories));
  }

  disconnected() {
    this.#lost(this.store.state.everConnected ? "away" : "connecting");
  }

  /** The server answers, but no longer lets this page in. */
  locked() {
    this.#lost("locked");
  }

  /** @param {"away" | "connecting" | "locked"} server */
  #lost(server) {
    this.document?.away();
    clearTimeout(this.retry);
    this.retry = undefined;
    this.store.set({ server, asking: false, setsAre: "closed" });
  }

  /** @param {LibraryEvent} event */
  libraryChanged(event) {
    const { stories, models, presets, picker } = event;
    if (stories) this.store.set({ stories });
    if (models) this.store.set({ models });
    if (presets) this.store.set({ presets });
    if (picker) this.store.set({ picker });
  }

  /**
   * @param {UpdateEvent} event
   * @param {() => void} done
   */
  updated(event, done) {
    if (this.document?.story === event.story) this.document.received(event, done);
    else done();
  }

  /** @param {string} story */
  async open(story) {
    if (this.document?.story === story) return;
    this.opening += 1;
    const mine = this.opening;
    await this.#leave();
    const known = documentOf(story);
    const opened = known ? null : await this.connection.call("story_open", { story });
    if (mine !== this.opening) return;
    const document = this.#newDocument(story, known ?? opened.document);
    const kept = await document.start();
    if (mine !== this.opening) {
      document.stop();
      return;
    }
    this.document = document;
    localStorage.setItem(LAST_STORY, story);
    this.store.set({
      story,
      settings: {},
      runs: [],
      checkpoints: [],
      sets: [],
      setsAre: "closed",
      auto: null,
      storedMemory: null,
      unsent: 0,
      saved: null,
      trouble: "",
    });
    if (!kept)
      this.on.say("This browser keeps no copy of its own here; the server keeps the story.");
    if (opened) this.#takeIn(document, opened);
    this.#mount(document);
    // Also after a first opening: what was told while the copy was being set up went past.
    await this.#sync(story);
    this.page?.serverSpoke(this.store.state.runs, []);
  }

  async #leave() {
    if (!this.document) return;
    const { document, page } = this;
    const { story } = document;
    this.document = null;
    this.page = null;
    this.store.set({
      story: null,
      runs: [],
      sets: [],
      setsAre: "closed",
      auto: null,
      storedMemory: null,
      following: true,
    });
    if (this.connection.here) {
      await document.flush();
      this.connection.call("story_close", { story }).catch(() => undefined);
    }
    page?.stop();
    document.stop();
  }

  /**
   * Brings the open story and the server together again.
   *
   * @param {string} story
   */
  async #sync(story) {
    const { document } = this;
    if (!document || document.story !== story) return;
    const fields = { story, document: document.documentId, state: document.state() };
    /** @type {OpenedStory} */
    let opened;
    try {
      opened = await this.connection.call("story_open", fields);
    } catch (error) {
      this.#openingFailed(story, /** @type {any} */ (error));
      return;
    }
    if (this.document !== document) return;
    if (opened.document !== document.documentId) await this.#replace(document, opened);
    else {
      const { caretAtEnd } = this.store.state;
      this.#takeIn(document, opened);
      if (caretAtEnd) this.page?.caretToEnd();
      this.page?.forgetOthers();
    }
    this.page?.serverSpoke(this.store.state.runs, []);
  }

  /**
   * @param {string} story
   * @param {import("./protocol.js").RefusedCall} error
   */
  #openingFailed(story, error) {
    if (error.code === "not_found") {
      this.on.say(
        "This story is not on the server any more. What you see is this browser’s copy.",
        "error",
      );
      return;
    }
    this.#retryLater(story);
  }

  /** @param {string} story */
  #retryLater(story) {
    if (this.retry) return;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      if (this.connection.here) void this.#sync(story);
    }, RETRY_MS);
  }

  /**
   * The server now has another document for this story (a restored backup). What was typed here and
   * never sent becomes a story of its own; the copy is dropped.
   *
   * @param {StoryDocument} document
   * @param {OpenedStory} opened
   */
  async #replace(document, opened) {
    const { story } = document;
    if (document.owes) {
      const text = document.text.toString();
      const title = `${nameOf(opened.story).slice(0, 120)} (this browser’s copy)`;
      await this.connection.call("story_create", { title, text });
      this.on.say(
        "The story was replaced on the server; what you typed is kept as a story of its own.",
      );
    }
    this.page?.stop();
    this.page = null;
    this.document = null;
    await document.copy.drop();
    document.stop();
    rememberDocument(story, opened.document);
    await this.open(story);
  }

  /**
   * @param {StoryDocument} document
   * @param {OpenedStory} opened
   */
  #takeIn(document, opened) {
    rememberDocument(document.story, opened.document);
    document.opened(opened);
    this.store.set({
      settings: opened.settings ?? {},
      runs: inOrder(opened.runs),
      auto: opened.auto ?? null,
      setsAre: "there",
      storedMemory: { memory: opened.memory, version: opened.memory_version },
      saved: Date.now() / 1000,
    });
  }

  /**
   * @param {string} story
   * @param {string} documentId
   */
  #newDocument(story, documentId) {
    return new StoryDocument(
      story,
      documentId,
      (event, fields) => this.connection.call(event, fields),
      {
        unsentChanged: (unsent) => {
          if (this.document?.story === story) this.store.set({ unsent });
        },
        failed: (error) => this.#sendingFailed(story, /** @type {any} */ (error)),
        applied: (events, textChanged) => this.#applied(story, events, textChanged),
        declared: () => this.page?.authorsChanged(),
      },
    );
  }

  /**
   * @param {string} story
   * @param {import("./protocol.js").RefusedCall} error
   */
  #sendingFailed(story, error) {
    if (error.code !== "away" && error.code !== "too_fast" && error.code !== "conflict") {
      this.on.say(`Not stored yet: ${error.message}`, "error");
    }
    this.#retryLater(story);
  }

  /** @param {StoryDocument} document */
  #mount(document) {
    this.page = new Page(this.parent, document, {
      selectionChanged: (caretAtEnd, length, caretAt) =>
        this.store.set({ caretAtEnd, length, caretAt }),
      followingChanged: (following) => this.store.set({ following }),
      runWrote: this.on.runWrote,
      undoAsked: this.on.undoAsked,
      caretMoved: (anchor, head) => {
        this.store.set({ caret: head });
        this.#tellCaret(anchor, head);
      },
      moved: this.on.moved,
    });
    if (matchMedia("(pointer: fine)").matches) this.page.focus();
  }

  /**
   * @param {string} story
   * @param {UpdateEvent[]} events
   * @param {boolean} textChanged and was coloured with what the events tell
   */
  #applied(story, events, textChanged) {
    if (this.store.state.story !== story) return;
    if (this.document?.lacksSomething) this.#retryLater(story);
    if (events.some((event) => event.checkpoints?.some(({ kind }) => kind === "restored")))
      this.document?.restored();
    let { runs, checkpoints, sets, setsAre, auto, storedMemory, saved, trouble } = this.store.state;
    for (const event of events) {
      const news = withNews(sets, event.sets ?? [], event.cards ?? []);
      if (event.sets?.length || event.cards?.length) sets = news.sets;
      if (news.lacking && setsAre === "here") setsAre = "there";
      auto = event.auto ?? auto;
      if (event.runs?.length) runs = merged(runs, event.runs);
      if (event.checkpoints?.length) checkpoints = [...checkpoints, ...event.checkpoints];
      if (event.memory && event.memory.version > (storedMemory?.version ?? -1))
        storedMemory = event.memory;
      if (event.saved) [saved, trouble] = [event.saved, ""];
      if (event.trouble) trouble = event.trouble;
    }
    runs = inOrder(runs);
    this.store.set({ runs, checkpoints, sets, setsAre, auto, storedMemory, saved, trouble });
    this.page?.serverSpoke(
      runs,
      events.flatMap((event) => event.carets ?? []),
      !textChanged && events.some(({ tokens, aliases }) => tokens?.length || aliases?.length),
    );
  }

  /**
   * Sends where the caret is, the newest place only, at most once under way.
   *
   * @param {import("./protocol.js").Place} anchor
   * @param {import("./protocol.js").Place} head
   */
  #tellCaret(anchor, head) {
    const idle = this.caret === null;
    this.caret = { anchor, head };
    if (idle) setTimeout(() => this.#sendCaret(), 250);
  }

  async #sendCaret() {
    const { caret, document } = this;
    this.caret = null;
    if (!caret || !document || !this.connection.here) return;
    await this.connection.call("caret", { story: document.story, ...caret }).catch(() => undefined);
  }

  /** @param {import("./protocol.js").Story[]} stories */
  async #storyToOpen(stories) {
    const last = localStorage.getItem(LAST_STORY);
    if (stories.some((story) => story.id === last)) return String(last);
    const newest = [...stories].sort((a, b) => b.changed - a.changed)[0];
    if (newest) return newest.id;
    const { story } = await this.connection.call("story_create", { title: "", text: FIRST_LINE });
    this.store.set({ stories: [story] });
    return story.id;
  }
}

/**
 * @param {import("./protocol.js").Run[]} runs
 * @param {import("./protocol.js").Run[]} news latest state of each run that changed
 */
function merged(runs, news) {
  const byId = new Map(runs.map((run) => [run.id, run]));
  for (const run of news) byId.set(run.id, run);
  return [...byId.values()];
}

/** @param {import("./protocol.js").Run[]} runs */
const inOrder = (runs) => [...runs].sort((a, b) => a.started - b.started);
