/**
 * Every action of the page with its key: one list for the keyboard, the palette, the menus and the list of keys.
 */

import { openBeside } from "./beside.js";
import { autoActions } from "./candidates/auto_actions.js";
import { CARD_KEYS } from "./candidates/keys.js";
import { keysOf, matches } from "./key_text.js";
import { tokenActions } from "./tokens/actions.js";

export { keyText, keysOf, matches } from "./key_text.js";

/**
 * @typedef {object} Action
 * @property {string} id
 * @property {string} title
 * @property {string} key like "Mod+Enter"; Mod is Ctrl, and Command on a Mac
 * @property {string[]} [also] other keys that do the same
 * @property {string} [untyped] a sign that does the same where nothing is typed
 * @property {"Writing" | "Candidates" | "Tokens" | "Memory" | "Story" | "View"} group
 * @property {"card" | "memory"} [within] where its key works; everywhere unless it is said
 * @property {() => void} run
 */

/**
 * @param {object} room
 * @param {import("./commands.js").Commands} room.commands
 * @param {import("./store.js").Store} room.store
 * @param {import("./session.js").Session} room.session
 * @param {import("./candidates/commands.js").CandidateCommands} room.candidates
 * @param {import("./candidates/auto_commands.js").AutoCommands} room.auto
 * @param {import("./views/candidates.js").Candidates} room.cards
 * @param {import("./views/tokens.js").Tokens} room.tokenLists
 * @param {import("./views/token_hover.js").TokenHover} room.tokenHover
 * @param {import("./views/strip_chart.js").StripChart} room.strip
 * @param {import("./memory/commands.js").MemoryCommands} room.memory
 * @param {import("./views/memory_context.js").ContextView} room.contextView
 * @param {import("./views/panels.js").Panels} room.panels
 * @param {import("./views/palette.js").Palette} room.palette
 * @param {import("./views/keys.js").KeysDialog} room.keys
 * @param {import("./views/appearance.js").Appearance} room.appearance
 * @param {import("./views/export.js").Export} room.exporter
 * @param {import("./views/toasts.js").Toasts} room.toasts
 * @param {import("./views/topbar.js").Topbar} room.topbar
 * @returns {Action[]}
 */
export function actionsOf(room) {
  const { commands, session, panels, palette, keys, appearance, exporter, toasts, topbar, store } =
    room;
  const { candidates, auto, cards, memory, contextView } = room;
  const inPanel =
    (/** @type {() => void} */ then, /** @type {"candidates" | "tokens"} */ tab = "candidates") =>
    () => {
      panels.open(tab);
      then();
    };
  const ownStory = (/** @type {(story: string) => void} */ then) => () => {
    const { story } = store.state;
    if (story) then(story);
  };
  return [
    {
      id: "write",
      title: "Write or resume",
      key: "Mod+Enter",
      also: ["Mod+e"],
      group: "Writing",
      run: () => commands.writeOrResume(),
    },
    { id: "pause", title: "Pause", key: "Escape", group: "Writing", run: () => commands.pause() },
    {
      id: "stop",
      title: "Stop the run",
      key: "Mod+.",
      group: "Writing",
      run: () => commands.stop(),
    },
    {
      id: "write-end",
      title: "Write at the end of the story",
      key: "Mod+Shift+Enter",
      group: "Writing",
      run: () => commands.writeAtEnd(),
    },
    {
      id: "continue-here",
      title: "Continue from here: set aside what follows the caret",
      key: "Alt+Enter",
      group: "Writing",
      run: () => commands.continueFromHere(),
    },
    {
      id: "follow",
      title: "Follow the writing",
      key: "Alt+g",
      group: "Writing",
      run: () => session.page?.follow.resume(),
    },
    {
      id: "mode",
      title: "Change between story and writing prompt",
      key: "Alt+w",
      group: "Writing",
      run: () => commands.changeMode(),
    },
    {
      id: "model",
      title: "Choose a model",
      key: "Alt+l",
      group: "Writing",
      run: () => topbar.modelMenu.open(),
    },
    {
      id: "keep-writing",
      title: "Keep writing when this window closes, or not",
      key: "Alt+o",
      group: "Writing",
      run: () => commands.changeKeepWriting(),
    },
    {
      id: "candidates-ask",
      title: "Ask for candidates",
      key: "Alt+k",
      group: "Candidates",
      run: inPanel(() => cards.ask()),
    },
    {
      id: "candidates-stop",
      title: "Stop writing candidates",
      key: "Alt+j",
      group: "Candidates",
      run: () => candidates.stop(),
    },
    {
      id: "candidates-go",
      title: "Go to the candidates",
      key: "Alt+6",
      group: "Candidates",
      run: inPanel(() => cards.focusFirst()),
    },
    {
      id: "candidates-quick",
      title: "Quickgen: ask for the next as soon as one is taken, or not",
      key: "Alt+q",
      group: "Candidates",
      run: () => candidates.changeQuickgen(),
    },
    {
      id: "candidates-auto",
      title: "Autogenerate: several sets, one after another",
      key: "Alt+r",
      group: "Candidates",
      run: inPanel(() => cards.ask("auto")),
    },
    ...autoActions(auto),
    {
      id: "candidates-clear",
      title: "Clear the candidates and the lists of tokens",
      key: "Alt+z",
      group: "Candidates",
      run: () => candidates.clear(),
    },
    ...CARD_KEYS.map((entry) => ({
      ...entry,
      group: /** @type {const} */ ("Candidates"),
      within: /** @type {const} */ ("card"),
      run: () => cards.onCurrent(entry.id),
    })),
    ...tokenActions({ ...room, inTokens: (then) => inPanel(then, "tokens") }),
    {
      id: "memory",
      title: "Memory, note and lore",
      key: "Alt+y",
      group: "Memory",
      run: () => panels.toggle("memory"),
    },
    {
      id: "context",
      title: "What the model sees",
      key: "Alt+v",
      group: "Memory",
      run: () => contextView.open(),
    },
    {
      id: "memory-read",
      title: "Let the run read the memory as it stands",
      key: "Mod+Enter",
      group: "Memory",
      within: "memory",
      run: () => memory.readNow(),
    },
    { id: "new", title: "New story", key: "Alt+n", group: "Story", run: () => commands.newStory() },
    {
      id: "rename",
      title: "Rename this story",
      key: "F2",
      group: "Story",
      run: () => topbar.rename(),
    },
    {
      id: "duplicate",
      title: "Duplicate this story",
      key: "Alt+u",
      group: "Story",
      run: ownStory((id) => commands.duplicate(id)),
    },
    {
      id: "bin",
      title: "Move this story to the bin",
      key: "Alt+x",
      group: "Story",
      run: ownStory((id) => commands.bin(id)),
    },
    {
      id: "copy",
      title: "Copy the whole text",
      key: "Alt+c",
      group: "Story",
      run: () => exporter.copy(),
    },
    {
      id: "text",
      title: "Download as text",
      key: "Alt+p",
      group: "Story",
      run: () => exporter.download("txt"),
    },
    {
      id: "markdown",
      title: "Download as Markdown",
      key: "Alt+m",
      group: "Story",
      run: () => exporter.download("md"),
    },
    {
      id: "save",
      title: "Save",
      key: "Mod+s",
      group: "Story",
      run: () => toasts.say("Every word is saved as it is typed."),
    },
    {
      id: "library",
      title: "Stories",
      key: "Alt+1",
      group: "View",
      run: () => panels.toggle("library"),
    },
    {
      id: "history",
      title: "History",
      key: "Alt+2",
      group: "View",
      run: () => panels.toggle("history"),
    },
    {
      id: "candidates",
      title: "Candidates",
      key: "Alt+5",
      group: "View",
      run: () => panels.toggle("candidates"),
    },
    {
      id: "sampling",
      title: "Sampling",
      key: "Alt+3",
      group: "View",
      run: () => panels.toggle("sampling"),
    },
    {
      id: "numbers",
      title: "Numbers",
      key: "Alt+4",
      group: "View",
      run: () => panels.toggle("numbers"),
    },
    {
      id: "preferences",
      title: "What you prefer",
      key: "Alt+Shift+e",
      group: "View",
      run: () => openBeside("/preferences"),
    },
    {
      id: "workbench",
      title: "The workbench",
      key: "Alt+Shift+w",
      group: "View",
      run: () => openBeside("/workbench"),
    },
    {
      id: "authors",
      title: "Show or hide author colours",
      key: "Alt+a",
      group: "View",
      run: () => appearance.toggleAuthors(),
    },
    {
      id: "light",
      title: "Light",
      key: "Alt+7",
      group: "View",
      run: () => appearance.setTheme("light"),
    },
    {
      id: "dark",
      title: "Dark",
      key: "Alt+8",
      group: "View",
      run: () => appearance.setTheme("dark"),
    },
    {
      id: "auto",
      title: "Light or dark as the system says",
      key: "Alt+9",
      group: "View",
      run: () => appearance.setTheme("auto"),
    },
    {
      id: "palette",
      title: "Find any action",
      key: "Mod+k",
      group: "View",
      run: () => palette.open(),
    },
    {
      ...{ id: "keys", title: "Keys", key: "Mod+/", untyped: "?", group: "View" },
      run: () => keys.open(),
    },
    {
      id: "page",
      title: "Back to the page",
      key: "Alt+0",
      group: "View",
      run: () => session.page?.focus(),
    },
  ];
}

/**
 * Listens for the actions' keys, before the editor sees them.
 *
 * @param {Action[]} actions
 * @param {() => boolean} closeTopmost Escape closes what is open first; true when something was
 * @param {(event: KeyboardEvent) => boolean} takesKey what has the focus may take a key first; true when it did
 */
export function listenForKeys(actions, closeTopmost, takesKey) {
  const everywhere = actions.filter((action) => !action.within);
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing || document.querySelector("dialog[open]")) return;
      if (event.key === "Escape" && inMenu(event)) return;
      const own = takesKey(event);
      const free = !isTyping(event.target);
      const asked = own
        ? undefined
        : everywhere.find(
            (action) =>
              keysOf(action).some((key) => matches(event, key)) ||
              (free && action.untyped === event.key),
          );
      if (!own && !asked) return;
      event.preventDefault();
      event.stopPropagation();
      if (own) return;
      if (asked?.id === "pause" && closeTopmost()) return;
      asked?.run();
    },
    true,
  );
}

/** @param {Event} event */
const inMenu = (event) =>
  event.target instanceof Element && event.target.closest("[role=menu]") !== null;

/** @param {EventTarget | null} target */
function isTyping(target) {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"))
  );
}
