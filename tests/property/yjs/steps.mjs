/**
 * Thousands of random steps of several browsers, and what must be true when they have come to rest.
 *
 * Arguments: JSON {url, token, story, document, model, seed, steps, kills}. Asks its parent to end the
 * server ("kill_server") or the worker ("kill_worker") by a line and waits for a line; ends with a report.
 * Each token is ` w<index>:<beginning of its run's id>`; people write with other letters only.
 */

import { createInterface } from "node:readline";
import { Y } from "../../../static/vendor/libs.js";
import { Browser, pause, until } from "./browser.mjs";

const HUMAN = [
  "g",
  "ho",
  "Kitty ",
  "é",
  "o\u0301",
  "😀",
  "猫",
  "海が見えた。",
  "👩‍👩‍👧",
  "ض",
  "\n",
  "! ",
];
const TOKEN_LETTERS = /[0-9a-fw:]/;
const PAUSE_MS = 3;
const MAX_LIVE_RUNS = 2;

const options = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const counts = {};
let seed = options.seed;

/** A number below `n`, from the seed alone. */
function random(n) {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
}

const pick = (list) => list[random(list.length)];

async function ask(what) {
  process.stdout.write(`${JSON.stringify({ ask: what })}\n`);
  await lines.next();
}

/** A place in the text that cuts no character; most often near the end. */
function somewhere(text) {
  const length = text.length;
  let at = random(3) ? Math.max(0, length - random(40)) : random(length + 1);
  if (/[\udc00-\udfff]/.test(text.toString()[at] ?? "")) at -= 1;
  return at;
}

function type(browser) {
  const [at, letters] = [somewhere(browser.text), pick(HUMAN)];
  browser.type((text) => text.insert(at, letters));
}

function erase(browser) {
  const [from, to] = [somewhere(browser.text), somewhere(browser.text)].sort((a, b) => a - b);
  browser.type((text) => text.delete(from, to - from));
}

const live = (browser) => [...browser.runs.values()].filter((run) => run.state !== "ended");
const anyRun = (browser) => pick([...browser.runs.keys()]) ?? "none";

async function start(browser) {
  const { story } = browser;
  if (live(browser).length >= MAX_LIVE_RUNS) return;
  await browser.document.flush();
  const at = random(2) ? "end" : browser.place(somewhere(browser.text));
  await browser.attempt("run_start", { story, model: options.model, at });
}

/** Resumes what is paused or interrupted, so that in the end much has been written. */
async function resume(browser) {
  const waiting = [...browser.runs.values()].filter(
    (run) => run.state === "paused" || run.reason === "interrupted",
  );
  if (waiting.length) await browser.attempt("run_resume", { run: pick(waiting).id });
}

async function restore(browser) {
  const { story } = browser;
  const { checkpoints } = await browser.attempt("checkpoints", { story });
  if (!checkpoints?.length) return;
  await browser.attempt("checkpoint_restore", { story, checkpoint: pick(checkpoints).id });
}

async function continueHere(browser) {
  const { story } = browser;
  await browser.document.flush();
  const at = browser.place(Math.max(0, browser.text.length - random(80)));
  await browser.attempt("continue_here", { story, at });
}

/** An update that claims to be written by a server is refused; what stands there already changes nothing. */
async function forge(browser) {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(browser.document.doc));
  doc.clientID = pick([...browser.document.serverClients]);
  const before = Y.encodeStateVector(doc);
  doc.getText("text").insert(0, "forged");
  const update = Y.encodeStateAsUpdate(doc, before);
  const answer = await browser.call("doc_update", { story: browser.story, update });
  const code = answer.error?.code ?? "";
  if (
    !answer.ok &&
    !["refused", "missing_history", "bad_request", "away", "not_open"].includes(code)
  ) {
    browser.faults.push(`a forged update was answered with ${JSON.stringify(answer)}`);
  }
}

async function comeOrGo(browser) {
  if (browser.socket.active) browser.disconnect();
  else {
    browser.connect();
    await browser.ready();
  }
}

const STEPS = [
  [34, "type", type],
  [10, "erase", erase],
  [7, "undo", (browser) => browser.document.undo()],
  [3, "redo", (browser) => browser.document.redo()],
  [5, "start", start],
  [3, "pause", (browser) => browser.attempt("run_pause", { run: anyRun(browser) })],
  [6, "resume", resume],
  [2, "stop", (browser) => browser.attempt("run_stop", { run: anyRun(browser) })],
  [4, "come_or_go", comeOrGo],
  [2, "restore", restore],
  [2, "continue_here", continueHere],
  [2, "forge", forge],
  [8, "rest", () => pause(30)],
];
const DECK = STEPS.flatMap(([weight, name, work]) => Array(weight).fill([name, work]));
const OFFLINE = new Set(["type", "erase", "undo", "redo", "come_or_go", "rest"]);

async function step(browsers) {
  const browser = pick(browsers);
  const [name, work] = pick(DECK);
  if (!browser.online && !OFFLINE.has(name)) return;
  counts[name] = (counts[name] ?? 0) + 1;
  await work(browser);
}

async function rest(browsers) {
  for (const browser of browsers) {
    browser.connect();
    await browser.ready();
  }
  const [first] = browsers;
  for (const run of live(first)) await first.attempt("run_stop", { run: run.id });
  for (const browser of browsers) {
    await until(async () => {
      await browser.document.flush();
      return browser.document.outbox.empty && browser.online;
    }, "everything is stored");
  }
}

/** What each character of a browser's text is, by its own tables, as `provenance` shapes it. */
function attributed(browser) {
  const spans = [];
  for (let item = browser.text._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const { client, clock } = item.id;
    for (const { units, run, index } of browser.document.identities.written(
      client,
      clock,
      item.length,
    )) {
      const author = run === null ? "human" : [run, index];
      const last = spans.at(-1);
      if (last && String(last[1]) === String(author)) last[0] += units;
      else spans.push([units, author]);
    }
  }
  return spans;
}

/** Where a letter is not the very letter that its token wrote, or that a person could have. */
function misattributed(browser) {
  const { identities } = browser.document;
  const letters = browser.text.toString();
  const wrong = [];
  let at = 0;
  for (let item = browser.text._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue;
    for (let unit = 0; unit < item.length; unit++) {
      const [first] = identities.originals(item.id.client, item.id.clock + unit, 1);
      const token = (identities.tokens.get(first.client) ?? []).find(
        ({ clock, units }) => clock <= first.clock && first.clock < clock + units,
      );
      const letter = letters[at++];
      const right = token
        ? ` w${token.index}:${token.run.slice(0, 4)}`[first.clock - token.clock] === letter
        : !TOKEN_LETTERS.test(letter);
      if (!right)
        wrong.push(`${JSON.stringify(letter)} at ${at}: ${JSON.stringify(token ?? "human")}`);
    }
  }
  return wrong;
}

async function main() {
  const { url, token, story, document, steps, kills } = options;
  const make = () => new Browser(url, token, story, document);
  const browsers = [make(), make(), make()];
  for (const browser of browsers) await browser.start();
  for (let number = 1; number <= steps; number++) {
    await step(browsers);
    await pause(PAUSE_MS);
    if (kills && number % Math.ceil(steps / (kills + 1)) === 0) {
      await ask(pick(["kill_server", "kill_server", "kill_worker"]));
    }
  }
  await rest(browsers);
  const fresh = make();
  await fresh.start();
  const text = fresh.text.toString();
  const all = [...browsers, fresh];
  await until(
    () => browsers.every((b) => b.text.toString() === text),
    "all replicas are equal",
  ).catch(() =>
    fresh.faults.push("replicas differ", ...all.map((b) => JSON.stringify(b.text.toString()))),
  );
  const { spans } = await fresh.call("provenance", { story });
  fresh.faults.push(...misattributed(fresh));
  for (const browser of all) {
    if (JSON.stringify(attributed(browser)) !== JSON.stringify(spans)) {
      browser.faults.push("a browser shows other authors than the server");
    }
  }
  const faults = all.flatMap((browser, number) =>
    browser.faults.map((fault) => `${number}: ${fault}`),
  );
  const tokens = spans.filter(([, author]) => author !== "human").length;
  all.forEach((browser) => browser.stop());
  const report = `${JSON.stringify({ faults, counts, units: text.length, tokens })}\n`;
  process.stdout.write(report, () => process.exit(0));
}

await main();
