"""The server's part of memory, played in the page: for tests of the page alone.

What is stored lies in `localStorage`, so that it outlives a reload and another window hears of it. A context
has a token for every four letters; a key calls its entry where the text holds it;
`localStorage["stub.slow"]` milliseconds pass before an answer.
"""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import BrowserContext, Route

from tests.browser.room import ROOT

CONNECTION = ROOT / "static" / "js" / "connection.js"
UPDATES = 'this.socket.on("update", (event, answer) => on.updated(event, () => answer?.(true)));'
HOOK = """this.told = (event, done = () => {}) => on.updated(seen(this, event), done);
    heard(this);
    this.socket.on("update", (event, answer) => this.told(event, () => answer?.(true)));"""
STUB = r"""
const KEY = "stub.memory";
const USUAL = {
  text: "", note: "", note_lines: 3, share: 0.75, lore_range: 2000, lore_budget: 400, entries: [],
};
const load = () => JSON.parse(localStorage.getItem(KEY)) ?? { memory: USUAL, version: 1, read: {} };
const store = (now) => localStorage.setItem(KEY, JSON.stringify(now));
const changed = (memory, { patch = {}, removed = [] }) => {
  const byId = new Map(memory.entries.map((entry) => [entry.id, entry]));
  for (const id of removed) byId.delete(id);
  for (const entry of patch.entries ?? []) byId.set(entry.id, entry);
  return { ...memory, ...patch, entries: [...byId.values()] };
};
const readBy = (run) => {
  const now = load();
  if (!(run.id in now.read)) store({ ...now, read: { ...now.read, [run.id]: now.version } });
  return { ...run, memory_version: load().read[run.id], lore: [] };
};
const known = (connection, run) => {
  connection.runs = { ...connection.runs, [run.id]: run };
  return readBy(run);
};
const seen = (connection, event) =>
  event.runs ? { ...event, runs: event.runs.map((run) => known(connection, run)) } : event;
const heard = (connection) =>
  addEventListener("storage", ({ key }) => {
    if (key === KEY) connection.told({ story: localStorage["storygen.story"], memory: load() });
  });
const num = (text) => Math.ceil(text.length / 4);
const piece = (origin, text, entry = null) =>
  text ? [{ origin, entry, text, num_tokens: num(text) }] : [];
const calls = (entry, text) =>
  entry.keys.find((key) => text.toLowerCase().includes(key.toLowerCase()));
const contextOf = (memory) => {
  const lines = [...document.querySelectorAll(".cm-line")].map((line) => line.textContent);
  const story = localStorage["stub.story"] ?? lines.join("\n");
  const on = memory.entries.filter((entry) => entry.on);
  const called = on.filter((entry) => entry.constant || calls(entry, story));
  const out = called.filter((entry) => num(entry.text) > memory.lore_budget);
  const there = called.filter((entry) => !out.includes(entry));
  const half = Math.floor(story.length / 2);
  const pieces = [
    ...piece("start", "<s>"),
    ...piece("format", "Go on:\n"),
    ...piece("memory", memory.text && `${memory.text}\n`),
    ...there.flatMap((entry) => piece("lore", `${entry.text}\n`, entry.id)),
    ...piece("story", story.slice(0, half)),
    ...piece("note", memory.note && `${memory.note}\n`),
    ...piece("story", story.slice(half)),
  ];
  const used = pieces.reduce((sum, { num_tokens }) => sum + num_tokens, 0);
  const broken = on.filter((entry) => entry.keys.includes("/(/"));
  return {
    window: used + 800, reserve: 200, used, pieces,
    cut: { memory: 0, story: 1204, lore: out.map(({ id }) => id) },
    active: called.map((entry) => ({ entry: entry.id, key: calls(entry, story) ?? null })),
    wrong: broken.map(({ id }) => ({ entry: id, message: "The pattern /(/ is broken." })),
    reread: { tokens: 480 + num(memory.text), seconds: 0.62 },
  };
};
const original = Connection.prototype.call;
window.asked = [];
const answers = {
  memory_set(fields, connection) {
    const now = load();
    if (fields.patch.note === "refuse") throw new RefusedCall("too_large", "The note is too long.");
    const next = { ...now, memory: changed(now.memory, fields), version: now.version + 1 };
    store(next);
    setTimeout(() => connection.told({ story: fields.story, memory: next }));
    return { ok: true, memory_version: next.version };
  },
  run_memory({ run }, connection) {
    const now = load();
    store({ ...now, read: { ...now.read, [run]: now.version } });
    connection.told({ story: localStorage["storygen.story"], runs: [connection.runs[run]] });
    return { ok: true, run: null };
  },
  context_show: (fields) => ({ ok: true, context: contextOf(changed(load().memory, fields)) }),
};
Connection.prototype.call = async function (event, fields = {}) {
  if (!(event in answers)) {
    const answer = await original.call(this, event, fields);
    if (answer.run) return { ...answer, run: known(this, answer.run) };
    if (event !== "story_open") return answer;
    const { memory, version } = load();
    const runs = answer.runs.map((run) => known(this, run));
    return { ...answer, memory, memory_version: version, runs };
  }
  if (!this.here) throw new RefusedCall("away", "The server is away just now.");
  window.asked.push([event, structuredClone(fields)]);
  await new Promise((then) => setTimeout(then, Number(localStorage["stub.slow"] ?? 10)));
  if (!this.here) throw new RefusedCall("away", "The server did not answer.");
  return answers[event](fields, this);
};
"""


def stub_memory(context: BrowserContext) -> None:
    """Let every page of this profile play the server's part."""
    source = CONNECTION.read_text("utf-8")
    assert UPDATES in source
    body = source.replace(UPDATES, HOOK) + STUB

    def give(route: Route) -> None:
        route.fulfill(body=body, content_type="text/javascript")

    context.route("**/static/js/connection.js", give)


def begin_with(context: BrowserContext, memory: dict[str, Any]) -> None:
    """What is stored when the first page opens."""
    text = json.dumps({"memory": memory, "version": 1, "read": {}})
    context.add_init_script(f"localStorage['stub.memory'] ??= {json.dumps(text)}")
