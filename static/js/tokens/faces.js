/** What the panel of tokens says. Pure: state in, words out. */

import { chosenModel, statusOfLoading } from "../faces.js";
import { hesitation } from "./numbers.js";
import { drawn, likeliest } from "./rows.js";
import { shareText } from "./numbers.js";
import { reasonNotToLook } from "./scoring_state.js";
import { spokenText } from "./visible.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {{kind: "quiet" | "busy" | "warn" | "error", text: string, done: number | null}} Face */

const OLDER = {
  here: "",
  taken: "Before what you took",
  elsewhere: "These are for the marked place",
  changed: "The text before it has changed",
};

/** @param {State} state @returns {Face} the line under the button */
export function lookFace(state) {
  const say = (/** @type {Face["kind"]} */ kind, /** @type {string} */ text) => ({
    ...{ kind, text, done: null },
  });
  const reason = reasonNotToLook(state);
  if (reason) return say("warn", reason);
  if (state.looking) return lookingFace(state);
  if (state.lookTrouble) return say("error", state.lookTrouble);
  if (state.look) return say("quiet", OLDER[state.lookIs]);
  return say("quiet", state.caretAtEnd ? "At the end" : "At the caret");
}

/** @param {State} state @returns {Face} */
function lookingFace(state) {
  const model = chosenModel(state);
  if (!model || (model.state !== "loading" && model.state !== "starting"))
    return { kind: "busy", text: "Reading the story", done: null };
  const { text, done } = statusOfLoading(model);
  return { kind: "busy", text, done };
}

/** @param {import("../protocol.js").Look} look @returns {string} */
export const hesitationLine = ({ entropy, entropy_after: after }) =>
  hesitation(entropy ?? 0, after ?? 0);

/** @param {import("../protocol.js").Look} look @returns {string} for those who hear the page */
export function spokenLook(look) {
  const first = likeliest(look)
    .slice(0, 3)
    .map((row) => `${spokenText(row.shown)}, ${shareText(row.after)}`);
  return `${hesitationLine(look)}. Likeliest: ${first.join("; ")}`;
}

/** @param {import("./rows.js").Row} row @returns {string} what is said of it on hover */
export function rowTitle(row) {
  const shares = `${shareText(row.after)} after your sampling, ${shareText(row.before)} before`;
  const draws = row.num ? `Drawn ${row.num} ${row.num === 1 ? "time" : "times"}` : "";
  return [shares, draws, row.reason].filter(Boolean).join(". ");
}

/** @param {import("../protocol.js").Look} look @returns {string} what the second list is headed with */
export const drawnHeading = (look) => {
  const num = look.tokens.reduce((sum, [, , , , , draws]) => sum + draws, 0);
  return num ? `Drawn, ${drawn(look).length} in ${num}` : "Drawn";
};
