/** The keys of a candidate's card, which work while the panel of candidates has the focus. */

/** @typedef {"take" | "edit" | "pin" | "dismiss" | "retry" | "more" | "add" | "story"} CardDeed */

/** @type {{id: `candidate-${CardDeed}`, title: string, key: string}[]} */
export const CARD_KEYS = [
  { id: "candidate-take", title: "Take the candidate, up to the mark", key: "Enter" },
  { id: "candidate-edit", title: "Edit the candidate before taking it", key: "e" },
  { id: "candidate-pin", title: "Pin the candidate, or let it go", key: "p" },
  { id: "candidate-dismiss", title: "Dismiss the candidate", key: "Delete" },
  { id: "candidate-retry", title: "Write another in the candidate’s place", key: "r" },
  { id: "candidate-more", title: "Let the candidate go on, or stop it", key: "m" },
  { id: "candidate-add", title: "More candidates like these", key: "a" },
  { id: "candidate-story", title: "Open the candidate as a story", key: "o" },
];

/** How the mark moves: keys as `keyText` takes them, and what they do. */
export const MARK_KEYS = [
  { keys: ["1", "9"], title: "Go to the newest candidate of that number" },
  { keys: ["ArrowUp", "ArrowDown"], title: "Go to the candidate before or after" },
  { keys: ["ArrowLeft", "ArrowRight"], title: "Mark a letter less or more" },
  { keys: ["Mod+ArrowLeft", "Mod+ArrowRight"], title: "Mark a word less or more" },
  { keys: ["Home", "End"], title: "Mark the first letter, or everything" },
];
