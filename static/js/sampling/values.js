/**
 * Values of parameters as they are typed and shown: what is wrong with one, in words, and text in which
 * white space can be seen. Pure. The server checks again; its bounds are the same.
 */

import { numberText } from "../format.js";

/** @typedef {import("../protocol.js").Parameter} Parameter */

const MOST_ENTRIES = 500;
const MOST_CHARACTERS = 200;
const MARKS = { "\n": "↵", "\t": "⇥", "\r": "␍" };
const ESCAPED = { n: "\n", t: "\t", r: "\r", "\\": "\\" };

/**
 * @param {string} typed with a point or a comma
 * @param {{low: number, high: number, kind?: string}} bounds
 * @returns {{value: number, problem: ""} | {value: null, problem: string}}
 */
export function readNumber(typed, { low, high, kind }) {
  const range = `from ${bound(low)} to ${bound(high)}`;
  const whole = kind === "integer";
  const value = Number(typed.trim().replace(",", ".").replace("−", "-"));
  const isNumber = typed.trim() !== "" && Number.isFinite(value);
  if (!isNumber || value < low || value > high || (whole && !Number.isInteger(value)))
    return { value: null, problem: `Type a ${whole ? "whole " : ""}number ${range}.` };
  return { value, problem: "" };
}

/** @param {number} value */
const bound = (value) => (Number.isInteger(value) ? numberText(value) : String(value));

/** @param {string} typed @returns {string} with \n, \t, \r and \\ as the signs that they stand for */
export const unescaped = (typed) =>
  typed.replace(/\\([ntr\\])/g, (_, letter) => ESCAPED[/** @type {"n"} */ (letter)]);

/** @param {string} text @returns {string} with its white space made visible, but for spaces between words */
export const visible = (text) =>
  text
    .replace(/[\n\t\r]/g, (sign) => MARKS[/** @type {"\n"} */ (sign)])
    .replace(/^ +| +$| {2,}/g, (spaces) => "␣".repeat(spaces.length))
    .replace(/[\u0000-\u001f\u007f\u00a0\u2028\u2029]/g, (sign) => {
      return `⟨${sign.charCodeAt(0).toString(16).toUpperCase()}⟩`;
    });

/** @param {number | string} token @returns {string} as it is shown: a number after a #, or its text */
export const tokenText = (token) =>
  typeof token === "number" ? `#${token}` : visible(token) || "(nothing)";

/**
 * @param {string} typed a text, or # and a token's number
 * @param {(number | string)[]} known those in the list
 * @returns {{token: number | string, problem: string}}
 */
export function readToken(typed, known) {
  const numbered = /^#(\d{1,9})$/.exec(typed.trim());
  const token = numbered ? Number(numbered[1]) : unescaped(typed);
  if (token === "") return { token, problem: "Type a word, or # and a token’s number." };
  return { token, problem: entryProblem(token, known, MOST_CHARACTERS, MOST_ENTRIES) };
}

/**
 * @param {string} typed
 * @param {string[]} known those in the list
 * @param {{high: number, step: number}} bounds so many of them, so long each
 * @returns {{text: string, problem: string}}
 */
export function readString(typed, known, { high, step }) {
  const text = unescaped(typed);
  if (text === "") return { text, problem: "Type the text first." };
  return { text, problem: entryProblem(text, known, step, high) };
}

/** @param {string} typed @param {string[]} known @returns {{text: string, problem: string}} */
export const readPhrase = (typed, known) =>
  readString(typed, known, { high: MOST_ENTRIES, step: MOST_CHARACTERS });

/**
 * @param {number | string} entry
 * @param {(number | string)[]} known
 * @param {number} longest
 * @param {number} most
 * @returns {string} what is wrong with it, else empty
 */
function entryProblem(entry, known, longest, most) {
  if (known.includes(entry)) return "It is in the list already.";
  if (known.length >= most) return `The list is full: it holds ${most}.`;
  const length = typeof entry === "string" ? [...entry].length : 0;
  return length > longest ? `At most ${longest} signs; this has ${length}.` : "";
}

/** @param {string} text @param {Parameter} parameter @returns {string} what is wrong with it, else empty */
export function textProblem(text, { high }) {
  const length = [...text].length;
  return length > high ? `At most ${high} signs; this has ${length}.` : "";
}

/** @param {Parameter} parameter @returns {string} its range and its default */
export function rangeText({ low, high, kind, default: usual }) {
  if (kind !== "number" && kind !== "integer") return "";
  return `${bound(low)} to ${bound(high)}, default ${usual}`;
}

/**
 * A slider's travel. A range of hundreds is spread, so that small values can be met; one that goes as far
 * below zero as above it is spread from its middle.
 *
 * @param {{low: number, high: number, step: number}} bounds
 */
export function curveOf({ low, high, step }) {
  const span = high - low;
  const middle = low === -high && high > 10;
  const power = span > 100 || step / span < 0.002 ? 3 : 1;
  return {
    /** @param {number} share @returns {number} */
    toValue: (share) => {
      const travelled = middle
        ? high * Math.sign(share - 0.5) * Math.abs(2 * share - 1) ** power
        : low + span * share ** power;
      return Number((low + Math.round((travelled - low) / step) * step).toFixed(4));
    },
    /** @param {number} value @returns {number} */
    toShare: (value) => {
      if (middle) return 0.5 + (Math.sign(value) * Math.abs(value / high) ** (1 / power)) / 2;
      return Math.max(0, Math.min(1, (value - low) / span)) ** (1 / power);
    },
  };
}
