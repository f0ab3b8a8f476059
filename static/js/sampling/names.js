/**
 * What samplers are called on the page, and where one begins that was never on. A sampler that is not
 * named here is called as its first parameter is, and begins at its default. Pure.
 */

/** @typedef {{title?: string, sentence?: string, also?: string}} Name `also`: words by which it is found too */

/** @type {{[sampler: string]: Name}} */
export const NAMES = {
  grammar: {
    title: "Grammar or pattern",
    sentence: "What is written must have a form that you describe.",
    also: "gbnf regex json",
  },
  banned_tokens: { also: "ban words never" },
  banned_strings: { also: "antislop ban phrases never" },
  logit_bias: { also: "logit words likelier" },
  phrase_bias: { also: "sequence" },
  no_repeat_ngram: { also: "ngram repetition" },
  repetition: { also: "rep pen" },
  frequency: {
    title: "Presence and frequency",
    sentence: "Words that were used already become less likely.",
    also: "penalty repetition",
  },
  dry: { title: "DRY", also: "don’t repeat yourself repetition loops" },
  top_n_sigma: { also: "nsigma" },
  temperature: { also: "heat greedy" },
  dynamic_temperature: {
    title: "Dynamic temperature",
    sentence: "Low where the model is sure of the next word, high where many would do.",
    also: "dynatemp entropy",
  },
  smoothing: { also: "quadratic" },
  top_p: { also: "nucleus" },
  typical_p: { also: "locally typical" },
  tail_free: { also: "tfs tail-free" },
  xtc: { title: "XTC", also: "exclude top choices" },
  mirostat: { title: "Mirostat", also: "perplexity surprise" },
};

/** @type {{[parameter: string]: number}} */
export const USUAL = {
  no_repeat_ngram: 4,
  repetition_penalty: 1.1,
  presence_penalty: 0.3,
  dry_multiplier: 0.8,
  top_n_sigma: 1,
  temperature: 0.8,
  dynatemp_low: 0.5,
  dynatemp_high: 1.5,
  smoothing_factor: 0.25,
  top_k: 40,
  top_p: 0.9,
  min_p: 0.05,
  top_a: 0.1,
  typical_p: 0.95,
  tfs_z: 0.95,
  top_h: 0.5,
  epsilon_cutoff: 0.0005,
  eta_cutoff: 0.0005,
  xtc_probability: 0.5,
  mirostat_tau: 5,
};
