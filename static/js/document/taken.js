/**
 * Which units of a text that was taken from a card are the model's: aliases of what the card's tokens say. Pure.
 *
 * An edited card keeps its common beginning and end with what the tokens say; what stands between is the
 * writer's own. Offsets are UTF-16 units, and no half of a character is an alias.
 */

/** @typedef {import("../protocol.js").Alias} Alias */
/** @typedef {{client: number, clock: number}} Id */

/**
 * @param {string} written what the tokens say
 * @param {string} shown what the card says
 * @returns {{head: number, tail: number}} units that both have at their beginning and, apart from those, at their end
 */
export function common(written, shown) {
  const most = Math.min(written.length, shown.length);
  let head = 0;
  while (head < most && written[head] === shown[head]) head += 1;
  if (head < most && isSecondHalf(written, shown, head)) head -= 1;
  let tail = 0;
  const left = most - head;
  while (tail < left && written.at(-1 - tail) === shown.at(-1 - tail)) tail += 1;
  if (tail && isLow(written.charCodeAt(written.length - tail))) tail -= 1;
  return { head, tail };
}

/**
 * @param {string} written
 * @param {string} shown
 * @param {number} units of `shown` that were taken, from its beginning
 * @param {Id} original of the first unit of `written`
 * @param {Id} fresh of the first unit in the story
 * @returns {Alias[]}
 */
export function takenAliases(written, shown, units, original, fresh) {
  const { head, tail } = common(written, shown);
  const end = { at: shown.length - tail, from: written.length - tail };
  const same = written === shown;
  const stretches = [
    { at: 0, from: 0, units: Math.min(units, same ? shown.length : head) },
    { ...end, units: same ? 0 : Math.min(tail, units - end.at) },
  ];
  return stretches
    .filter((stretch) => stretch.units > 0)
    .map((stretch) => [
      fresh.client,
      fresh.clock + stretch.at,
      stretch.units,
      original.client,
      original.clock + stretch.from,
    ]);
}

/**
 * @param {string} written
 * @param {string} shown
 * @param {number} units of `shown` that were taken
 * @returns {number} how far into `written` that reaches
 */
export function unitsOfWritten(written, shown, units) {
  if (written === shown) return units;
  const { head, tail } = common(written, shown);
  if (units <= head) return units;
  const intoTail = units - (shown.length - tail);
  if (units === shown.length || intoTail > 0) return written.length - tail + Math.max(0, intoTail);
  return Math.max(head, Math.min(units, written.length - tail));
}

/** @param {number} code */
const isLow = (code) => code >= 0xdc00 && code <= 0xdfff;

/** @param {string} written @param {string} shown @param {number} at */
const isSecondHalf = (written, shown, at) =>
  at > 0 && (isLow(written.charCodeAt(at)) || isLow(shown.charCodeAt(at)));
