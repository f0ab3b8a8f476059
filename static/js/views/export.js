/** The story to take away: copied, or as a file of text or Markdown. */

import { copyText, downloadFile } from "../away.js";
import { titleOf } from "../titles.js";

export class Export {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../session.js").Session} session
   * @param {import("./toasts.js").Toasts} toasts
   */
  constructor(store, session, toasts) {
    this.store = store;
    this.session = session;
    this.toasts = toasts;
  }

  async copy() {
    const text = this.session.page?.wholeText() ?? "";
    await copyText(text, this.toasts);
  }

  /** @param {"txt" | "md"} format */
  download(format) {
    const { stories, story } = this.store.state;
    const title = titleOf(stories.find((one) => one.id === story));
    const text = this.session.page?.wholeText() ?? "";
    const body = format === "md" ? markdown(title, text) : `${text}\n`;
    downloadFile(`${fileName(title)}.${format}`, body, "text/plain");
  }
}

/**
 * @param {string} title
 * @param {string} text
 * @returns {string} every line of the story as a paragraph, characters that Markdown would read escaped
 */
export function markdown(title, text) {
  const paragraphs = text.split("\n").filter((line) => line.trim() !== "");
  const escaped = paragraphs.map((line) =>
    line
      .replace(/[\\`*_[\]<>]/g, "\\$&")
      .replace(/^(\s*)(#{1,6}|[+-])(?=\s)/, "$1\\$2")
      .replace(/^(\s*\d+)([.)])(?=\s)/, "$1\\$2"),
  );
  const head = title ? [`# ${title}`] : [];
  return `${[...head, ...escaped].join("\n\n")}\n`;
}

/** @param {string} title */
export function fileName(title) {
  return (
    title
      .replace(/[\\/:*?"<>|\u0000-\u001f]/g, " ")
      .trim()
      .slice(0, 80) || "Story"
  );
}
