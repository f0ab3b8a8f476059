/**
 * Presets as files: our own form, with a name, a sentence and only what differs from the defaults, and
 * those of other programs where their names mean what ours mean (`foreign.js`). Pure; whether a value is
 * in range the server says.
 */

import { same } from "./chain.js";
import { fromForeign } from "./foreign.js";

/** @typedef {import("../protocol.js").Parameter} Parameter */
/** @typedef {import("../protocol.js").Params} Params */
/** @typedef {{name: string, message: string}} LeftOut a field, and why it was left out */
/** @typedef {{name: string, sentence: string, params: Params, leftOut: LeftOut[]}} ReadPreset */

const VERSION = 1;
const MOST_NAME = 60;
const MOST_SENTENCE = 300;
const OURS = ["storygen_preset", "name", "sentence", "params"];

/** A text that is no preset; the message says so to a person. */
export class NoPreset extends Error {}

/**
 * @param {{name: string, sentence: string, params: Params}} preset
 * @param {Parameter[]} parameters
 * @returns {string} the file's text
 */
export function presetText({ name, sentence, params }, parameters) {
  const differing = parameters.filter((parameter) => {
    const value = params[parameter.name];
    return value !== undefined && !same(value, parameter.default);
  });
  const own = Object.fromEntries(
    differing.map((parameter) => [parameter.name, params[parameter.name]]),
  );
  return `${JSON.stringify({ storygen_preset: VERSION, name, sentence, params: own }, null, 2)}\n`;
}

/**
 * @param {string} text of the file, or what was pasted
 * @param {string} fileName empty where it was pasted
 * @param {Parameter[]} parameters
 * @returns {ReadPreset}
 * @throws {NoPreset}
 */
export function readPreset(text, fileName, parameters) {
  if (!text.trim()) throw new NoPreset("There is nothing in it.");
  const data = parsed(text);
  const title = nameFrom(fileName);
  if ("storygen_preset" in data) return ours(data, title);
  const found = fromForeign(data, parameters);
  if (!Object.keys(found.params).length)
    throw new NoPreset("It is no preset: nothing in it is called as a sampling parameter is.");
  return { name: named(data.name, title), sentence: "", ...found };
}

/** @param {{[field: string]: unknown}} data @param {string} title @returns {ReadPreset} */
function ours(data, title) {
  const version = data.storygen_preset;
  if (version !== VERSION)
    throw new NoPreset(
      `It is a preset of another version (${String(version)}); this StoryGen reads version ${VERSION}.`,
    );
  if (!isObject(data.params))
    throw new NoPreset("“params” is missing, or is no object with named fields.");
  const unknown = Object.keys(data).filter((field) => !OURS.includes(field));
  const leftOut = unknown.map((name) => ({ name, message: "a preset has no such field." }));
  const sentence = typeof data.sentence === "string" ? data.sentence.slice(0, MOST_SENTENCE) : "";
  if (data.sentence !== undefined && typeof data.sentence !== "string")
    leftOut.push({ name: "sentence", message: "it is no text." });
  const params = /** @type {Params} */ (data.params);
  return { name: named(data.name, title), sentence, params, leftOut };
}

/** @param {string} text @returns {{[field: string]: unknown}} of JSON, or of lines “name: value” */
function parsed(text) {
  if (/^\s*[[{"]/.test(text)) {
    let data;
    try {
      data = JSON.parse(text);
    } catch (error) {
      const where = error instanceof Error ? error.message : "";
      throw new NoPreset(`It is no JSON: ${where}.`.replace(/\.\.$/, "."));
    }
    if (!isObject(data)) throw new NoPreset("It is no preset: it should be an object { … }.");
    return data;
  }
  return lines(text);
}

/** @param {string} text @returns {{[field: string]: unknown}} as text-generation-webui writes its presets */
function lines(text) {
  /** @type {{[field: string]: unknown}} */
  const data = {};
  for (const line of text.split(/\r?\n/)) {
    if (!line.trim() || /^\s*(#|---)/.test(line)) continue;
    const found = /^([A-Za-z_]\w*):\s*(.*?)\s*(?:#.*)?$/.exec(line);
    if (!found) throw new NoPreset(`It is no preset: “${line.trim().slice(0, 60)}” is no setting.`);
    data[found[1]] = scalar(found[2]);
  }
  return data;
}

/** @param {string} text @returns {unknown} */
function scalar(text) {
  if (text !== "" && Number.isFinite(Number(text))) return Number(text);
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return text.replace(/^(["'])(.*)\1$/, "$2");
}

/** @param {unknown} value @returns {value is {[field: string]: unknown}} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {unknown} name @param {string} otherwise */
function named(name, otherwise) {
  const own = typeof name === "string" ? name.trim().slice(0, MOST_NAME) : "";
  return own || otherwise || "Pasted";
}

/** @param {string} fileName */
const nameFrom = (fileName) =>
  fileName
    .replace(/\.(json|settings|ya?ml|txt)$/i, "")
    .trim()
    .slice(0, MOST_NAME);

/**
 * @param {string} name
 * @param {string[]} taken
 * @returns {string} the name, with a number where it is taken
 */
export function freeName(name, taken) {
  if (!taken.includes(name)) return name;
  for (let number = 2; ; number += 1) {
    const numbered = `${name} ${number}`;
    if (!taken.includes(numbered)) return numbered;
  }
}
