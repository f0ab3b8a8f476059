/**
 * The shapes of the `/studio` protocol as JSDoc types, and the error that a refused call becomes.
 *
 * `docs/PROTOCOL.md` is the contract; this file only writes it down for the type checker.
 */

/** @typedef {[client: number, clock: number] | null} Place the character to the left; null: the start */
/** @typedef {[run: string, index: number, id: number, client: number, clock: number, units: number]} TokenRange */
/** @typedef {[client: number, clock: number, units: number, originalClient: number | null, originalClock: number]} Alias */
/** @typedef {{id: string, title: string, created: number, changed: number, binned: number | null, num_words: number, opening: string, running: boolean}} Story */
/** @typedef {{stage: string, done: number, total: number, unit: string}} Progress */
/**
 * @typedef {{architecture: string, parameters: number, vocabulary: number, context: number, precision: string,
 *   threads: number, device: string, format: string, memory_bytes: number, seconds: number, croppable: boolean,
 *   notes: string[]}} ModelInfo
 */
/**
 * @typedef {{key: string, name: string, modes: string[], source: string,
 *   state: "unusable" | "unloaded" | "starting" | "loading" | "ready" | "failed",
 *   reason: string, mend: string, progress: Progress | null, info: ModelInfo | null, preset: string | null}} Model
 */
/**
 * @typedef {{id: string, story: string, state: "queued" | "running" | "paused" | "ended", reason: string,
 *   detail: string, message: string, model: string, model_name: string, mode: string, prompt: string,
 *   params: Params, seed: number, next_index: number, continues: string | null, started: number,
 *   ended: number | null, left: Place, revision: number, reading: {done: number, total: number} | null,
 *   holding: boolean, tokens_per_s: number | null, used: number, window: number,
 *   memory_version: number, lore: string[]}} Run
 */
/** @typedef {number | string | (number | string)[] | (number | string)[][]} ParamValue */
/** @typedef {{[name: string]: ParamValue}} Params */
/** @typedef {{id: string, story: string, parent: string | null, kind: string, time: number, run: string | null, label: string, num_words: number, excerpt: string}} Checkpoint */
/** @typedef {{name: string, sentence: string, params: Params, builtin: boolean}} Preset */
/**
 * @typedef {{name: string, kind: "number" | "integer" | "strings" | "choice" | "text"
 *   | "order" | "tokens" | "biases" | "phrases", low: number,
 *   high: number, step: number, default: ParamValue, neutral: ParamValue, choices: string[], title: string,
 *   sentence: string, sampler: string | null, switches: boolean}} Parameter
 */
/** @typedef {[id: number, text: string, logprob: number | null]} CardToken */
/**
 * @typedef {{id: string, number: number, seed: number, params: Params | null,
 *   state: "queued" | "running" | "ended", reason: string, detail: string, message: string, text: string | null,
 *   pinned: boolean, dismissed: boolean, taken: number, client: number, clock: number, next_index: number,
 *   tokens?: CardToken[], replaces?: string, retried?: boolean}} Card This page's own: `replaces`, the card in whose
 *   place it stands; `retried`, another one was asked for in its place and has not come yet
 */
/**
 * @typedef {{id: string, story: string, version: [opening: number, num: number], time: number, origin: string,
 *   model: string, model_name: string, mode: string, prompt: string, params: Params, at: Place,
 *   state: "queued" | "reading" | "searching" | "writing" | "ended", reading: {done: number, total: number} | null,
 *   searching: {done: number, total: number} | null, stale: boolean, sets_left: number, cleared: number | null,
 *   cards: Card[], memory_version: number | null, fate?: Fate | null}} CandidateSet `Set` in the protocol
 */
/**
 * @typedef {{scale: "fixed" | "uniform" | "log", low: number, high: number}} FateRange
 * @typedef {{driver: string, driven: string, strength: number}} FateCoupling
 * @typedef {{ranges: {[name: string]: FateRange}, couplings: FateCoupling[]}} FateRanges
 * @typedef {{step: number, policy: "random" | "fixed" | "steps" | "bandit", blind: boolean, drawn: string[],
 *   ranges: FateRanges, num_words?: number, repetition?: number, entropy?: number | null,
 *   auto?: {step: number, picker: string}, reaction?: {sign: string, level: number}}} Fate how a set's parameters were drawn
 */
/** @typedef {[candidate: string, first: number, tokens: CardToken[]]} CardNews */
/**
 * @typedef {{id: string, story: string, state: "asking" | "writing" | "choosing" | "paused" | "ended", reason: string,
 *   message: string, step: number, steps: number | null, policy: Fate["policy"], picker: string, cards: number,
 *   reaction: string, set: string | null}} Auto the automatic writer; `step`: the one in hand, once ended how many there were
 */
/**
 * @typedef {[id: number, text: string | null, logprob: number | null, after: number | null, clock: number, num: number,
 *   shown: string]} LookToken `text`: what would be put in, null where that is no text; `after`: probability
 */
/**
 * @typedef {{id: string, story: string, at: Place, model: string, client: number, tokens: LookToken[],
 *   entropy: number | null, entropy_after: number | null, ms: number, used: number, heals: number}} Look entropies in nats
 */
/** @typedef {[units: number, logprob: number | null, rank: number, entropy: number | null, after: number | null]} ScoredToken */
/**
 * @typedef {{score: string, story: string, stretches: [client: number, clock: number, units: number][],
 *   tokens: ScoredToken[], done: number, total: number, over: boolean, error: string}} ScoredEvent
 */
/**
 * @typedef {{id: string, name: string, keys: string[], text: string, constant: boolean, on: boolean,
 *   order: number, depth: number | null}} LoreEntry
 */
/**
 * @typedef {{text: string, note: string, note_lines: number, share: number, lore_range: number,
 *   lore_budget: number, entries: LoreEntry[]}} Memory
 */
/**
 * @typedef {"start" | "format" | "memory" | "prompt" | "lore" | "note" | "story"} Origin
 * @typedef {{origin: Origin, entry: string | null, text: string, num_tokens: number}} ContextPiece
 */
/**
 * @typedef {{window: number, reserve: number, used: number, pieces: ContextPiece[],
 *   cut: {memory: number, story: number, lore: string[]}, active: {entry: string, key: string | null}[],
 *   wrong: {entry: string, message: string}[],
 *   reread: {tokens: number, seconds: number | null}}} Context what a model reads at a place
 */
/**
 * @typedef {{learned: boolean, report: {sentence: string, num_sets: number} | null,
 *   learning: {stage: string, done: number, of: number} | null, problem: string, by_itself: boolean}} Picker
 */
/** @typedef {{who: string, anchor: Place, head: Place, gone?: boolean}} Caret */
/**
 * @typedef {{mode?: "continue" | "prompt", model?: string, params?: Params, prompt?: string, preset?: string | null,
 *   keep_writing?: boolean, num_candidates?: number, candidate_tokens?: number, candidate_beams?: number,
 *   candidate_limit?: "tokens" | "sentence" | "paragraph", candidate_spread?: "same" | "temperatures" | "presets" | "fate",
 *   fate_policy?: Fate["policy"], fate_blind?: boolean, fate_ranges?: FateRanges | null, choices_shared?: boolean, fate_expects?: boolean,
 *   quickgen?: boolean}} Settings
 */
/**
 * @typedef {{story: string, doc?: ArrayBuffer | Uint8Array, tokens?: TokenRange[], aliases?: Alias[],
 *   clients?: number[], runs?: Run[], checkpoints?: Checkpoint[], sets?: CandidateSet[],
 *   cards?: CardNews[], carets?: Caret[], auto?: Auto, memory?: {memory: Memory, version: number}, saved?: number, trouble?: string}} UpdateEvent
 */
/** @typedef {{stories?: Story[], models?: Model[], presets?: Preset[], picker?: Picker}} LibraryEvent */
/** @typedef {{message: string, mend: string, line: number, column: number}} Note wrong in config.js */
/**
 * @typedef {{version: string, instance: string, models: Model[], stories: Story[], presets: Preset[],
 *   parameters: Parameter[], default_model: string | null, default_preset?: string, fate_ranges: FateRanges, picker: Picker, pickers: string[],
 *   notes: Note[]}} Hello
 */
/**
 * @typedef {{story: Story, settings: Settings, document: string, update: ArrayBuffer, state: ArrayBuffer,
 *   clients: number[], tokens: TokenRange[], aliases: Alias[], runs: Run[], head: string | null, auto: Auto | null,
 *   memory: Memory, memory_version: number}} OpenedStory
 */

/** A call that the server answered with an error; it changed nothing. */
export class RefusedCall extends Error {
  /**
   * @param {string} code a stable word of the protocol, or "away" when no answer came
   * @param {string} message one or two sentences for a person
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {ArrayBuffer | Uint8Array} data bytes as the socket delivers them
 * @returns {Uint8Array}
 */
export function bytes(data) {
  return data instanceof Uint8Array ? data : new Uint8Array(data);
}
