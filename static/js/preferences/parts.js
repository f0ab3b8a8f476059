/** The page's two parts: each parameter by itself, and along a story. Panels stay where they are while what they show changes. */

import { h, setAttributes, setText } from "../dom.js";
import { alongChart } from "./along.js";
import { Chart } from "./chart.js";
import { GROUPS, numPlaces, slotsOf } from "./groups.js";
import { histogram } from "./histogram.js";
import { reachOf } from "./scales.js";
import { MIDDLE_HALF } from "./statistics.js";
import {
  PARAMETERS,
  bestWords,
  choicesOf,
  differenceWords,
  isClear,
  missing,
  sameWords,
} from "./words.js";

/** @typedef {import("./statistics.js").Bins} Bins */
/** @typedef {import("./statistics.js").By} By */
/** @typedef {import("./statistics.js").ParameterStatistics} ParameterStatistics */
/** @typedef {import("./statistics.js").Statistics} Statistics */
/** @typedef {{statistics: Statistics, who: import("./words.js").Who, name: string}} Owner whose statistics; `name` as the page calls them */

const NAMES = Object.keys(PARAMETERS);
const NOBODY = "Nothing is known of it here.";

/** One owner's chart of one parameter, with what is said of it. */
class Figure {
  constructor() {
    this.owner = h("p", { class: "pref-owner" });
    this.words = h("p", { class: "pref-words" });
    this.best = h("p", { class: "pref-best" });
    this.chart = new Chart();
    this.element = h(
      "div",
      { class: "pref-figure" },
      this.owner,
      this.words,
      this.best,
      this.chart.element,
    );
  }

  /**
   * @param {Owner} owner
   * @param {boolean} compared whether there is another one
   * @param {{words: string, clear?: boolean, best: string | null, content: import("./chart.js").Content | null}} shown
   */
  show(owner, compared, { words, clear = false, best, content }) {
    this.words.classList.toggle("is-clear", clear);
    this.element.classList.toggle("is-theirs", owner.who === "they");
    setText(this.owner, owner.who === "you" ? "You" : owner.name);
    setText(this.words, words);
    setText(this.best, best ?? "");
    setAttributes(this.best, { hidden: best === null });
    setAttributes(this.owner, { hidden: !compared });
    setAttributes(this.words, { hidden: !words });
    setAttributes(this.chart.element, { hidden: !content });
    if (content) this.chart.show(content);
  }
}

/** A parameter's heading, with a figure for each owner. */
class Panel {
  /** @param {string} name @param {string} line */
  constructor(name, line) {
    /** @type {Figure[]} */
    this.figures = [];
    this.row = h("div", { class: "pref-figures" });
    this.element = h(
      "section",
      { class: "pref-panel", "data-parameter": name },
      h("h3", {}, PARAMETERS[name].title),
      line ? h("p", { class: "pref-line" }, line) : null,
      this.row,
    );
  }

  /**
   * @param {Owner[]} owners
   * @param {(owner: Owner) => Parameters<Figure["show"]>[2]} shown
   */
  show(owners, shown) {
    while (this.figures.length < owners.length) {
      const figure = new Figure();
      this.figures.push(figure);
      this.row.append(figure.element);
    }
    for (const figure of this.figures.splice(owners.length)) figure.element.remove();
    owners.forEach((owner, at) => this.figures[at].show(owner, owners.length > 1, shown(owner)));
  }
}

/** @param {Map<string, Panel>} panels @param {HTMLElement} grid @param {Owner[]} owners @param {string[]} names to be seen */
function arrange(panels, grid, owners, names) {
  grid.classList.toggle("is-compared", owners.length > 1);
  for (const [name, panel] of panels)
    setAttributes(panel.element, { hidden: !names.includes(name) });
}

export class EachParameter {
  constructor() {
    this.panels = new Map(NAMES.map((name) => [name, new Panel(name, PARAMETERS[name].line)]));
    this.grid = h(
      "div",
      { class: "pref-grid" },
      ...[...this.panels.values()].map((one) => one.element),
    );
    this.same = h("p", { class: "pref-line" });
    this.certainty = h(
      "p",
      { class: "pref-line" },
      "The ranges hold in 19 of 20 cases: of seven preferences, one may now and then be chance. Taken and passed over are compared within each set of cards.",
    );
    this.element = h(
      "section",
      { class: "pref-part", "aria-labelledby": "each-heading" },
      h("h2", { id: "each-heading" }, "What you took, what you passed over"),
      legend([
        ["is-taken", "taken"],
        ["is-passed", "passed over, each as a share of its own"],
        ["is-means", "their means"],
        ["is-best", "where liking is highest, if that is clear"],
      ]),
      this.grid,
      this.same,
      this.certainty,
    );
  }

  /** @param {Owner[]} owners */
  show(owners) {
    const drawn = NAMES.filter((name) => owners.some((owner) => binsOf(owner, name)));
    setAttributes(this.element, { hidden: !drawn.length });
    arrange(this.panels, this.grid, owners, drawn);
    setText(this.same, sameWords(owners[0].statistics.all.parameters));
    setAttributes(this.same, { hidden: !this.same.textContent });
    const few = owners.every(({ statistics }) => missing(choicesOf(statistics.all)) > 0);
    setAttributes(this.certainty, { hidden: few });
    for (const name of drawn) {
      const beside = owners.flatMap((owner) => binsOf(owner, name) ?? []);
      this.panels.get(name)?.show(owners, (owner) => {
        const found = owner.statistics.all.parameters[name];
        if (!found?.bins) return { words: NOBODY, best: "", content: null };
        const few = missing(choicesOf(owner.statistics.all)) > 0;
        const quiet = few && owners.length === 1; // the top of the page says it for all of them
        const withBins = /** @type {ParameterStatistics & {bins: Bins}} */ (found);
        return {
          words: quiet ? "" : differenceWords(name, found, owner.who),
          clear: isClear(found),
          best: quiet ? null : bestWords(name, found, owner.who),
          content: histogram(name, withBins, beside, whose(owner)),
        };
      });
    }
  }
}

export class AlongStory {
  constructor() {
    /** @type {By} */
    this.by = "steps";
    /** @type {Owner[]} */
    this.owners = [];
    this.panels = new Map(NAMES.map((name) => [name, new Panel(name, "")]));
    this.grid = h(
      "div",
      { class: "pref-grid" },
      ...[...this.panels.values()].map((one) => one.element),
    );
    const options = Object.entries(GROUPS).map(([by, { title }]) =>
      h("option", { value: by }, title),
    );
    this.choice = h("select", { class: "field", id: "by" }, ...options);
    this.line = h("p", { class: "pref-line" });
    this.keys = legend([
      [
        "is-mean",
        "mean of what was taken; of few, drawn toward the steps around (of one or two, hollow)",
      ],
      ["is-dot", "mean of what was taken; hollow: of one or two"],
      ["is-band", "the middle half of what was taken"],
      ["is-passed-band", "the middle half of what was passed over"],
      ["is-count", "how many were taken"],
    ]);
    this.none = h("p", { class: "pref-words" }, "Nothing is known in such groups yet.");
    this.element = h(
      "section",
      { class: "pref-part", "aria-labelledby": "along-heading" },
      h(
        "div",
        { class: "pref-part-head" },
        h("h2", { id: "along-heading" }, "Along a story"),
        h("label", { class: "visually-hidden", for: "by" }, "How it is grouped"),
        this.choice,
      ),
      this.line,
      this.keys,
      this.none,
      this.grid,
    );
    this.choice.addEventListener("change", () => {
      this.by = /** @type {By} */ (this.choice.value);
      this.show(this.owners);
    });
  }

  /** @param {Owner[]} owners */
  show(owners) {
    this.owners = owners;
    const { by } = this;
    setText(this.line, GROUPS[by].line);
    this.keys.classList.toggle("is-stepwise", by === "steps");
    const all = owners.map(({ statistics }) => statistics);
    const num = numPlaces(all, by);
    const drawn = NAMES.filter(
      (name) =>
        owners.some((owner) => binsOf(owner, name)) &&
        all.some((one) => slotsOf(one, by, name).some(({ mean }) => mean !== null)),
    );
    setAttributes(this.element, {
      hidden: !owners.some((owner) => NAMES.some((name) => binsOf(owner, name))),
    });
    setAttributes(this.none, { hidden: drawn.length > 0 });
    arrange(this.panels, this.grid, owners, drawn);
    for (const name of drawn) this.#showPanel(name, num);
  }

  /** @param {string} name @param {number} num */
  #showPanel(name, num) {
    const { by, owners } = this;
    const slots = owners.map(({ statistics }) => slotsOf(statistics, by, name));
    const kind = owners.some((owner) => binsOf(owner, name)?.scale === "log") ? "log" : "uniform";
    const half = /** @type {[number, number]} */ (MIDDLE_HALF);
    const domain = reachOf(slots.flat(), kind, half);
    const most = Math.max(1, ...slots.flat().map((slot) => slot.num));
    const joined = by === "steps";
    this.panels.get(name)?.show(owners, (owner) => {
      const own = slots[owners.indexOf(owner)];
      if (!own.length || !domain) return { words: NOBODY, best: null, content: null };
      const few = missing(choicesOf(owner.statistics.all)) > 0;
      const along = { name, slots: own, num, domain, joined, few, most };
      const content = alongChart(along, GROUPS[by].title, whose(owner));
      return { words: "", best: null, content };
    });
  }
}

/** @param {Owner} owner @param {string} name @returns {Bins | null} */
const binsOf = ({ statistics }, name) => statistics.all.parameters[name]?.bins ?? null;

/** @param {Owner} owner */
const whose = ({ who, name }) => (who === "you" ? "yours" : name);

/** @param {[kind: string, words: string][]} entries */
function legend(entries) {
  const items = entries.map(([kind, words]) =>
    h("li", {}, h("span", { class: `pref-key ${kind}`, "aria-hidden": "true" }), words),
  );
  return h("ul", { class: "pref-legend" }, ...items);
}
