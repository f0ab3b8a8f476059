/** Files that the server gives the reader to keep. */

import { h } from "../dom.js";

const KEPT_MS = 10_000;

/** @param {string} name @param {string} type @param {string} data in base64 */
export function saveFile(name, type, data) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

/** @param {Blob} piece @returns {Promise<string>} in base64 */
export function base64Of(piece) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => failed(new Error("The file can't be read: was it moved or changed?"));
    reader.readAsDataURL(piece);
  });
}
