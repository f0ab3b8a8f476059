/** Wires the workbench: which pages there are, the one in sight, what runs on it, and what went wrong. */

import { startBeside } from "../beside.js";
import { byId, h, setText } from "../dom.js";
import { BusyBar } from "./busy.js";
import { Hints } from "./hints.js";
import { Keys } from "./keys.js";
import { Link } from "./link.js";
import { addressOf, benchesOf, Nav, placeOf } from "./nav.js";
import { Page } from "./page.js";

/** @typedef {import("./nav.js").Bench} Bench */
/** @typedef {import("../protocol.js").RefusedCall} RefusedCall */

startBeside();
const main = byId("main");
const notice = byId("notice");
const begin = byId("begin");
const live = byId("live");
const nav = new Nav();
const hints = new Hints();
const busy = new BusyBar(() => shown?.stop(), live);
/** @type {Map<string, Page>} those that were opened, by address */
const pages = new Map();
/** @type {Bench[]} */
let benches = [];
/** @type {Page | null} in sight */
let shown = null;
let everHere = false;

const link = new Link({
  here: () => void arrive(),
  away: () => leave("The workbench is away. What you see stays; it comes back by itself."),
  locked: () =>
    leave("The token has changed. ", h("a", { href: location.pathname }, "Enter the new one")),
});
const keys = new Keys({
  page: () => shown,
  pages: () => benches.flatMap(({ pages: all }) => all),
  go: (number) => [...nav.links.values()][number]?.click(),
  escape: () => {
    if (hints.hide()) return true;
    if (!shown?.state.busy) return false;
    shown.stop();
    return true;
  },
});

/** The server is here, for the first time or again. */
async function arrive() {
  try {
    benches = benchesOf(await link.call("pages", {}));
    everHere = true;
    say("");
    nav.show(benches);
    nameBar();
    for (const page of pages.values()) if (page !== shown) reopen(page);
    if (shown) reopen(shown);
    go();
  } catch (error) {
    say(/** @type {RefusedCall} */ (error).message);
  }
}

/** A workbench of its own has no writing room to go back to. */
function nameBar() {
  const alone = benches.length === 1 && benches[0].key === "";
  const back = document.querySelector(".back");
  if (!alone || !(back instanceof HTMLElement) || back.hidden) return;
  back.hidden = true;
  back.after(h("span", { class: "wb-name" }, benches[0].title || "The workbench"));
}

/** @param {Page} page */
function reopen(page) {
  page.open().catch((/** @type {RefusedCall} */ error) => {
    if (error.code !== "away") page.complain(error.message);
  });
}

/** To the page that the address names. */
function go() {
  const place = placeOf(benches, location.hash);
  begin.hidden = place !== null;
  if (!place) return void empty();
  const [bench, info] = place;
  const address = addressOf(bench.key, info.key);
  if (shown) {
    shown.scroll = scrollY;
    shown.element.hidden = shown.problems.element.hidden = true;
  }
  let page = pages.get(address);
  if (!page) {
    page = new Page(bench.key, info, link, {
      busy: (one) => {
        nav.works(address, one.state.busy);
        if (one === shown) busy.show(one.state);
      },
      problem: (one) => one !== shown && nav.troubled(address, true),
    });
    pages.set(address, page);
    byId("pages").append(page.problems.element, page.element);
    reopen(page);
  }
  const moved = shown !== page;
  shown = page;
  page.element.hidden = page.problems.element.hidden = false;
  nav.troubled(address, false);
  setText(byId("title"), info.title);
  setText(byId("sentence"), info.sentence ?? "");
  byId("sentence").hidden = !info.sentence;
  const whole = benches.length > 1 || !bench.title ? "The workbench" : bench.title;
  document.title = `${info.title} · ${whole}`;
  nav.mark(address);
  busy.show(page.state);
  if (moved) scrollTo(0, page.scroll);
}

/** There is no page: how one begins. */
function empty() {
  setText(byId("title"), "The workbench");
  const problem = benches.map(({ problem: one }) => one).find(Boolean);
  setText(byId("begin-words"), problem ?? "There are no pages yet. Give the workbench some:");
  byId("begin-code").hidden = Boolean(problem);
}

/** @param {string} words @param {Node} [more] */
function leave(words, more) {
  for (const page of pages.values()) page.lost();
  if (everHere || more) say(words, more);
  else say("Waiting for the workbench…");
}

/** @param {string} words empty where there is nothing to say @param {Node} [more] */
function say(words, more) {
  setText(notice, words);
  if (more) notice.append(more);
  notice.hidden = !words;
}

byId("nav").replaceWith(nav.element);
byId("busy").replaceWith(busy.element);
byId("keys").addEventListener("click", () => keys.open());
addEventListener("hashchange", () => {
  go();
  main.focus({ preventScroll: true });
});
keys.start();
hints.start();
link.start();
