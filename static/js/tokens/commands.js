/**
 * What the writer can do with single tokens: look at those that could stand next, take one, put one in another's place.
 *
 * Both are edits of the writer's own, made at once, also while the server is away; where they came from is told when the
 * text is stored.
 */

import { wishes } from "../candidates/faces.js";
import { TakingCommands } from "../document/taking_commands.js";
import { reveal } from "../editor/sight.js";
import { reasonOfServer } from "../faces.js";
import { effectiveParams } from "../parameters.js";
import { nextFrame } from "../store.js";
import { canBeTaken, likeliest, reasonNotToTake } from "./rows.js";
import { reasonNotToLook } from "./scoring_state.js";

/** @typedef {import("../protocol.js").Look} Look */
/** @typedef {import("../protocol.js").LookToken} LookToken */
/** @typedef {import("../document/story_document.js").StoryDocument} StoryDocument */

/** A model that has to be loaded first may take its time. */
export const LOADED_WITHIN_MS = 300_000;

export class TokenCommands extends TakingCommands {
  /** Counts what was asked: only the newest answer is shown. */
  asked = 0;
  /** @type {import("../protocol.js").Place | undefined} what else is taken of a look stands behind what was */
  behind = undefined;

  start() {
    this.store.subscribe(["story"], () => {
      this.asked += 1;
      this.store.set({ look: null, looking: false, lookTrouble: "", lookIs: "here" });
    });
    this.store.subscribe(["look", "looking"], ({ look, looking }) => {
      if (!look && !looking && this.session.page?.lookedAt) this.session.page.lookAt(undefined);
    });
  }

  // ---------------------------------------------------------------- looking

  /** The tokens that could stand next at the caret. */
  async look() {
    const { document, page } = this.session;
    const reason = reasonNotToLook(this.store.state);
    if (!document || !page || reason) {
      if (reason) this.toasts.say(reason);
      return;
    }
    const asked = ++this.asked;
    const at = page.caretPlace();
    page.lookAt(at);
    this.store.set({ looking: true, lookTrouble: "" });
    try {
      await this.commands.settle();
      await document.flush();
      const wanted = { story: document.story, at, ...this.wanted() };
      const { look } = await this.connection.call("next_tokens", wanted, LOADED_WITHIN_MS);
      if (asked !== this.asked) return;
      this.behind = undefined;
      this.store.set({ look, looking: false });
      this.judge();
      // The panel may be opening in this very frame, and cover the place.
      nextFrame(() => this.session.page === page && reveal(page, page.lookedAt?.at ?? 0));
    } catch (error) {
      if (asked !== this.asked) return;
      const { code, message } = /** @type {{code?: string, message: string}} */ (error);
      const lookTrouble =
        code === "conflict" ? "Something else was looked at: look again" : message;
      this.store.set({ look: null, looking: false, lookTrouble });
    }
  }

  /** Whom to ask, and how: as a run would be told. */
  wanted() {
    const { state } = this.store;
    const prompted = state.settings.mode === "prompt";
    return {
      model: state.settings.model ?? state.defaultModel,
      params: effectiveParams(state),
      mode: state.settings.mode ?? "continue",
      prompt: prompted ? (state.settings.prompt ?? "") : "",
    };
  }

  /** The text or the caret moved: are the lists still of what stands at the caret? */
  judge() {
    const { page } = this.session;
    const place = page?.lookedAt;
    if (!page || !place || !this.store.state.look) return;
    const isHere = page.view.state.selection.main.head === place.at;
    const older = this.behind === undefined ? "elsewhere" : "taken";
    this.store.set({ lookIs: place.changed ? "changed" : isHere ? "here" : older });
  }

  /** Takes the lists off the page; the text stays. */
  clear() {
    this.asked += 1;
    this.store.set({ look: null, looking: false, lookTrouble: "" });
  }

  // ---------------------------------------------------------------- taking

  /**
   * Puts a token of the lists into the story.
   *
   * @param {number} id
   * @returns {boolean} whether it was taken
   */
  take(id) {
    const { document, page } = this.session;
    const { look, looking } = this.store.state;
    const token = look?.tokens.find(([one]) => one === id);
    if (!document || !page || !look || !token || looking) return false;
    const text = token[1];
    if (!text) {
      this.toasts.say(reasonNotToTake(token));
      return false;
    }
    const { fresh } = page.take(this.behind === undefined ? look.at : this.behind, text);
    this.behind = page.caretPlace();
    this.#attribute(document, look, token, fresh);
    this.judge();
    const { state } = this.store;
    if (wishes(state.settings).quickgen && !reasonOfServer(state)) void this.look();
    return true;
  }

  /** @param {number} number from 1, of the likeliest @returns {boolean} */
  takeLikeliest(number) {
    const { look } = this.store.state;
    const row = look && likeliest(look)[number - 1];
    return row && canBeTaken(row) ? this.take(row.id) : false;
  }

  /**
   * Puts a token in the place of text that stands there.
   *
   * @param {Look} look
   * @param {LookToken} token
   * @param {{from: number, to: number}} range
   * @returns {boolean} whether it stands there now
   */
  replace(look, token, { from, to }) {
    const { document, page } = this.session;
    const text = token[1];
    if (!document || !page || !text || look.story !== document.story) return false;
    const fresh = page.replace(from, to, text);
    this.#attribute(document, look, token, fresh);
    return true;
  }

  /**
   * Puts a token in another's place and goes on from there: what followed is kept in the history.
   *
   * @param {Look} look
   * @param {LookToken} token
   * @param {{from: number, to: number}} range
   */
  async replaceAndGoOn(look, token, range) {
    if (!this.replace(look, token, range)) return;
    if (!this.store.state.caretAtEnd) await this.commands.continueFromHere();
    await this.commands.writeAtEnd();
  }

  /**
   * @param {StoryDocument} document
   * @param {Look} look
   * @param {LookToken} token
   * @param {{client: number, clock: number}} fresh where it stands in the story
   */
  #attribute(document, look, [id, text, , , clock], fresh) {
    const units = (text ?? "").length;
    document.identities.addTokens([[look.id, 0, id, look.client, clock, units]]);
    document.declare([[fresh.client, fresh.clock, units, look.client, clock]]);
    const fields = { look: look.id, token: id, units };
    void this.takings.tell(document.story, "token_taken", fields);
  }
}
