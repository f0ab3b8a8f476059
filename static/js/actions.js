/**
 * Every action of the page with its key: one list for the keyboard, the palette, the menus and the list of keys.
 */

/**
 * @typedef {object} Action
 * @property {string} id
 * @property {string} title
 * @property {string} [key] like "Mod+Enter"; Mod is Ctrl, and Command on a Mac
 * @property {"Writing" | "Story" | "View"} group
 * @property {() => void} run
 */

const IS_MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

const SHOWN = IS_MAC
  ? { Mod: "⌘", Shift: "⇧", Alt: "⌥", Enter: "⏎", Escape: "Esc" }
  : { Mod: "Ctrl", Shift: "Shift", Alt: "Alt", Enter: "Enter", Escape: "Esc" };

/**
 * @param {string | undefined} key
 * @returns {string} as this machine's keyboard calls it
 */
export function keyText(key) {
  if (!key) return "";
  const parts = key
    .split("+")
    .map((part) => SHOWN[/** @type {keyof typeof SHOWN} */ (part)] ?? part.toUpperCase());
  return parts.join(IS_MAC ? "" : " ");
}

/**
 * @param {KeyboardEvent} event
 * @param {string} key
 */
export function matches(event, key) {
  const parts = key.split("+");
  const last = parts.at(-1) ?? "";
  const mod = IS_MAC ? event.metaKey : event.ctrlKey;
  const otherMod = IS_MAC ? event.ctrlKey : event.metaKey;
  if (parts.includes("Mod") !== mod || otherMod) return false;
  if (parts.includes("Shift") !== event.shiftKey || parts.includes("Alt") !== event.altKey)
    return false;
  const digit = /^\d$/.test(last) && event.code === `Digit${last}`;
  const letter = /^[a-z]$/.test(last) && event.code === `Key${last.toUpperCase()}`;
  return (
    event.key === last || event.key.toLowerCase() === last || digit || (event.altKey && letter)
  );
}

/**
 * @param {object} room
 * @param {import("./commands.js").Commands} room.commands
 * @param {import("./store.js").Store} room.store
 * @param {import("./session.js").Session} room.session
 * @param {import("./views/panels.js").Panels} room.panels
 * @param {import("./views/palette.js").Palette} room.palette
 * @param {import("./views/keys.js").KeysDialog} room.keys
 * @param {import("./views/appearance.js").Appearance} room.appearance
 * @param {import("./views/export.js").Export} room.exporter
 * @param {import("./views/toasts.js").Toasts} room.toasts
 * @returns {Action[]}
 */
export function actionsOf(room) {
  const { commands, session, panels, palette, keys, appearance, exporter, toasts, store } = room;
  const ownStory = (/** @type {(story: string) => void} */ then) => () => {
    const { story } = store.state;
    if (story) then(story);
  };
  return [
    {
      id: "write",
      title: "Write or resume",
      key: "Mod+Enter",
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
      key: "Alt+f",
      group: "Writing",
      run: () => session.page?.follow.resume(),
    },
    { id: "new", title: "New story", key: "Alt+n", group: "Story", run: () => commands.newStory() },
    {
      id: "duplicate",
      title: "Duplicate this story",
      group: "Story",
      run: ownStory((id) => commands.duplicate(id)),
    },
    {
      id: "bin",
      title: "Move this story to the bin",
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
    { id: "text", title: "Download as text", group: "Story", run: () => exporter.download("txt") },
    {
      id: "markdown",
      title: "Download as Markdown",
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
      id: "authors",
      title: "Show or hide author colours",
      key: "Alt+a",
      group: "View",
      run: () => appearance.toggleAuthors(),
    },
    { id: "light", title: "Light", group: "View", run: () => appearance.setTheme("light") },
    { id: "dark", title: "Dark", group: "View", run: () => appearance.setTheme("dark") },
    {
      id: "auto",
      title: "Light or dark as the system says",
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
    { id: "keys", title: "Keys", key: "Mod+/", group: "View", run: () => keys.open() },
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
 */
export function listenForKeys(actions, closeTopmost) {
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing || document.querySelector("dialog[open]")) return;
      if (event.key === "Escape" && inMenu(event)) return;
      const asked = actions.find((action) => action.key && matches(event, action.key));
      const help = event.key === "?" && !isTyping(event.target);
      if (!asked && !help) return;
      event.preventDefault();
      event.stopPropagation();
      if (asked?.id === "pause" && closeTopmost()) return;
      (asked ?? actions.find((action) => action.id === "keys"))?.run();
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
