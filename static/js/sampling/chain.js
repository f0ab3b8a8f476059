/**
 * The sampler chain as the page shows it: which samplers there are, which are on, and in which order
 * they act. Pure; what a sampler is comes from the parameters that the server named.
 */

import { NAMES, USUAL } from "./names.js";

/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").Params} Params */
/**
 * @typedef {{name: string, title: string, sentence: string, also: string, parameters: Parameter[],
 *   movable: boolean, first: boolean}} Sampler `movable`: whether its place in the chain can be changed;
 *   `first`: it acts before all those that can be moved
 */

/** What says when a run ends and what is told of a token; anything else without a sampler acts as one. */
const OF_THE_RUN = ["limit", "max_tokens", "min_tokens", "stop", "at_end_of_text", "alternatives"];

/** @param {Parameter[]} parameters @returns {Parameter | undefined} the one that holds the order */
export const orderParameter = (parameters) => parameters.find(({ kind }) => kind === "order");

/** @param {Parameter[]} parameters @returns {Parameter[]} those of the run, not of the chain */
export const ofTheRun = (parameters) =>
  OF_THE_RUN.flatMap((name) => parameters.filter((parameter) => parameter.name === name));

/** @param {Parameter[]} parameters @returns {Sampler[]} in their usual order */
export function samplersOf(parameters) {
  const movable = orderParameter(parameters)?.choices ?? [];
  /** @type {Map<string, Parameter[]>} */
  const grouped = new Map();
  for (const parameter of parameters) {
    if (parameter.kind === "order" || OF_THE_RUN.includes(parameter.name)) continue;
    const name = parameter.sampler ?? parameter.name;
    grouped.set(name, [...(grouped.get(name) ?? []), parameter]);
  }
  const names = [...grouped.keys()];
  const foremost = names.findIndex((name) => movable.includes(name));
  return [...grouped].map(([name, own]) => ({
    name,
    title: NAMES[name]?.title ?? own[0].title,
    sentence: NAMES[name]?.sentence ?? own[0].sentence,
    also: NAMES[name]?.also ?? "",
    parameters: own,
    movable: movable.includes(name),
    first: names.indexOf(name) < foremost,
  }));
}

/** @param {import("../protocol.js").ParamValue} one @param {import("../protocol.js").ParamValue} other */
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** @param {Sampler} sampler @param {Params} params */
export const isOn = ({ parameters }, params) =>
  parameters.some(({ name, neutral, switches }) => switches && !same(params[name], neutral));

/** @param {Sampler} sampler @returns {Params} what switches it off */
export const switchedOff = ({ parameters }) =>
  Object.fromEntries(switchesOf(parameters).map(({ name, neutral }) => [name, neutral]));

/**
 * @param {Sampler} sampler
 * @param {Params} [before] how it stood when it was on last
 * @returns {Params} what switches it on; of a list, or a text, nothing: it is off while it is empty
 */
export function switchedOn(sampler, before = {}) {
  const switches = switchesOf(sampler.parameters);
  const kept = switches.filter(({ name }) => before[name] !== undefined);
  const again = Object.fromEntries(kept.map(({ name }) => [name, before[name]]));
  if (kept.length === switches.length && isOn(sampler, again)) return again;
  return Object.fromEntries(
    switches.map(({ name, default: usual }) => [name, USUAL[name] ?? usual]),
  );
}

/** @param {Sampler} sampler @param {Params} params @returns {Params} what `switchedOn` takes as `before` */
export const asItStands = ({ parameters }, params) =>
  Object.fromEntries(switchesOf(parameters).map(({ name }) => [name, params[name]]));

/** @param {Parameter[]} parameters */
const switchesOf = (parameters) => parameters.filter(({ switches }) => switches);

/**
 * @param {Sampler} sampler
 * @returns {Parameter | null} the number that stands for the whole sampler where there is one
 */
export function mainOf({ parameters }) {
  const switches = switchesOf(parameters);
  const isNumber = switches[0]?.kind === "number" || switches[0]?.kind === "integer";
  return switches.length === 1 && isNumber ? switches[0] : null;
}

/** @param {Sampler} sampler @param {Params} params @returns {string} its values in short, without a main one */
export function summary({ parameters }, params) {
  const parts = parameters.filter(({ name, switches, neutral }) => {
    return switches && !same(params[name], neutral);
  });
  const words = parts.map(({ name }) => {
    const value = params[name];
    if (Array.isArray(value)) return String(value.length);
    return typeof value === "number" ? String(value) : "set";
  });
  return words.join(", ");
}

// -------------------------------------------------------------------- order

/** @param {Parameter[]} parameters @param {Params} params @returns {string[]} every sampler as they act */
export function orderOf(parameters, params) {
  const usual = samplersOf(parameters);
  const order = orderParameter(parameters);
  const first = order ? /** @type {string[]} */ (params[order.name] ?? []) : [];
  const movable = usual.filter((sampler) => sampler.movable).map(({ name }) => name);
  const known = first.filter((name) => movable.includes(name));
  const moving = [...known, ...movable.filter((name) => !known.includes(name))];
  return usual.map(({ name, movable: moves }) => (moves ? (moving.shift() ?? name) : name));
}

/**
 * The order after one sampler was given another place among those in sight; who is not in sight stays.
 *
 * @param {string[]} order every sampler as they act
 * @param {string[]} shown the movable ones in sight, as they act
 * @param {string} name
 * @param {number} to its new place among `shown`
 * @returns {string[]}
 */
export function moved(order, shown, name, to) {
  const rest = shown.filter((one) => one !== name);
  const place = Math.max(0, Math.min(to, rest.length));
  const wanted = [...rest.slice(0, place), name, ...rest.slice(place)];
  return order.map((one) => (shown.includes(one) ? (wanted.shift() ?? one) : one));
}

/**
 * @param {Parameter[]} parameters
 * @param {string[]} order every sampler as they should act
 * @returns {string[]} the shortest value of the parameter of the order that says so; empty: as usual
 */
export function orderValue(parameters, order) {
  const usual = orderParameter(parameters)?.choices ?? [];
  const wanted = order.filter((name) => usual.includes(name));
  for (let size = 0; size < wanted.length; size += 1) {
    const first = wanted.slice(0, size);
    const all = [...first, ...usual.filter((name) => !first.includes(name))];
    if (same(all, wanted)) return first;
  }
  return wanted;
}

/** @param {Sampler} sampler @param {string} typed @returns {boolean} whether it is what is looked for */
export function isSought({ name, title, sentence, also, parameters }, typed) {
  const names = parameters.map((parameter) => `${parameter.name} ${parameter.title}`).join(" ");
  const all = ` ${name} ${title} ${sentence} ${also} ${names}`.toLowerCase().replaceAll("_", " ");
  const words = typed.toLowerCase().split(/\s+/);
  return words.every((word) => all.includes(` ${word.replaceAll("_", " ")}`));
}
