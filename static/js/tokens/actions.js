/** What can be done with single tokens, with its keys: a part of the list of actions. */

/** Keys of the lists and of a token's card: as `keyText` takes them, and what they do. */
export const LIST_KEYS = [
  { keys: ["1", "9"], title: "Take one of the first nine" },
  { keys: ["ArrowUp", "ArrowDown"], title: "Mark the token above or below" },
  {
    keys: ["ArrowLeft", "ArrowRight"],
    title: "Go to the other list; on a card, to the next token",
  },
  { keys: ["Enter"], title: "Take the marked one; on a card, go to what could stand there" },
];

/**
 * @param {object} room
 * @param {import("../views/panels.js").Panels} room.panels
 * @param {import("../views/appearance.js").Appearance} room.appearance
 * @param {import("../store.js").Store} room.store
 * @param {import("../views/tokens.js").Tokens} room.tokenLists
 * @param {import("../views/token_hover.js").TokenHover} room.tokenHover
 * @param {import("../views/strip_chart.js").StripChart} room.strip
 * @param {(then: () => void) => () => void} room.inTokens does it with their panel open
 * @returns {import("../actions.js").Action[]}
 */
export function tokenActions({
  panels,
  appearance,
  store,
  tokenLists,
  tokenHover,
  strip,
  inTokens,
}) {
  const group = /** @type {const} */ ("Tokens");
  return [
    { id: "tokens", title: "Tokens", key: "Alt+t", group, run: () => panels.toggle("tokens") },
    {
      id: "tokens-look",
      title: "Show the next tokens at the caret",
      key: "Alt+b",
      group,
      run: inTokens(() => void tokenLists.look()),
    },
    {
      id: "heat",
      title: "Colour by probability, or not",
      key: "Alt+h",
      group,
      run: () => {
        appearance.toggleHeat();
        store.set({ heat: appearance.heat });
      },
    },
    {
      id: "token-inspect",
      title: "Look at the token at the caret",
      key: "Alt+i",
      group,
      run: () => tokenHover.openAtCaret(),
    },
    {
      id: "strip",
      title: "Surprise and entropy along the story",
      key: "Alt+s",
      group,
      run: inTokens(() => strip.focus()),
    },
  ];
}
