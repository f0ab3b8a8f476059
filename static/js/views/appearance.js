/** Light or dark, author colours, and colours by probability: kept in this browser. */

const THEME = "storygen.theme";
const AUTHORS = "storygen.authors";
const HEAT = "storygen.heat";

/** @typedef {"auto" | "light" | "dark"} Theme */

export class Appearance {
  constructor() {
    this.root = document.documentElement;
    /** Called when another window has chosen light or dark. */
    this.onTheme = () => {};
  }

  start() {
    this.root.dataset.theme = localStorage.getItem(THEME) ?? "auto";
    this.root.dataset.authors = localStorage.getItem(AUTHORS) ?? "on";
    this.root.dataset.heat = localStorage.getItem(HEAT) ?? "off";
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key !== THEME) return;
      this.root.dataset.theme = newValue ?? "auto";
      this.onTheme();
    });
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

  /** Whether the text is coloured by probability; author colours give way meanwhile. */
  get heat() {
    return this.root.dataset.heat === "on";
  }

  toggleHeat() {
    this.root.dataset.heat = this.heat ? "off" : "on";
    localStorage.setItem(HEAT, this.root.dataset.heat);
  }

  toggleAuthors() {
    this.root.dataset.authors = this.authors ? "off" : "on";
    localStorage.setItem(AUTHORS, this.root.dataset.authors);
  }
}
