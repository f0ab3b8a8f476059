/**
 * The sets of candidates that the page knows, and how news change them. Pure.
 *
 * Tokens only ever grow, so that of two tellings of a card the longer is the newer one. What else is said of a set has a
 * number that grows: an answer that was overtaken by news changes nothing of it. A card's letters are UTF-16 units.
 */

import { counted } from "../format.js";

/** @typedef {import("../protocol.js").CandidateSet} CandidateSet */
/** @typedef {import("../protocol.js").Card} Card */
/** @typedef {import("../protocol.js").CardNews} CardNews */
/** @typedef {import("../protocol.js").TokenRange} TokenRange */

/**
 * @param {CandidateSet[]} known oldest first
 * @param {CandidateSet[]} sets latest states, cards with or without their tokens
 * @param {CardNews[]} news tokens that were written since
 * @returns {{sets: CandidateSet[], lacking: boolean}} without the cleared ones; lacking: tokens before those told went past
 */
export function withNews(known, sets, news) {
  const byId = new Map(known.map((set) => [set.id, set]));
  for (const set of sets) {
    const present = byId.get(set.id);
    if (present && isOlder(set, present)) {
      byId.set(set.id, { ...present, cards: present.cards.map((card) => withTold(card, set)) });
      continue;
    }
    const before = new Map(present?.cards.map((card) => [card.id, card]));
    const cards = inPlace(
      set.cards.map((card) => withKnown(card, before.get(card.id))),
      before,
    );
    if (set.cleared) byId.delete(set.id);
    else byId.set(set.id, { ...set, cards });
  }
  let lacking = false;
  for (const [id, first, tokens] of news) {
    const found = findCard([...byId.values()], id);
    if (!found) continue;
    const { set, card } = found;
    const have = card.tokens?.length ?? 0;
    if (have < first) lacking = true;
    if (have < first || have >= first + tokens.length) continue;
    const cards = set.cards.map((one) => (one === card ? grown(card, first, tokens) : one));
    byId.set(set.id, { ...set, cards });
  }
  return { sets: [...byId.values()].sort((a, b) => a.time - b.time), lacking };
}

/**
 * A story that was opened anew counts anew; what was told before is gone with its connection.
 *
 * @param {CandidateSet} told
 * @param {CandidateSet} present
 */
const isOlder = (told, present) =>
  told.version[0] === present.version[0] && told.version[1] < present.version[1];

/** @param {Card} card @param {CandidateSet} set told too late @returns {Card} with its tokens, if they are more */
function withTold(card, set) {
  const told = set.cards.find(({ id }) => id === card.id)?.tokens ?? [];
  return told.length > (card.tokens?.length ?? 0) ? { ...card, tokens: told } : card;
}

/** @param {Card} card @param {Card | undefined} known @returns {Card} with the longer list of tokens */
function withKnown(card, known) {
  const told = card.tokens ?? [];
  const had = known?.tokens ?? [];
  const { replaces, retried } = known ?? {};
  return { ...card, replaces, retried, tokens: told.length >= had.length ? told : had };
}

/**
 * News may bring a card before the answer to the call that asked for it, so that it is known by what was asked.
 *
 * @param {Card[]} cards of a set
 * @param {Map<string, Card>} known those of them that were known
 * @returns {Card[]} a new one replaces the one that it was asked for
 */
function inPlace(cards, known) {
  const gone = cards.filter(({ retried, dismissed }) => retried && dismissed);
  if (!gone.length) return cards;
  const fresh = cards.filter(({ id }) => !known.has(id)).slice(-gone.length);
  const replaced = gone.slice(0, fresh.length);
  return cards.map((card) => {
    if (replaced.includes(card)) return { ...card, retried: false };
    const at = fresh.indexOf(card);
    return at < 0 ? card : { ...card, replaces: replaced[at].id };
  });
}

/**
 * @param {CandidateSet[]} sets
 * @param {string} id of a card
 * @param {boolean} retried another one is awaited in its place
 * @returns {CandidateSet[]}
 */
export function withRetried(sets, id, retried) {
  return sets.map((set) => ({
    ...set,
    cards: set.cards.map((card) => (card.id === id ? { ...card, retried } : card)),
  }));
}

/**
 * @param {Card} card
 * @param {number} first index of the first of `tokens`
 * @param {import("../protocol.js").CardToken[]} tokens
 * @returns {Card} edited text grows by those that it was told without
 */
function grown(card, first, tokens) {
  const all = [...(card.tokens ?? []).slice(0, first), ...tokens];
  const fresh = all.slice(card.next_index).map(([, text]) => text);
  const text = card.text === null ? null : card.text + fresh.join("");
  return { ...card, text, tokens: all, next_index: Math.max(card.next_index, all.length) };
}

/** @param {CandidateSet[]} sets @param {string} id @returns {{set: CandidateSet, card: Card} | null} */
export function findCard(sets, id) {
  for (const set of sets) {
    const card = set.cards.find((one) => one.id === id);
    if (card) return { set, card };
  }
  return null;
}

/** @param {Card} card @returns {string} what its tokens say */
export const writtenText = (card) => (card.tokens ?? []).map(([, text]) => text).join("");

/** @param {Card} card @returns {string} what can be read on it: as edited, else as written */
export const shownText = (card) => card.text ?? writtenText(card);

/** @param {CandidateSet} set @returns {Card[]} those on the page; one that replaces another stands in its place */
export function cardsShown({ cards }) {
  const replacing = new Map(cards.map((card) => [card.replaces, card]));
  /** @type {(card: Card) => Card[]} */
  const withThoseFor = (card) => {
    const next = replacing.get(card.id);
    return next ? [card, ...withThoseFor(next)] : [card];
  };
  const first = cards.filter((card) => !cards.some(({ id }) => id === card.replaces));
  return first.flatMap(withThoseFor).filter((card) => !card.dismissed);
}

/** @param {CandidateSet} set */
export const isAtWork = (set) => set.state !== "ended";

/**
 * @param {Card} card
 * @returns {TokenRange[]} its tokens as who wrote what: a run's name is the card's
 */
export function rangesOf(card) {
  let { clock } = card;
  return (card.tokens ?? []).map(([id, text], index) => {
    const start = clock;
    clock += text.length;
    return [card.id, index, id, card.client, start, text.length];
  });
}

/**
 * @param {CandidateSet} set
 * @returns {{[candidate: string]: number}} how many units of what its cards' tokens say could be read
 */
export const readable = (set) =>
  Object.fromEntries(cardsShown(set).map((card) => [card.id, writtenText(card).length]));

/**
 * @param {CandidateSet[]} sets oldest first
 * @param {number} total how many were asked for, as far as this page knows
 * @returns {string} which of several sets that follow one another is at work; empty where none is
 */
export function autoProgress(sets, total) {
  const set = sets.findLast((one) => one.origin === "auto" && isAtWork(one));
  if (!set) return "";
  const left = set.sets_left;
  if (total > left) return total > 1 ? `Set ${total - left} of ${total}` : "";
  return left ? `${counted(left, "more set")} to come` : "";
}
