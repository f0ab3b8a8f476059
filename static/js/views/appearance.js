/** Light or dark, and author colours: kept in this browser. */

const THEME = "storygen.theme";
const AUTHORS = "storygen.authors";

/** @typedef {"auto" | "light" | "dark"} Theme */

export class Appearance {
  constructor() {
    this.root = document.documentElement;
  }

  start() {
    this.root.dataset.theme = localStorage.getItem(THEME) ?? "auto";
    this.root.dataset.authors = localStorage.getItem(AUTHORS) ?? "on";
  }

  /** @returns {Theme} */
  get theme() {
    return /** @type {Theme} */ (this.root.dataset.theme);
  }

  get authors() {
    return this.root.dataset.authors === "on";
  }

  /** @param {Theme} theme */
  setTheme(theme) {
    this.root.dataset.theme = theme;
    localStorage.setItem(THEME, theme);
  }

  toggleAuthors() {
    this.root.dataset.authors = this.authors ? "off" : "on";
    localStorage.setItem(AUTHORS, this.root.dataset.authors);
  }
}
