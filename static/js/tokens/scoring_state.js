/** How far the scoring of the text is, and what is said of it. Pure. */

import {
  activeRun,
  chosenModel,
  reasonNotToWrite,
  reasonOfServer,
  statusOfLoading,
} from "../faces.js";
import { numberText } from "../format.js";

/** @typedef {import("../store.js").State} State */
/**
 * @typedef {object} ScoringState
 * @property {"none" | "asked" | "reading" | "over" | "cancelled" | "failed"} is
 * @property {number} done tokens
 * @property {number} total tokens; 0 while that is not known
 * @property {boolean} behind the text has changed since
 * @property {string} error
 */

/** @type {ScoringState} */
export const NOT_SCORED = { is: "none", done: 0, total: 0, behind: false, error: "" };

/** @param {ScoringState} scoring */
export const isAtWork = ({ is }) => is === "asked" || is === "reading";

/** @param {State} state @returns {string} empty where the text can be scored, and the next tokens looked at */
export function reasonNotToLook(state) {
  const reason = reasonNotToWrite(state, "write");
  if (reason) return reason;
  const model = chosenModel(state);
  return model?.state === "failed" ? `${model.name} did not load: ${model.reason}` : "";
}

/**
 * @param {State} state
 * @returns {{kind: "quiet" | "busy" | "warn" | "error", text: string, done: number | null, offer: "" | "cancel" | "go_on" | "again"}}
 */
export function scoringFace(state) {
  const { scoring } = state;
  const quiet = (/** @type {string} */ text) =>
    /** @type {const} */ ({ kind: "quiet", text, done: null, offer: "" });
  const away = reasonOfServer(state);
  if (away) return { ...quiet(away), kind: "warn" };
  if (isAtWork(scoring)) return atWork(state);
  const reason = reasonNotToLook(state);
  if (scoring.is === "failed")
    return { kind: "error", text: scoring.error, done: null, offer: "again" };
  if (reason) return { ...quiet(reason), kind: "warn" };
  if (scoring.is === "cancelled") {
    const { done, total } = scoring;
    const much = total ? `${numberText(done)} of ${numberText(total)} tokens` : "nothing";
    return { ...quiet(`Cancelled: ${much} read`), offer: "go_on" };
  }
  const run = activeRun(state.runs);
  const writes = run !== null && run.state !== "paused";
  if (!state.length) return quiet("Nothing to read yet: the page is empty");
  if (scoring.is === "none") return quiet(writes ? "Reads the text when the run rests" : "");
  if (scoring.behind)
    return quiet(`Reads what has changed when ${writes ? "the run" : "your hand"} rests`);
  return quiet(`${numberText(scoring.total)} tokens read`);
}

/** @param {State} state @returns {ReturnType<typeof scoringFace>} */
function atWork(state) {
  const { done, total } = state.scoring;
  const model = chosenModel(state);
  const loads = model && (model.state === "loading" || model.state === "starting");
  if (loads) {
    const face = statusOfLoading(model);
    return { kind: "busy", text: face.text, done: face.done, offer: "cancel" };
  }
  if (!total) return { kind: "busy", text: "Reading the story", done: null, offer: "cancel" };
  const text = `Reading ${numberText(done)} of ${numberText(total)} tokens`;
  return { kind: "busy", text, done: done / total, offer: "cancel" };
}
