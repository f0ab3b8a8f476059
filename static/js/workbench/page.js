/**
 * One page of a workbench, open in this browser: its visit at the server, what it is told, what is done with it.
 *
 * News are applied once per frame, and answered then: the server sends the next after that. Events go out one after
 * the other, so that their order stands.
 */

import { h } from "../dom.js";
import { nextFrame } from "../store.js";
import { Problems } from "./problems.js";
import { saveFile } from "./saving.js";
import { Tree } from "./tree.js";

/** @typedef {{key: string, title: string, sentence?: string}} PageInfo */
/** @typedef {{busy: boolean, done: number, total: number, note: string}} Busy */
/** @typedef {{busy: (page: Page) => void, problem: (page: Page) => void}} On */

const IDLE = { busy: false, done: 0, total: 0, note: "" };
const NEAR_PX = 48;
/** Where more of the window than this lies below what is written, it stands not at the end. */
const MOST_BELOW = 0.6;

export class Page {
  /** @param {string} bench @param {PageInfo} info @param {import("./link.js").Link} link @param {On} on */
  constructor(bench, info, link, on) {
    this.bench = bench;
    this.info = info;
    this.link = link;
    this.on = on;
    this.element = h("div", { class: "wb-page" });
    this.problems = new Problems();
    /** @type {Busy} */
    this.state = IDLE;
    this.scroll = 0;
    this.visit = "";
    this.number = 0;
    this.opening = 0;
    /** @type {Promise<unknown>} */
    this.sent = Promise.resolve();
    /** @type {Set<{flush: () => Promise<void>}>} */
    this.holding = new Set();
    /** @type {[import("./link.js").Told, () => void][]} */
    this.news = [];
    this.tree = new Tree(this.element, {
      send: (id, event, value) => this.#send(id, event, value),
      flush: () => this.flush(),
      hold: (field) => this.holding.add(field),
      say: (message) => this.complain(message),
      name: info.title,
    });
  }

  get key() {
    return `storygen.workbench.visit:${this.bench}/${this.info.key}`;
  }

  /** At the server, for the first time or after it was away: the page goes on where it was, if it is still there. */
  async open() {
    const opening = (this.opening += 1);
    const before = this.visit || sessionStorage.getItem(this.key) || "";
    const asked = { bench: this.bench, page: this.info.key, ...(before && { visit: before }) };
    const answer = await this.link.call("open", asked);
    if (opening !== this.opening) return;
    if (this.visit && this.visit !== answer.visit) {
      this.link.forget(this.visit);
      this.tree.clear();
      this.problems.add("The workbench was started anew, and this page with it.", "", false);
    }
    this.visit = answer.visit;
    this.number = answer.number;
    this.news = [];
    sessionStorage.setItem(this.key, this.visit);
    this.tree.put(answer.tree);
    this.#busy({ ...IDLE, busy: Boolean(answer.busy) });
    this.link.listen(this.visit, (told, done) => this.#told(told, done));
    void this.flush();
  }

  /** The server is away. */
  lost() {
    this.opening += 1;
    this.news = [];
    this.#busy(IDLE);
  }

  /** @param {string} message @param {string} [trace] */
  complain(message, trace = "") {
    this.problems.add(message, trace);
    this.on.problem(this);
  }

  /** Gives up what runs. */
  stop() {
    const asked = { bench: this.bench, visit: this.visit };
    this.link.call("cancel", asked).catch((error) => this.complain(error.message));
  }

  /** Sends what fields hold back, in the order in which it was typed. */
  async flush() {
    const fields = [...this.holding];
    this.holding.clear();
    await Promise.all(fields.map((field) => field.flush()));
  }

  /** @param {string} id @param {string} event @param {unknown} value */
  #send(id, event, value) {
    const asked = { id, event, value: value ?? null };
    if (event !== "change") this.problems.fade();
    const answer = this.sent.then(() =>
      this.link.call("event", { bench: this.bench, visit: this.visit, ...asked }),
    );
    this.sent = answer.catch(() => {});
    return answer;
  }

  /** @param {import("./link.js").Told} told @param {() => void} done */
  #told(told, done) {
    this.news.push([told, done]);
    if (this.news.length === 1) nextFrame(() => this.#apply());
  }

  #apply() {
    const news = this.news;
    this.news = [];
    const follow = this.#follower(news.flatMap(([{ ops }]) => ops));
    for (const [{ number, ops }, done] of news) {
      if (number > this.number) {
        this.number = number;
        for (const op of ops) this.#op(op);
      }
      done();
    }
    follow();
  }

  /** @param {import("./link.js").Op} op */
  #op(op) {
    if (op.op === "busy") {
      const { busy, done, total, note } = op;
      this.#busy({ busy, done, total, note });
    } else if (op.op === "problem") this.complain(op.message, op.trace ?? "");
    else if (op.op === "save") saveFile(op.name, op.type, op.data);
    else this.tree.apply(op);
  }

  /** @param {Busy} state */
  #busy(state) {
    this.state = state;
    this.element.classList.toggle("is-busy", state.busy);
    this.on.busy(this);
  }

  /**
   * What is written near the end of the page stays in sight, while the reader is there.
   *
   * @param {import("./link.js").Op[]} ops
   * @returns {() => void} to be called when they were applied
   */
  #follower(ops) {
    const id = ops.map(writingIn).find(Boolean);
    const root = document.documentElement;
    const left = root.scrollHeight - root.clientHeight - root.scrollTop;
    if (!id || left > NEAR_PX || this.element.hidden) return () => {};
    return () => {
      const element = this.tree.views.get(id)?.element;
      if (!element?.checkVisibility()) return;
      const bottom = root.scrollTop + element.getBoundingClientRect().bottom;
      const below = root.scrollHeight - bottom;
      if (below < root.clientHeight * MOST_BELOW) root.scrollTop = root.scrollHeight;
    };
  }
}

/** @param {import("./link.js").Op} op @returns {string} the id of the element in which it writes on; empty for none */
function writingIn(op) {
  if (op.op === "grow" && op.name === "text") return op.id;
  const begun = op.op === "children" ? op.children.find(isWritten) : undefined;
  return begun?.id ?? "";
}

/** @param {import("./view.js").ElementJson} json */
const isWritten = ({ kind, state }) => kind === "turn" && state === "writing";
