/**
 * Presets of text-generation-webui, SillyTavern (text completion) and KoboldAI in our parameters.
 *
 * Only well-known names that mean the same; the rest is named as left out. What such a preset doesn't
 * say is off there, so it is off here. Pure.
 */

/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").Params} Params */
/** @typedef {import("../protocol.js").ParamValue} ParamValue */
/** @typedef {{[field: string]: unknown}} Fields */

/** Our name, by the names that others have for it. */
const SAME = {
  temperature: ["temperature", "temp"],
  top_k: ["top_k"],
  top_p: ["top_p"],
  min_p: ["min_p"],
  top_a: ["top_a"],
  typical_p: ["typical_p", "typical"],
  tfs_z: ["tfs", "tfs_z"],
  top_n_sigma: ["nsigma", "top_n_sigma"],
  repetition_penalty: ["repetition_penalty", "rep_pen"],
  repetition_range: ["repetition_penalty_range", "rep_pen_range"],
  presence_penalty: ["presence_penalty", "presence_pen"],
  frequency_penalty: ["frequency_penalty", "freq_pen"],
  no_repeat_ngram: ["no_repeat_ngram_size"],
  dry_multiplier: ["dry_multiplier"],
  dry_base: ["dry_base"],
  dry_allowed_length: ["dry_allowed_length"],
  dry_range: ["dry_penalty_last_n"],
  smoothing_factor: ["smoothing_factor"],
  smoothing_curve: ["smoothing_curve"],
  xtc_probability: ["xtc_probability"],
  xtc_threshold: ["xtc_threshold"],
  grammar: ["grammar_string", "grammar"],
};
/** Below 0 means off, or everything, elsewhere; here that is 0. */
const NEVER_BELOW_0 = ["top_k", "top_n_sigma", "dry_range"];
/** Others count these in ten-thousandths. */
const TEN_THOUSANDTHS = ["epsilon_cutoff", "eta_cutoff"];
/** Fields by which two that belong together are read, and their switches. */
const READ_TOGETHER = [
  ...["dynamic_temperature", "dynatemp", "dynatemp_low", "dynatemp_high", "min_temp", "max_temp"],
  ...["dynatemp_range", "dynatemp_exponent", "mirostat_mode", "mirostat", "mirostat_type"],
  ...["mirostat_tau", "mirostat_eta", "do_sample", "dry_sequence_breakers"],
];
const ABOUT_THE_FILE = ["name", "preset_name"];

/**
 * @param {Fields} data
 * @param {Parameter[]} parameters
 * @returns {{params: Params, leftOut: {name: string, message: string}[]}} no params where nothing is known
 */
export function fromForeign(data, parameters) {
  const ours = new Set(parameters.map(({ name }) => name));
  /** @type {Params} */
  const params = {};
  /** @type {string[]} */
  const read = [...ABOUT_THE_FILE];
  for (const [name, names] of Object.entries(SAME)) {
    const field = names.find((one) => data[one] !== undefined);
    if (!field || !ours.has(name)) continue;
    read.push(...names);
    const value = /** @type {ParamValue} */ (data[field]);
    params[name] = NEVER_BELOW_0.includes(name) && Number(value) < 0 ? 0 : value;
  }
  for (const name of TEN_THOUSANDTHS)
    if (typeof data[name] === "number") {
      read.push(name);
      params[name] = Number((data[name] / 10_000).toFixed(6));
    }
  Object.assign(params, together(data));
  read.push(...READ_TOGETHER);
  const rest = Object.keys(data).filter((field) => !read.includes(field));
  const leftOut = rest.map((name) => ({ name, message: "no counterpart here." }));
  if (!Object.keys(params).length) return { params, leftOut };
  return { params: { ...allOff(parameters), ...params }, leftOut };
}

/** @param {Fields} data @returns {Params} what only several fields together say */
function together(data) {
  /** @type {Params} */
  const params = {};
  if (data.do_sample === false) params.temperature = 0;
  const breakers = strings(data.dry_sequence_breakers);
  if (breakers) params.dry_breakers = breakers;
  Object.assign(params, dynamic(data));
  const mode = data.mirostat_mode ?? data.mirostat ?? data.mirostat_type;
  if (mode === 2 && typeof data.mirostat_tau === "number") {
    params.mirostat_tau = data.mirostat_tau;
    if (typeof data.mirostat_eta === "number") params.mirostat_eta = data.mirostat_eta;
  }
  return params;
}

/** @param {Fields} data @returns {Params} there it takes the temperature's place, here it works on top of it */
function dynamic(data) {
  const number = (/** @type {unknown} */ value) => (typeof value === "number" ? value : null);
  const range = number(data.dynatemp_range);
  const middle = number(data.temperature ?? data.temp) ?? 1;
  const isOn = data.dynamic_temperature === true || data.dynatemp === true || (range ?? 0) > 0;
  if (!isOn) return {};
  const low = number(data.dynatemp_low ?? data.min_temp) ?? middle - (range ?? 0);
  const high = number(data.dynatemp_high ?? data.max_temp) ?? middle + (range ?? 0);
  const exponent = number(data.dynatemp_exponent) ?? 1;
  return {
    temperature: 1,
    dynatemp_low: Math.max(0.05, low),
    dynatemp_high: high,
    dynatemp_exponent: exponent,
  };
}

/** @param {unknown} value a list, or a list written as text @returns {string[] | null} */
function strings(value) {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== "string" || !value.trim()) return null;
  try {
    const list = JSON.parse(value.trim().startsWith("[") ? value : `[${value}]`);
    return Array.isArray(list) ? list.map(String) : null;
  } catch {
    return null;
  }
}

/** @param {Parameter[]} parameters @returns {Params} each sampler off */
const allOff = (parameters) =>
  Object.fromEntries(
    parameters
      .filter(({ sampler, switches }) => sampler && switches)
      .map(({ name, neutral }) => [name, neutral]),
  );
