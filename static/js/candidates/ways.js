/** How the cards of a set are written: all alike, or each with parameters of its own; and what a card says of that. Pure. */

/** @typedef {import("../protocol.js").Params} Params */
/** @typedef {import("../protocol.js").Preset} Preset */
/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */
/** @typedef {import("../protocol.js").Card} Card */
/** @typedef {"same" | "temperatures" | "presets" | "fate"} Spread */

/** The lowest and the highest temperature, as parts of the one that Sampling says. */
const FROM = 0.5;
const TO = 1.5;
/** Stands in for a temperature of 0, which has no parts. */
const PLAIN = 0.8;

/** What says when a card ends is no matter of how it is written. */
const ENDS = ["limit", "max_tokens", "min_tokens", "stop", "num_beams", "alternatives"];

/**
 * @param {Spread} spread
 * @param {number} num of cards
 * @param {Params} params as Sampling says
 * @param {Preset[]} presets
 * @returns {{params: Params}[]} what is another for each card; empty where all are alike
 */
export function rowsOf(spread, num, params, presets) {
  const cards = Array.from({ length: num }, (_, number) => number);
  if (spread === "presets" && presets.length)
    return cards.map((number) => ({ params: written(presets[number % presets.length].params) }));
  if (spread !== "temperatures") return [];
  const base = Number(params.temperature) || PLAIN;
  return cards.map((number) => {
    const share = num > 1 ? number / (num - 1) : 0.5;
    const temperature = Math.min(5, base * (FROM + (TO - FROM) * share));
    return { params: { temperature: Number(temperature.toFixed(2)) } };
  });
}

/**
 * @param {Card} card
 * @param {CandidateSet} set
 * @param {Preset[]} presets
 * @returns {string} how it is written, where others of its set are written otherwise; else empty
 */
export function wayOf(card, set, presets) {
  const differ = (/** @type {string[]} */ but) => {
    const [own, ...others] = [card, ...set.cards].map((one) => fingerprint(one.params ?? {}, but));
    return others.some((other) => other !== own);
  };
  if (!differ([])) return "";
  const own = fingerprint(card.params ?? {});
  const preset = presets.find((one) => fingerprint(one.params) === own);
  const name = differ(["temperature"]) && preset?.name;
  return name || `Temperature ${card.params?.temperature ?? "?"}`;
}

/** @param {Params} params @param {string[]} [but] names that do not matter */
const written = (params, but = []) =>
  Object.fromEntries(
    Object.entries(params).filter(([name]) => !ENDS.includes(name) && !but.includes(name)),
  );

/** @param {Params} params @param {string[]} [but] */
const fingerprint = (params, but) => JSON.stringify(Object.entries(written(params, but)).sort());
