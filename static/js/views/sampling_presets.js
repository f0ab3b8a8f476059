/**
 * The shelf of presets: chosen by a click; saved, edited, given away and taken in on desks that unfold
 * under it. A file that is dropped anywhere on the panel is taken in.
 */

import { h, setAttributes, setText } from "../dom.js";
import { ImportDesk, SaveDesk, ShareDesk, textButton } from "./preset_desks.js";

/** @typedef {import("../protocol.js").Preset} Preset */
/** @typedef {"save" | "share" | "import"} Desk */

const DESKS = /** @type {Desk[]} */ (["save", "share", "import"]);

export class SamplingPresets {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../sampling/commands.js").SamplingCommands} sampling
   * @param {() => void} chosen another preset's values are set
   */
  constructor(store, sampling, chosen) {
    this.store = store;
    this.sampling = sampling;
    this.chosen = chosen;
    /** @type {Desk | null} what is unfolded */
    this.desk = null;
    this.chips = h("div", { class: "presets", role: "group", "aria-label": "Presets" });
    this.sentence = h("p", { class: "panel-line" });
    this.back = textButton("", () => this.#back());
    this.edit = textButton("Edit", () => this.#edit());
    this.remove = textButton("Remove", () => this.#remove());
    this.tools = {
      save: this.#tool("save", "Save as preset"),
      share: this.#tool("share", "Share"),
      import: this.#tool("import", "Import"),
    };
    const folded = (/** @type {Desk} */ desk) => ({
      done: (/** @type {string} */ preset) => this.#done(preset),
      cancelled: () => {
        this.#unfold(null);
        this.tools[desk].focus();
      },
    });
    this.desks = {
      save: new SaveDesk(sampling, folded("save")),
      share: new ShareDesk(sampling),
      import: new ImportDesk(sampling, folded("import")),
    };
    const { save, share, import: take } = this.tools;
    this.element = h(
      "section",
      { class: "preset-shelf" },
      this.chips,
      h(
        "div",
        { class: "preset-now" },
        this.sentence,
        h("span", { class: "preset-own" }, this.back, this.edit, this.remove),
      ),
      h("div", { class: "preset-tools" }, ...[save, share, take]),
      ...DESKS.map((desk) => this.desks[desk].element),
    );
  }

  show() {
    const { presets } = this.store.state;
    const chosen = this.sampling.chosen();
    const named = this.sampling.named();
    this.#showChips(presets, chosen);
    setText(this.sentence, chosen ? chosen.sentence : "Your own setting.");
    setText(this.back, named ? `Back to ${named.name}` : "");
    setAttributes(this.back, { hidden: chosen !== undefined || !named });
    setAttributes(this.edit, { hidden: !chosen || chosen.builtin });
    setAttributes(this.remove, { hidden: !chosen || chosen.builtin });
    if (this.desk === "share") this.desks.share.show();
  }

  /** @param {File} file that was dropped */
  take(file) {
    if (this.desk !== "import") this.#unfold("import");
    void this.desks.import.take(file);
  }

  /** @param {Preset[]} presets @param {Preset | undefined} chosen chips that are there stay, with the focus */
  #showChips(presets, chosen) {
    const names = presets.map(({ name }) => name);
    const shown = [...this.chips.children].map((chip) => chip.textContent);
    if (JSON.stringify(names) !== JSON.stringify(shown))
      this.chips.replaceChildren(...names.map((name) => this.#chip(name)));
    for (const [at, preset] of presets.entries())
      setAttributes(/** @type {HTMLElement} */ (this.chips.children[at]), {
        "aria-pressed": String(preset === chosen),
        title: preset.sentence,
      });
  }

  /** @param {string} name */
  #chip(name) {
    const choose = () => {
      const preset = this.store.state.presets.find((one) => one.name === name);
      if (preset) this.#choose(preset);
    };
    return h("button", { class: "chip", type: "button", on: { click: choose } }, name);
  }

  /** @param {Preset} preset */
  #choose(preset) {
    this.sampling.choose(preset);
    this.chosen();
  }

  #back() {
    const preset = this.sampling.named();
    if (!preset) return;
    this.#choose(preset);
    this.#focusChip(preset.name);
  }

  #edit() {
    this.#unfold("save", this.sampling.chosen() ?? null);
  }

  #remove() {
    const chosen = this.sampling.chosen();
    if (!chosen) return;
    this.#unfold(null);
    void this.sampling.remove(chosen);
    this.tools.save.focus();
  }

  /** @param {string} preset was saved, or taken in */
  #done(preset) {
    this.#unfold(null);
    this.chosen();
    this.show();
    this.#focusChip(preset);
  }

  /** @param {string} name */
  #focusChip(name) {
    const chips = /** @type {HTMLElement[]} */ ([...this.chips.children]);
    chips.find((chip) => chip.textContent === name)?.focus();
  }

  /** @param {Desk} desk @param {string} words */
  #tool(desk, words) {
    const button = textButton(words, () => this.#unfold(this.desk === desk ? null : desk));
    setAttributes(button, { "aria-expanded": "false", "aria-controls": `preset-${desk}` });
    return button;
  }

  /** @param {Desk | null} desk @param {Preset | null} [edited] */
  #unfold(desk, edited = null) {
    this.desk = desk;
    for (const one of DESKS) {
      setAttributes(this.tools[one], { "aria-expanded": String(one === desk) });
      setAttributes(this.desks[one].element, { hidden: one !== desk });
    }
    if (desk === "save") this.desks.save.open(edited, this.#changedOwn());
    else if (desk) this.desks[desk].open();
  }

  /** @returns {Preset | undefined} one's own that was chosen and has been changed since */
  #changedOwn() {
    const named = this.sampling.named();
    return named?.builtin || this.sampling.chosen() ? undefined : named;
  }
}
