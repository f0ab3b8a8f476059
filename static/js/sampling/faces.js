/** What the tab of samplers says about itself: why a picture is not drawn, what a run found wrong. Pure. */

import { activeRun, chosenModel, reasonNotToWrite, statusOfLoading } from "../faces.js";
import { same } from "./chain.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../protocol.js").Params} Params */
/** @typedef {import("./chain.js").Sampler} Sampler */
/** @typedef {{can: boolean, words: string, load: boolean}} PictureFace `load`: a button that loads is offered */

/** @param {State} state @returns {PictureFace} whether the next token can be looked at, and why not */
export function pictureFace(state) {
  const reason = reasonNotToWrite(state, "write");
  if (reason) return { can: false, words: `${reason}.`.replace(/[.]{2,}$/, "."), load: false };
  const model = chosenModel(state);
  if (!model) return { can: false, words: "", load: false };
  if (model.state === "starting" || model.state === "loading")
    return { can: false, words: `${statusOfLoading(model).text}…`, load: false };
  if (model.state === "failed")
    return { can: false, words: `${model.name} did not load. ${model.reason}`, load: true };
  if (model.state !== "ready")
    return { can: false, words: `${model.name} is not loaded yet.`, load: true };
  const run = activeRun(state.runs);
  if (run && run.state !== "paused")
    return { can: false, words: "Waits while the model writes.", load: false };
  return { can: true, words: "", load: false };
}

/**
 * @param {State} state
 * @param {Sampler} sampler
 * @param {Params} params as they stand
 * @param {{message: string, params: Params} | null} look what the last look at the next token was refused with
 * @returns {string} what the newest run, set or look that was told the same found wrong with it, else empty
 */
export function foundWrong(state, sampler, params, look) {
  const run = state.runs.at(-1);
  const set = state.sets.at(-1);
  const card = set?.cards.find(({ reason }) => reason === "failed");
  /** @type {{message: string, params: Params}[]} */
  const failures = [];
  if (look) failures.push(look);
  if (run?.state === "ended" && run.reason === "failed") failures.push(run);
  if (set && card) failures.push({ message: card.message, params: card.params ?? set.params });
  const found = failures.find((failure) => isAbout(failure, sampler, params));
  return found ? found.message.replace(/^\w+: t/, "T") : "";
}

/**
 * @param {{message: string, params: Params}} failure
 * @param {Sampler} sampler
 * @param {Params} now
 */
function isAbout({ message, params }, { parameters }, now) {
  const told = parameters.filter(({ name, neutral }) => {
    return !same(now[name], neutral) && same(now[name], params[name]);
  });
  return told.some(({ name, kind }) =>
    kind === "text" ? /grammar|this form/i.test(message) : message.startsWith(`${name}:`),
  );
}
