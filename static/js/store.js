/**
 * The page's state in one place: who changes it calls `set`, who shows it subscribes.
 *
 * Subscribers are called at most once per animation frame, after all changes of that frame, with the
 * set of keys that changed. The story's text is not here: it lives in the document.
 */

import { NO_PICKER } from "./candidates/fate.js";
import { NOT_SCORED } from "./tokens/scoring_state.js";
import { noChange } from "./memory/changes.js";

/** @typedef {import("./protocol.js").Run} Run */

/**
 * @typedef {object} State
 * @property {"connecting" | "here" | "away" | "locked"} server locked: it has another token now
 * @property {boolean} everConnected
 * @property {string} version
 * @property {import("./protocol.js").Model[]} models
 * @property {{[model: string]: number}} waited seconds since each model that loads began to
 * @property {import("./protocol.js").Story[]} stories
 * @property {import("./protocol.js").Story[]} binned
 * @property {import("./protocol.js").Preset[]} presets
 * @property {import("./protocol.js").Parameter[]} parameters
 * @property {string | null} defaultModel
 * @property {string | null} defaultPreset
 * @property {import("./protocol.js").Picker} picker what was learned of which card will be taken
 * @property {{[set: string]: import("./candidates/expecting.js").Expectation}} expected
 * @property {import("./protocol.js").FateRanges} fateRanges between which fate draws unless told otherwise
 * @property {import("./protocol.js").Note[]} notes what is wrong in config.js
 * @property {string | null} story id of the open story
 * @property {import("./protocol.js").Settings} settings of the open story
 * @property {Run[]} runs of the open story, oldest first
 * @property {import("./protocol.js").Checkpoint[]} checkpoints
 * @property {import("./protocol.js").CandidateSet[]} sets of candidates of the open story, oldest first
 * @property {"closed" | "there" | "here"} setsAre whether the server can be asked for them, or was
 * @property {import("./protocol.js").Auto | null} auto the automatic writer of the open story
 * @property {string[]} pickers who may pick for it
 * @property {import("./candidates/auto.js").AutoWishes} autoWishes how it is to write
 * @property {boolean} tellingAuto something was asked of it and is not answered yet
 * @property {boolean} askingCandidates a set was asked for and is not there yet
 * @property {number} numSets how many one after another, when so many are asked for
 * @property {number} autoTotal how many were asked for last
 * @property {import("./protocol.js").Look | null} look the tokens that could stand next at a place
 * @property {boolean} looking they were asked for and are not there yet
 * @property {string} lookTrouble why they did not come, else empty
 * @property {"here" | "elsewhere" | "taken" | "changed"} lookIs whether the look is of what stands at the caret
 * @property {import("./tokens/scoring_state.js").ScoringState} scoring
 * @property {boolean} heat the text is coloured by probability
 * @property {{memory: import("./protocol.js").Memory, version: number} | null} storedMemory as the server has it
 * @property {import("./memory/changes.js").Change} memoryChange what was changed here and isn't in it yet
 * @property {string} memoryTrouble why the server did not take it, else empty
 * @property {boolean} readingMemory a run was told to read it
 * @property {import("./memory/look.js").Look | null} seen what the model would read, as it was asked last
 * @property {string} seenTrouble why it can't be shown, else empty
 * @property {boolean} seenOpen whether "What the model sees" is open
 * @property {number} unsent updates not yet confirmed by the server
 * @property {number | null} saved when the server last confirmed, seconds since the epoch
 * @property {string} trouble why the server can't store just now, else empty
 * @property {boolean} caretAtEnd
 * @property {import("./protocol.js").Place} caret where it was moved to last
 * @property {number} length of the text in UTF-16 units
 * @property {number} caretAt offset of the caret in UTF-16 units
 * @property {boolean} asking a command is on its way
 * @property {boolean} following
 * @property {"none" | "library" | "history"} left
 * @property {"none" | "candidates" | "tokens" | "memory" | "sampling" | "numbers"} right
 */

/** @returns {State} */
export function initialState() {
  return {
    server: "connecting",
    everConnected: false,
    version: "",
    models: [],
    waited: {},
    stories: [],
    binned: [],
    presets: [],
    parameters: [],
    defaultModel: null,
    defaultPreset: null,
    fateRanges: { ranges: {}, couplings: [] },
    picker: NO_PICKER,
    expected: {},
    notes: [],
    story: null,
    settings: {},
    runs: [],
    checkpoints: [],
    sets: [],
    setsAre: "closed",
    auto: null,
    pickers: ["logprob"],
    autoWishes: { steps: 20, cards: 3, picker: "logprob" },
    tellingAuto: false,
    askingCandidates: false,
    numSets: 5,
    autoTotal: 0,
    look: null,
    looking: false,
    lookTrouble: "",
    lookIs: "here",
    scoring: NOT_SCORED,
    heat: false,
    storedMemory: null,
    memoryChange: noChange(),
    memoryTrouble: "",
    readingMemory: false,
    seen: null,
    seenTrouble: "",
    seenOpen: false,
    unsent: 0,
    saved: null,
    trouble: "",
    caretAtEnd: true,
    caret: null,
    length: 0,
    caretAt: 0,
    asking: false,
    following: true,
    left: "none",
    right: "none",
  };
}

export class Store {
  constructor() {
    this.state = initialState();
    /** @type {Set<(state: State, changed: Set<keyof State>) => void>} */
    this.subscribers = new Set();
    /** @type {Set<keyof State>} */
    this.changed = new Set();
    this.scheduled = false;
  }

  /** @param {Partial<State>} patch */
  set(patch) {
    for (const key of /** @type {(keyof State)[]} */ (Object.keys(patch))) {
      if (this.state[key] !== patch[key]) this.changed.add(key);
    }
    if (!this.changed.size) return;
    this.state = { ...this.state, ...patch };
    if (this.scheduled) return;
    this.scheduled = true;
    nextFrame(() => this.tell());
  }

  tell() {
    this.scheduled = false;
    const changed = this.changed;
    this.changed = new Set();
    for (const subscriber of this.subscribers) subscriber(this.state, changed);
  }

  /**
   * @param {(keyof State)[]} keys
   * @param {(state: State) => void} show called now, and after changes of any of the keys
   * @returns {() => void} ends the subscription
   */
  subscribe(keys, show) {
    /** @param {State} state @param {Set<keyof State>} changed */
    const subscriber = (state, changed) => {
      if (keys.some((key) => changed.has(key))) show(state);
    };
    this.subscribers.add(subscriber);
    show(this.state);
    return () => this.subscribers.delete(subscriber);
  }
}

/**
 * Runs before the next paint; in a hidden tab, where nothing is painted, soon.
 *
 * @param {() => void} then
 */
export function nextFrame(then) {
  if (document.hidden) setTimeout(then, 50);
  else requestAnimationFrame(then);
}
