/** Wires the page "What you prefer": gets the statistics, shows them, saves and opens files of them. */

import { downloadFile } from "../away.js";
import { startBeside } from "../beside.js";
import { byId, h, setAttributes, setText } from "../dom.js";
import { AlongStory, EachParameter } from "./parts.js";
import { fileDay, readFile } from "./files.js";
import { StatisticsError, ownStatistics } from "./statistics.js";
import { Top } from "./top.js";

/** @typedef {import("./statistics.js").Statistics} Statistics */

startBeside();
const notice = byId("notice");
const page = byId("page");
const each = new EachParameter();
const along = new AlongStory();
const top = new Top({
  saved: () =>
    downloadFile(`storygen-preferences-${fileDay(new Date())}.json`, text, "application/json"),
  picked: (file) => void openFile(file),
  closed: () => {
    theirs = null;
    show();
    top.opener.focus();
  },
});

/** @type {Statistics | null} */
let own = null;
/** As it came. */
let text = "";
/** @type {import("./parts.js").Owner | null} */
let theirs = null;
let asking = false;

async function refresh() {
  if (asking) return;
  asking = true;
  try {
    const found = await ownStatistics();
    const same = found.text === text;
    text = found.text;
    own = found.statistics;
    say("");
    if (!same) show();
  } catch (error) {
    complain(error);
  }
  asking = false;
  page.removeAttribute("aria-busy");
}

function show() {
  if (!own) return;
  /** @type {import("./parts.js").Owner} */
  const you = { statistics: own, who: "you", name: "yours" };
  const owners = theirs ? [you, theirs] : [you];
  if (!top.element.isConnected) page.replaceChildren(top.element, each.element, along.element);
  top.show(owners);
  each.show(owners);
  along.show(owners);
}

/** @param {File} file */
async function openFile(file) {
  top.say("");
  try {
    theirs = { statistics: await readFile(file), who: "they", name: file.name };
    show();
    top.closer.focus();
  } catch (error) {
    if (!(error instanceof StatisticsError)) throw error;
    top.say(`“${file.name}” is not shown. ${error.message}`);
  }
}

/** @param {unknown} error */
function complain(error) {
  if (!(error instanceof StatisticsError)) throw error;
  const known = own ? " What is shown is what was known before." : "";
  if (!own) page.replaceChildren();
  const again = () => void refresh();
  const mend = error.locked
    ? h("a", { href: location.pathname }, "Enter the token")
    : h("button", { class: "text-button", type: "button", on: { click: again } }, "Try again");
  say(`${error.message}${known} `, mend);
}

/** @param {string} words @param {Node} [more] */
function say(words, more) {
  setText(notice, words);
  if (more) notice.append(more);
  setAttributes(notice, { hidden: !words });
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void refresh();
});
void refresh();
