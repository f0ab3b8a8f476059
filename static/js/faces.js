/**
 * What the page says about its state: the primary control, the status line, the meters.
 *
 * Pure: the page's state in, words out. Every state that a writer can meet has its face here, and a
 * control that can't work carries the reason.
 */

import { bytesText, durationText, numberText, percentText } from "./format.js";
import { isEmpty } from "./memory/changes.js";

/** @typedef {import("./store.js").State} State */
/** @typedef {import("./protocol.js").Run} Run */
/** @typedef {import("./protocol.js").Model} Model */
/** @typedef {{action: "write" | "pause" | "resume", label: string, hint: string, disabled: boolean, reason: string}} Primary */
/** @typedef {{kind: "quiet" | "busy" | "paused" | "warn" | "error", text: string, detail: string, done: number | null}} Status */

const ENDED = {
  max_tokens: "Finished: as many tokens as you asked for",
  tokens: "Finished: as many tokens as you asked for",
  sentence: "Finished the sentence",
  paragraph: "Finished the paragraph",
  stop_string: "Finished at a stop text",
  end_of_text: "The model came to its end",
  banned_strings: "Ended: all that could follow is banned",
};

/** What the worker calls the stages of loading, and what that means to a writer. */
const STAGES = {
  importing: ["Starting the engine", "The libraries that run the model are being loaded."],
  checking: ["Checking the model", "Are its files complete, does it fit into the memory?"],
  "reading weights": ["Reading the model", "Its numbers are read from the disk."],
  measuring: ["Trying its speed", "Once for this machine; the next start is quicker."],
};

/**
 * @param {Run[]} runs oldest first
 * @returns {Run | null} the run that the primary control speaks about: one that works, else one that rests
 */
export function activeRun(runs) {
  const working = runs.filter((run) => run.state === "running" || run.state === "queued");
  const resting = runs.filter((run) => run.state === "paused");
  return working.at(-1) ?? resting.at(-1) ?? null;
}

/**
 * @param {Run[]} runs oldest first
 * @returns {Run | null} the newest run, when it was interrupted and can be taken up again
 */
export function interruptedRun(runs) {
  const newest = runs.at(-1);
  return newest?.state === "ended" && newest.reason === "interrupted" ? newest : null;
}

/**
 * @param {State} state
 * @returns {Model | null} the model that Write would use
 */
export function chosenModel(state) {
  const key = state.settings.model ?? state.defaultModel;
  return state.models.find((model) => model.key === key) ?? null;
}

/**
 * @param {State} state
 * @returns {Primary}
 */
export function primary(state) {
  const run = activeRun(state.runs);
  if (run && run.state !== "paused")
    return control("pause", "Pause", state, "Rest after this word");
  if (run) return control("resume", "Resume", state, "Go on from what stands now");
  if (interruptedRun(state.runs)) {
    return control("resume", "Resume", state, "Go on from what stands now");
  }
  const [label, hint] = writeLabel(state);
  return control("write", label, state, hint);
}

/** @param {State} state @returns {[label: string, hint: string]} */
function writeLabel(state) {
  if (state.settings.mode === "prompt" && state.length === 0) {
    return ["Write", "Write a story to the prompt"];
  }
  if (state.caretAtEnd) return ["Write", "Go on from the end of the story"];
  return ["Write here", "Go on from the caret; what follows it stays"];
}

/**
 * @param {Primary["action"]} action
 * @param {string} label
 * @param {State} state
 * @param {string} hint
 * @returns {Primary}
 */
function control(action, label, state, hint) {
  const reason = action === "pause" ? reasonOfServer(state) : reasonNotToWrite(state, action);
  return { action, label, hint, disabled: reason !== "", reason };
}

/** @param {State} state @returns {string} empty where the server is here */
export function reasonOfServer(state) {
  if (state.server === "connecting") return "Connecting to the server";
  if (state.server === "away") return "The server is away; what you type is kept";
  if (state.server === "locked") return "The access has changed; enter the new token";
  return "";
}

/**
 * @param {State} state
 * @param {"write" | "resume"} action
 * @returns {string} empty where it can be done
 */
export function reasonNotToWrite(state, action) {
  const away = reasonOfServer(state);
  if (away) return away;
  if (!state.story) return "Open a story first";
  if (action === "resume") return "";
  const model = chosenModel(state);
  if (!model) {
    const { text, detail } = statusOfNone(state);
    return `${text}. ${detail}`;
  }
  if (model.state === "unusable") return `${model.name} cannot be used: ${model.reason}`;
  return needsPrompt(state) ? "Type a prompt first" : "";
}

/** @param {State} state */
function needsPrompt(state) {
  return state.settings.mode === "prompt" && !state.settings.prompt?.trim();
}

/**
 * @param {State} state
 * @returns {Status}
 */
export function status(state) {
  if (state.server === "connecting") return face("busy", "Connecting");
  if (state.server === "away") {
    return face(
      "warn",
      "Away from the server",
      "Keep writing: it is kept here and merges on return",
    );
  }
  if (state.server === "locked") {
    return face(
      "warn",
      "The access has changed",
      "StoryGen was started with another token. Open the address that its window shows now, or enter the token; what you typed is kept here",
    );
  }
  if (state.trouble) {
    return face(
      "error",
      "Not stored",
      `${state.trouble} What you type is kept in this browser, and stored when that is mended.`,
    );
  }
  const run = activeRun(state.runs);
  if (run) return statusOfRun(run, state);
  const model = chosenModel(state);
  if (model && (model.state === "loading" || model.state === "starting"))
    return statusOfLoading(model);
  const newest = state.runs.at(-1);
  if (newest?.state === "ended" && newest.reason !== "stopped") return statusOfEnd(newest, model);
  return statusOfIdle(model, state);
}

/** @param {Model | null} model @param {State} state @returns {Status} */
function statusOfIdle(model, state) {
  if (!model) return statusOfNone(state);
  if (model.state === "unusable")
    return face("error", "Model cannot be used", `${model.reason} ${model.mend}`);
  if (model.state === "failed")
    return face("error", "Model did not load", `${model.reason} ${model.mend}`);
  if (needsPrompt(state)) return face("quiet", "Type a prompt first");
  if (model.state === "unloaded")
    return face("quiet", "Ready", "The model loads when you press Write");
  return face("quiet", "Ready");
}

/** @param {State} state @returns {Status} */
function statusOfNone({ models }) {
  const come = "Put a model’s folder or a .gguf file into models/";
  if (!models.length) return face("warn", "No model yet", come);
  if (models.some(({ state }) => state !== "unusable"))
    return face("warn", "No model chosen", "Choose one in the model menu");
  return face("warn", "No model can be used", `The model menu says why. ${come}`);
}

/** @param {Run} run @param {State} state @returns {Status} */
function statusOfRun(run, state) {
  if (run.state === "paused") return face("paused", "Paused");
  if (run.state === "queued") {
    const model = state.models.find((one) => one.key === run.model);
    const loading = model && (model.state === "loading" || model.state === "starting");
    return loading ? statusOfLoading(model) : face("busy", "Waiting for its turn");
  }
  if (run.reading && run.reading.done < run.reading.total) {
    const { done, total } = run.reading;
    return face(
      "busy",
      `Reading ${numberText(done)} of ${numberText(total)} tokens`,
      "",
      done / total,
    );
  }
  if (run.holding) return face("busy", "Waiting while you type");
  return face("busy", run.used ? "Writing" : "Reading the story");
}

/** @param {Model} model @returns {Status} */
export function statusOfLoading(model) {
  const { progress } = model;
  if (!progress) return face("busy", "Loading the model", model.name);
  const known = STAGES[/** @type {keyof typeof STAGES} */ (progress.stage)];
  const [stage, meaning] = known ?? [capitalised(progress.stage || "loading"), ""];
  const detail = `${model.name}. ${meaning}`;
  if (!progress.total) return face("busy", stage, detail);
  const share = progress.done / progress.total;
  const much =
    progress.unit === "bytes"
      ? `${bytesText(progress.done)} of ${bytesText(progress.total)}`
      : percentText(share);
  return face("busy", `${stage}, ${much}`, detail, share);
}

/** @param {Run} run @param {Model | null} model @returns {Status} */
function statusOfEnd(run, model) {
  if (run.reason === "failed") {
    const mend = model?.state === "failed" && model.key === run.model ? model.mend : "";
    return face("error", "The run failed", `${run.message} ${mend}`);
  }
  if (run.reason === "interrupted") {
    return face("warn", "Interrupted", run.message || "Resume goes on from what stands.");
  }
  const words = ENDED[/** @type {keyof typeof ENDED} */ (run.detail)] ?? "Finished";
  return face("quiet", words);
}

/**
 * @param {Status["kind"]} kind
 * @param {string} text
 * @param {string} [detail]
 * @param {number | null} [done] from 0 to 1, when there is something to wait for
 * @returns {Status}
 */
function face(kind, text, detail = "", done = null) {
  return { kind, text, detail: detail.trim(), done };
}

/**
 * @param {State} state
 * @returns {{speed: string, context: string, contextTitle: string}} empty where no run is at work
 */
export function meters(state) {
  const run = state.server === "here" ? activeRun(state.runs) : null;
  if (!run) return { speed: "", context: "", contextTitle: "" };
  const writing = run.state === "running" && run.tokens_per_s;
  const speed = writing ? `${(run.tokens_per_s ?? 0).toFixed(1)} tokens/s` : "";
  if (!run.window || !run.used) return { speed, context: "", contextTitle: "" };
  return {
    speed,
    context: `${numberText(run.used)} / ${numberText(run.window)}`,
    contextTitle: `The model reads the last ${numberText(run.used)} tokens; ${numberText(run.window)} fit.`,
  };
}

/**
 * @param {State} state
 * @returns {string} how long the model that is waited for has been loading, else empty
 */
export function waitedFace(state) {
  const run = activeRun(state.runs);
  const awaited = run ? run.state === "queued" && run.model : chosenModel(state)?.key;
  const waited = awaited ? state.waited[awaited] : undefined;
  return waited && state.server === "here" ? durationText(waited, 0) : "";
}

/**
 * @param {State} state
 * @returns {{text: string, kind: "saved" | "saving" | "kept"}}
 */
export function savedFace(state) {
  if (!state.story || state.saved === null) return { text: "", kind: "saved" };
  const unsent = state.unsent > 0 || !isEmpty(state.memoryChange);
  if (state.server !== "here") return { text: unsent ? "Kept in this browser" : "", kind: "kept" };
  if (state.memoryTrouble) return { text: "Memory not stored", kind: "kept" };
  return unsent ? { text: "Saving", kind: "saving" } : { text: "Saved", kind: "saved" };
}

/**
 * @param {Model} model
 * @returns {string} the line under a model's name in the menu
 */
export function modelLine(model) {
  if (model.state === "unusable" || model.state === "failed")
    return `${model.reason} ${model.mend}`.trim();
  if (model.state === "loading" || model.state === "starting") {
    const { text, done } = statusOfLoading(model);
    return done === null ? `${text}…` : text;
  }
  if (!model.info) return "Loads when it is needed";
  const { parameters, precision, context, seconds } = model.info;
  const size = `${numberText(Math.round(parameters / 1e6))} M parameters`;
  return `Loaded in ${durationText(seconds)}: ${size}, ${precision}, reads ${numberText(context)} tokens`;
}

/** @param {string} text */
const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);
