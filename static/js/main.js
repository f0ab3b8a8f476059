/** Wires the room: the store, the socket, the session, the commands, the views and the keys. */

import { actionsOf, keyText, listenForKeys } from "./actions.js";
import { AutoCommands } from "./candidates/auto_commands.js";
import { CandidateCommands } from "./candidates/commands.js";
import { Commands } from "./commands.js";
import { Connection } from "./connection.js";
import { Takings } from "./document/takings.js";
import { byId } from "./dom.js";
import { activeRun } from "./faces.js";
import { LoadingClock } from "./loading_clock.js";
import { MemoryCommands } from "./memory/commands.js";
import { ContextLook } from "./memory/look.js";
import { ModelsOnDisk } from "./models_on_disk.js";
import { SamplingCommands } from "./sampling/commands.js";
import { Session } from "./session.js";
import { Store } from "./store.js";
import { TokenCommands } from "./tokens/commands.js";
import { Scoring } from "./tokens/scoring.js";
import { nameOf } from "./titles.js";
import { Appearance } from "./views/appearance.js";
import { AutoWriter } from "./views/auto_writer.js";
import { Candidates } from "./views/candidates.js";
import { Desk } from "./views/desk.js";
import { Export } from "./views/export.js";
import { HeatBar } from "./views/heat_bar.js";
import { History } from "./views/history.js";
import { KeysDialog } from "./views/keys.js";
import { Library } from "./views/library.js";
import { LiveRegion } from "./views/live_region.js";
import { MemoryPanel } from "./views/memory.js";
import { ContextView } from "./views/memory_context.js";
import { Menu, closeMenus } from "./views/menu.js";
import { Numbers } from "./views/numbers.js";
import { Palette } from "./views/palette.js";
import { Panels } from "./views/panels.js";
import { Sampling } from "./views/sampling.js";
import { StripChart } from "./views/strip_chart.js";
import { Toasts } from "./views/toasts.js";
import { TokenHover } from "./views/token_hover.js";
import { Tokens } from "./views/tokens.js";
import { Topbar } from "./views/topbar.js";

const store = new Store();
const toasts = new Toasts();
const live = new LiveRegion();
const appearance = new Appearance();
appearance.start();

/** @type {Session} */
let session;
const connection = new Connection({
  connected: () =>
    session.connected().catch((error) => {
      // That the server went away again, the status says.
      if (error.code !== "away" && error.code !== "refused") toasts.say(error.message, "error");
    }),
  disconnected: () => session.disconnected(),
  locked: () => session.locked(),
  updated: (event, done) => session.updated(event, done),
  libraryChanged: (event) => session.libraryChanged(event),
  scored: (event) => scoring.scored(event),
});
session = new Session(store, connection, byId("editor"), {
  say: (text, kind) => toasts.say(text, kind),
  runWrote: (text) => live.wrote(text),
  undoAsked: () => commands.undo(),
  moved: (textChanged) => {
    tokens.judge();
    if (!textChanged) return;
    scoring.textChanged();
    tokenHover.textChanged();
  },
});
const commands = new Commands(store, connection, session, toasts);
const takings = new Takings(store, connection, session, toasts);
const candidates = new CandidateCommands(store, connection, session, commands, takings, toasts);
const tokens = new TokenCommands(store, connection, session, commands, takings, toasts);
const scoring = new Scoring(store, connection, session, commands, tokens);
const memory = new MemoryCommands(store, connection, commands, toasts);
const exporter = new Export(store, session, toasts);

const library = new Library(store, commands, (action) => keyText(actionCalled(action).key));
const history = new History(store, commands);
const samplingCommands = new SamplingCommands(store, connection, commands, toasts);
const sampling = new Sampling(store, connection, session, samplingCommands);
const numbers = new Numbers(store, session);
const cards = new Candidates(store, session, commands, candidates, {
  say: (words) => toasts.say(words),
  keyOf: (action) => keyText(actionCalled(action).key),
});
const auto = new AutoCommands(store, connection, session, commands, toasts);
const autoWriter = new AutoWriter(store, commands, auto, {
  keyOf: (action) => keyText(actionCalled(action).key),
});
cards.list.before(autoWriter.element);
const strip = new StripChart(store, session, scoring);
const tokenLists = new Tokens(store, session, tokens, candidates, strip.element, {
  keyOf: (action) => keyText(actionCalled(action).key),
  undoAsked: () => commands.undo(),
});
const tokenHover = new TokenHover(store, connection, session, tokens, {
  say: (words) => toasts.say(words),
  offerBack: (words) => session.document && takings.offerBack(session.document, words),
});
const contextView = new ContextView(store);
const memoryPanel = new MemoryPanel(store, memory, toasts, {
  see: () => contextView.open(),
  keyOf: (action) => keyText(actionCalled(action).key),
});
const panels = new Panels(store, {
  library: { title: "Stories", body: library.body, opened: () => library.opened() },
  history: { title: "History", body: history.body, opened: () => history.opened() },
  candidates: { title: "Candidates", body: cards.body },
  tokens: { title: "Tokens", body: tokenLists.body },
  memory: { title: "Memory", body: memoryPanel.body },
  sampling: { title: "Sampling", body: sampling.body, opened: () => sampling.opened() },
  numbers: { title: "Numbers", body: numbers.body },
});

const palette = new Palette(() => {
  const stories = store.state.stories.filter((story) => story.id !== store.state.story);
  const open = stories.map((story) => ({
    title: `Open ${nameOf(story)}`,
    run: () => void commands.openStory(story.id),
  }));
  return [...actions, ...open];
});
const keys = new KeysDialog(() => actions);
const modelsOnDisk = new ModelsOnDisk(connection, store);
const topbar = new Topbar(store, commands, modelsOnDisk);
const actions = actionsOf({
  commands,
  candidates,
  auto,
  cards,
  tokenLists,
  tokenHover,
  strip,
  memory,
  contextView,
  store,
  session,
  panels,
  palette,
  keys,
  appearance,
  exporter,
  toasts,
  topbar,
});

/** @param {string} id @returns {import("./actions.js").Action} */
const actionCalled = (id) =>
  /** @type {import("./actions.js").Action} */ (actions.find((one) => one.id === id));

/** @param {string} id @param {string} [label] @returns {import("./views/menu.js").Item} */
function item(id, label) {
  const action = actionCalled(id);
  return { label: label ?? action.title, key: keyText(action.key), then: action.run };
}

for (const [button, action] of [
  ["library-button", "library"],
  ["panel-button", "candidates"],
  ["stop", "stop"],
  ["follow", "follow"],
]) {
  const words = byId(button).getAttribute("aria-label") ?? actionCalled(action).title;
  byId(button).title = `${words} (${keyText(actionCalled(action).key)})`;
}

new Menu(byId("more-button"), "More", () => [
  item("continue-here", "Continue from here"),
  item("write-end", "Write at the end"),
  { heading: "Story" },
  item("rename", "Rename"),
  item("duplicate", "Duplicate"),
  item("bin", "Move to the bin"),
  item("copy", "Copy the text"),
  item("text", "Download as text"),
  item("markdown", "Download as Markdown"),
  { heading: "Look" },
  { ...item("auto", "As the system says"), checked: appearance.theme === "auto" },
  { ...item("light"), checked: appearance.theme === "light" },
  { ...item("dark"), checked: appearance.theme === "dark" },
  item("authors", appearance.authors ? "Hide author colours" : "Show author colours"),
  { ...item("heat", "Colour by probability"), checked: appearance.heat },
  { heading: "When this window closes" },
  {
    ...item("keep-writing", "Keep writing"),
    line: "Otherwise a run pauses a little later",
    checked: store.state.settings.keep_writing === true,
  },
  { heading: "Pages" },
  item("preferences"),
  item("workbench"),
  { heading: "Help" },
  item("palette"),
  item("keys"),
]);

const views = [
  new LoadingClock(store),
  topbar,
  new Desk(store, commands, session),
  library,
  history,
  takings,
  candidates,
  cards,
  auto,
  autoWriter,
  tokens,
  scoring,
  tokenLists,
  tokenHover,
  strip,
  new HeatBar(store, scoring),
  memory,
  new ContextLook(store, connection, session),
  memoryPanel,
  contextView,
  sampling,
  numbers,
  panels,
];
for (const view of views) view.start();
store.set({ heat: appearance.heat });

store.subscribe(["runs"], (state) => {
  const run = activeRun(state.runs);
  if (!run || run.state === "paused") live.rest();
});
/** What has the focus may take a key first. */
const keyed = [tokenHover, cards, tokenLists, strip, memoryPanel, sampling];
listenForKeys(
  actions,
  () => closeMenus() || (session.page?.closeSearch() ?? false) || panels.closeTopmost(),
  (event) => keyed.some((view) => view.takesKey(event)),
);
window.addEventListener("focus", () => modelsOnDisk.look());
window.addEventListener("pagehide", () => {
  memory.leave();
  void commands.settle();
});
connection.start();
