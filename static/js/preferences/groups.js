/** Statistics in the groups that a reader may look at them by. Pure. */

/** @typedef {import("./statistics.js").By} By */
/** @typedef {import("./statistics.js").Side} Side */
/** @typedef {import("./statistics.js").Statistics} Statistics */

/**
 * @typedef {object} Slot a place in a chart
 * @property {number} at from 0
 * @property {string} label
 * @property {string} title
 * @property {Side | null} chosen
 * @property {Side | null} rejected
 * @property {number | null} mean of what was taken; by step drawn toward the neighbours'
 * @property {number} num of what was taken
 */

const MOST_STEPS = 200;

/** A mean of fewer than these is drawn hollow. */
export const FEWEST_IN_SLOT = 3;

/** @type {{[by in By]: {title: string, line: string, keys: [key: string, label: string][]}}} */
export const GROUPS = {
  steps: {
    title: "step by step",
    line: "A step is one set of cards from which something was taken; the first one of a story is step 1.",
    keys: [],
  },
  phases: {
    title: "by how far the story has come",
    line: "The beginning: up to step 4 and 250 words. Late: from step 16 or 1,500 words on.",
    keys: [
      ["beginning", "beginning"],
      ["middle", "middle"],
      ["late", "late"],
    ],
  },
  repetition: {
    title: "by how much the text repeats itself",
    line: "Much: a tenth of the sequences of four words among the last 200 stood there before.",
    keys: [
      ["low", "little"],
      ["high", "much"],
    ],
  },
  entropy: {
    title: "by whether its surprise falls",
    line: "Falling: over the last sets of cards, the model's words became a fifth more predictable.",
    keys: [
      ["steady", "steady"],
      ["falling", "falling"],
    ],
  },
};

/** @param {Statistics[]} all @param {By} by @returns {number} how many places a chart has that shows all of them */
export function numPlaces(all, by) {
  if (by !== "steps") return GROUPS[by].keys.length;
  return Math.max(0, ...all.flatMap(({ steps }) => Object.keys(steps).map(Number)));
}

/**
 * @param {Statistics} statistics
 * @param {By} by
 * @param {string} name of a parameter
 * @returns {Slot[]} in their order; groups in which nothing is known of it are left out
 */
export function slotsOf(statistics, by, name) {
  const groups = statistics[by];
  const keys =
    by === "steps"
      ? Object.keys(groups)
          .map(Number)
          .sort((one, other) => one - other)
          .map((step) => ({
            key: String(step),
            at: step - 1,
            label: stepLabel(step),
            title: `Step ${stepLabel(step)}`,
          }))
      : GROUPS[by].keys.map(([key, label], at) => ({ key, at, label, title: capital(label) }));
  return keys.flatMap(({ key, ...place }) => {
    const found = groups[key]?.parameters[name];
    if (!found) return [];
    const { chosen, rejected, shrunk } = found;
    return [
      { ...place, chosen, rejected, mean: shrunk ?? chosen?.mean ?? null, num: chosen?.num ?? 0 },
    ];
  });
}

/** @param {number} step */
const stepLabel = (step) => (step >= MOST_STEPS ? `${MOST_STEPS}+` : String(step));

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
