/** What leaves the page: a text copied, or a file that is downloaded. */

import { h } from "./dom.js";

const KEPT_MS = 10_000;

/**
 * @param {string} text
 * @param {{say: (text: string, kind?: "error") => void}} toasts
 */
export async function copyText(text, toasts) {
  try {
    await navigator.clipboard.writeText(text);
    toasts.say("Copied.");
  } catch {
    toasts.say("The browser did not allow copying; select the text and copy it by hand.", "error");
  }
}

/** @param {string} name of the file @param {string} text @param {string} type */
export function downloadFile(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
