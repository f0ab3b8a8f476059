/** Wires the workbench: which pages there are, the one in sight, what runs on it, and what went wrong. */

import { startBeside } from "../beside.js";
import { byId, h, setText } from "../dom.js";
import { BusyBar } from "./busy.js";
import { Hints } from "./hints.js";
import { Keys } from "./keys.js";
import { Link } from "./link.js";
import { addressOf, benchesOf, benchName, Nav, placeOf } from "./nav.js";
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
const EXAMPLE = `Workbench(model="my-model", dataset="my-data.jsonl", pages=[DatasetViewer(), Generation()])`;
/** @type {Map<string, Page>} those that were opened, by address */
const pages = new Map();
/** @type {Bench[]} */
let benches = [];
/** @type {Page | null} in sight */
let shown = null;
let everHere = false;
/** @type {Map<string, number>} when the process of a workbench ended, in milliseconds */
const ended = new Map();
const ENDS_AGAIN_MS = 20_000;
const LIST_AGAIN_MS = 1000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let listing;

const link = new Link({
  here: () => void arrive(),
  gone: (bench) => restart(bench),
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
    await list();
    everHere = true;
    say("");
    for (const page of pages.values()) if (page !== shown) reopen(page);
    if (shown) reopen(shown);
    go();
  } catch (error) {
    say(/** @type {RefusedCall} */ (error).message);
  }
}

/** Which pages there are; asked again as long as a workbench is starting. */
async function list() {
  const answer = await link.call("pages", {});
  benches = benchesOf(answer);
  nav.show(benches);
  if (!answer.room) nameBar();
  clearTimeout(listing);
  if (benches.some(({ starting }) => starting))
    listing = setTimeout(() => list().then(go, () => {}), LIST_AGAIN_MS);
}

/** A workbench of its own has no writing room to go back to. */
function nameBar() {
  const back = document.querySelector(".back");
  if (!(back instanceof HTMLElement) || back.hidden) return;
  back.hidden = true;
  back.after(h("span", { class: "wb-name" }, benches[0].title || "The workbench"));
}

/** @param {Page} page */
function reopen(page) {
  page.open().catch((/** @type {RefusedCall} */ error) => {
    if (error.code !== "away") page.complain(error.message);
  });
}

/** @param {string} name of a workbench whose process ended: its pages are opened anew, which starts it again */
function restart(name) {
  const again = performance.now() - (ended.get(name) ?? -Infinity) < ENDS_AGAIN_MS;
  ended.set(name, performance.now());
  for (const page of pages.values()) {
    if (page.bench !== name) continue;
    page.lost();
    // What ends it each time is not done over and over.
    if (again) page.complain("The workbench’s process ended again. Load this page to start it.");
    else reopen(page);
  }
}

/** To the page that the address names. */
function go() {
  const place = placeOf(benches, location.hash);
  if (shown) {
    shown.scroll = scrollY;
    shown.element.hidden = shown.problems.element.hidden = true;
  }
  begin.hidden = Boolean(place?.info);
  if (!place?.info) return empty(place?.bench ?? null);
  const { bench, info } = place;
  const address = addressOf(bench.key, info.key);
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

/** @param {Bench | null} bench that can't begin; null: there is no page, and how one begins is said */
function empty(bench) {
  shown = null;
  setText(byId("title"), bench ? benchName(bench, benches) : "The workbench");
  byId("sentence").hidden = true;
  setText(byId("begin-words"), bench?.problem ?? "There are no pages yet. Give it some:");
  setText(byId("begin-code"), bench ? (bench.trace ?? "") : EXAMPLE);
  byId("begin-code").hidden = Boolean(bench && !bench.trace);
  document.title = "The workbench · StoryGen";
  if (bench) nav.mark(addressOf(bench.key, ""));
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
