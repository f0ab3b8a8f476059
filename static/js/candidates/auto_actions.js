/** What the keyboard and the palette can do with the automatic writer. */

/**
 * @param {import("./auto_commands.js").AutoCommands} auto
 * @returns {import("../actions.js").Action[]}
 */
export const autoActions = (auto) => [
  {
    id: "auto-next",
    title: "Automatic writer: start, pause or hand back",
    key: "Alt+Shift+Enter",
    group: "Candidates",
    run: () => void auto.next(),
  },
  {
    id: "auto-stop",
    title: "Automatic writer: stop",
    key: "Mod+Alt+Enter",
    group: "Candidates",
    run: () => void auto.stop(),
  },
];
