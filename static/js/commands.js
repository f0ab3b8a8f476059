/**
 * What the writer can do, as calls to the server. Failures are said in words; nothing here draws.
 *
 * A command whose meaning depends on the text first waits until everything typed is stored.
 */

import { activeRun, chosenModel, interruptedRun, primary } from "./faces.js";
import { doneOrSaid } from "./failures.js";
import { effectiveParams } from "./parameters.js";

/** @typedef {import("./protocol.js").Settings} Settings */

const SETTLE_MS = 300;

export class Commands {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./connection.js").Connection} connection
   * @param {import("./session.js").Session} session
   * @param {{say: (text: string, kind?: "error") => void,
   *   offer: (text: string, label: string, then: () => void) => () => void}} toasts
   */
  constructor(store, connection, session, toasts) {
    this.store = store;
    this.connection = connection;
    this.session = session;
    this.toasts = toasts;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.settling = undefined;
    /** @type {Settings} */
    this.patch = {};
    /** @type {string | null} the story that `patch` is for */
    this.patched = null;
    /** @type {(() => Promise<void>)[]} */
    this.settlers = [];
    /**
     * The newest command that changed the text, while it can be undone, and one's own edits from before it.
     *
     * @type {{document: object, edits: Set<object>, takeBack: () => void} | null}
     */
    this.undoable = null;
  }

  // ---------------------------------------------------------------- writing

  /** Write, Pause or Resume, whichever the primary control says. */
  async primary() {
    const { action, disabled, reason } = primary(this.store.state);
    if (disabled) this.toasts.say(reason);
    else if (action === "pause") await this.pause();
    else if (action === "resume") await this.resume();
    else await this.write();
  }

  /** Write or Resume; while a run writes, nothing. */
  async writeOrResume() {
    if (primary(this.store.state).action !== "pause") await this.primary();
  }

  async writeAtEnd() {
    this.session.page?.caretToEnd();
    if (primary(this.store.state).action === "write") await this.write();
  }

  async write() {
    const { document, page } = this.session;
    if (!document || !page) return;
    const { settings } = this.store.state;
    const at = page.placeToWrite();
    await this.#ask(async () => {
      await this.settle();
      await document.flush();
      const { run } = await this.connection.call("run_start", {
        story: document.story,
        model: chosenModel(this.store.state)?.key,
        params: effectiveParams(this.store.state),
        mode: settings.mode ?? "continue",
        prompt: settings.mode === "prompt" ? (settings.prompt ?? "") : "",
        at,
      });
      this.#known(run);
      page.follow.resume();
    });
  }

  async pause() {
    const run = activeRun(this.store.state.runs);
    if (run && run.state !== "paused") await this.#onRun("run_pause", run.id);
  }

  async resume() {
    const { runs } = this.store.state;
    const run = activeRun(runs) ?? interruptedRun(runs);
    if (!run) return;
    await this.session.document?.flush();
    await this.#onRun("run_resume", run.id);
    this.session.page?.follow.resume();
  }

  async stop() {
    const run = activeRun(this.store.state.runs);
    if (run) await this.#onRun("run_stop", run.id);
  }

  async continueFromHere() {
    const { document, page } = this.session;
    if (!document || !page) return;
    const at = page.caretPlace();
    await this.#ask(async () => {
      const edits = document.ownEdits();
      await document.flush();
      const { checkpoint } = await this.connection.call("continue_here", {
        story: document.story,
        at,
      });
      page.caretToEnd();
      this.#offerBack("What followed is kept in the history.", document, edits, checkpoint);
    });
  }

  /** One's own last edit, or the command that changed the text after it. */
  undo() {
    const { document } = this.session;
    const { undoable } = this;
    if (!document) return;
    const isOlder = (/** @type {object} */ edit) => undoable?.edits.has(edit);
    if (undoable?.document === document && [...document.ownEdits()].every(isOlder))
      undoable.takeBack();
    else document.undo();
  }

  /**
   * @param {string} words what happened
   * @param {import("./document/story_document.js").StoryDocument} document
   * @param {Set<object>} edits of one's own when it was asked for; what was typed since is undone first
   * @param {string} checkpoint what stood before
   */
  #offerBack(words, document, edits, checkpoint) {
    const back = () => void this.restore(checkpoint).then(() => (this.undoable = null));
    const away = this.toasts.offer(words, "Undo", back);
    const takeBack = () => {
      away();
      back();
    };
    this.undoable = { document, edits, takeBack };
  }

  /**
   * @param {"run_pause" | "run_resume" | "run_stop"} event
   * @param {string} run
   */
  async #onRun(event, run) {
    await this.#ask(async () => {
      const answer = await this.connection.call(event, { run });
      this.#known(answer.run);
    });
  }

  /** @param {import("./protocol.js").Run} run as the answer shows it; an event may have told more already */
  #known(run) {
    const { runs, story } = this.store.state;
    if (!run || run.story !== story) return;
    const others = runs.filter((one) => one.id !== run.id);
    const known = runs.find((one) => one.id === run.id);
    const newer = known && known.next_index > run.next_index;
    const latest = newer ? { ...known, state: run.state, reason: run.reason } : run;
    this.store.set({ runs: [...others, latest].sort((a, b) => a.started - b.started) });
    this.session.page?.serverSpoke(this.store.state.runs, []);
  }

  // ---------------------------------------------------------------- settings

  /** @param {Settings} patch shown at once, stored when the hand rests */
  changeSettings(patch) {
    const { settings, story } = this.store.state;
    if (this.patched !== story) void this.settle();
    this.patched = story;
    this.store.set({ settings: { ...settings, ...patch } });
    this.patch = { ...this.patch, ...patch };
    clearTimeout(this.settling);
    this.settling = setTimeout(() => void this.settle(), SETTLE_MS);
  }

  /** From continuing the story to writing to a prompt, or back. */
  changeMode() {
    const mode = this.store.state.settings.mode === "prompt" ? "continue" : "prompt";
    this.changeSettings({ mode });
  }

  /** Whether a run goes on when the last window closes. */
  changeKeepWriting() {
    const keep = !this.store.state.settings.keep_writing;
    this.changeSettings({ keep_writing: keep });
    this.toasts.say(
      keep
        ? "A run goes on when this window closes."
        : "A run pauses a little after this window closes.",
    );
  }

  /** @param {() => Promise<void>} settle what else is to be stored before anything that depends on it */
  alsoSettles(settle) {
    this.settlers.push(settle);
  }

  /** Stores what `changeSettings` was told, also for the run that is under way. */
  async settle() {
    clearTimeout(this.settling);
    await Promise.all(this.settlers.map((settle) => settle()));
    const { patch, patched: story } = this;
    if (!story || !Object.keys(patch).length) return;
    this.patch = {};
    const run = story === this.store.state.story ? activeRun(this.store.state.runs) : null;
    await this.#try(async () => {
      await this.connection.call("story_settings", { story, patch });
      if (run && patch.params) {
        await this.connection.call("run_params", { run: run.id, params: patch.params });
      }
    });
  }

  /** @param {string} model */
  async chooseModel(model) {
    this.changeSettings({ model });
    await this.#try(async () => {
      await this.settle();
      await this.connection.call("model_load", { model });
    });
  }

  /** @param {string} model */
  async unloadModel(model) {
    await this.#try(() => this.connection.call("model_unload", { model }));
  }

  // ---------------------------------------------------------------- stories

  async newStory() {
    await this.#try(async () => {
      await this.settle();
      const { story } = await this.connection.call("story_create", { title: "", text: "" });
      await this.#stories();
      await this.session.open(story.id);
    });
  }

  /** @param {string} story */
  async openStory(story) {
    await this.#try(async () => {
      await this.settle();
      await this.session.open(story);
    });
  }

  /** @param {string} story @param {string} title */
  async rename(story, title) {
    await this.#try(async () => {
      await this.connection.call("story_rename", { story, title });
      await this.#stories();
    });
  }

  /** @param {string} story */
  async duplicate(story) {
    await this.#try(async () => {
      if (story === this.store.state.story) await this.session.document?.flush();
      const answer = await this.connection.call("story_duplicate", { story });
      await this.#stories();
      await this.session.open(answer.story.id);
    });
  }

  /** @param {string} story */
  async bin(story) {
    await this.#try(async () => {
      await this.connection.call("story_bin", { story });
      await this.#stories();
      if (story === this.store.state.story) await this.#openNext(story);
      this.toasts.offer("Moved to the bin.", "Undo", () => void this.unbin(story, true));
    });
  }

  /** @param {string} story @param {boolean} andOpen */
  async unbin(story, andOpen) {
    await this.#try(async () => {
      await this.connection.call("story_unbin", { story });
      await this.#stories();
      if (andOpen) await this.session.open(story);
    });
  }

  /** @param {string} story of the bin; this can't be undone */
  async deleteForever(story) {
    await this.#try(async () => {
      await this.connection.call("story_delete", { story });
      await this.#stories();
    });
  }

  /** @param {string} gone */
  async #openNext(gone) {
    const next = this.store.state.stories.find((story) => story.id !== gone);
    if (next) await this.session.open(next.id);
    else await this.newStory();
  }

  async refreshStories() {
    await this.#try(() => this.#stories());
  }

  async #stories() {
    const [{ stories }, bin] = await Promise.all([
      this.connection.call("stories"),
      this.connection.call("stories", { binned: true }),
    ]);
    this.store.set({ stories, binned: bin.stories });
  }

  // ---------------------------------------------------------------- history

  async refreshHistory() {
    const { story } = this.store.state;
    if (!story) return;
    await this.#try(async () => {
      const { checkpoints } = await this.connection.call("checkpoints", { story });
      if (this.store.state.story === story) this.store.set({ checkpoints });
    });
  }

  /**
   * @param {string} checkpoint
   * @returns {Promise<{text: string, authors: [number, unknown][]} | null>} null when it can't be shown
   */
  async showCheckpoint(checkpoint) {
    const { story } = this.store.state;
    return this.#try(() => this.connection.call("checkpoint_show", { story, checkpoint }));
  }

  /** @param {string} checkpoint */
  async restore(checkpoint) {
    const { document } = this.session;
    if (!document) return;
    await this.#ask(async () => {
      const edits = document.ownEdits();
      await document.flush();
      const answer = await this.connection.call("checkpoint_restore", {
        story: document.story,
        checkpoint,
      });
      document.restored();
      this.#offerBack("Restored.", document, edits, answer.checkpoint);
    });
  }

  // ---------------------------------------------------------------- inside

  /** @param {() => Promise<void>} command one at a time: a second press meanwhile does nothing */
  async #ask(command) {
    if (this.store.state.asking) return;
    // What is typed after a command is undone apart from what was typed before it.
    this.session.document?.undoManager.stopCapturing();
    this.store.set({ asking: true });
    await this.#try(command);
    this.store.set({ asking: false });
  }

  /**
   * @template T
   * @param {() => Promise<T>} command
   */
  #try(command) {
    return doneOrSaid(this.toasts, command);
  }
}
