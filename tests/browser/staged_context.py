"""What the model would read, as tests want it: the page answers `context_show`, the server all else.

A context has a token for every four letters; a key calls its entry where the text holds it.
`window.asked` keeps what the page asked of the memory's calls; `localStorage["staged.slow"]` milliseconds
pass before such a call goes out; `localStorage["staged.story"]` stands in for the story.
"""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Route

from tests.browser.room import ROOT

CONNECTION = ROOT / "static" / "js" / "connection.js"
UPDATES = 'this.socket.on("update", (event, answer) => on.updated(event, () => answer?.(true)));'
HOOK = """this.socket.on("update", (event, answer) => {
      if (event.memory) present = event.memory.memory;
      on.updated(event, () => answer?.(true));
    });"""
STAGED = r"""
let present = null;
window.asked = [];
const changed = (memory, { patch = {}, removed = [] }) => {
  const byId = new Map(memory.entries.map((entry) => [entry.id, entry]));
  for (const id of removed) byId.delete(id);
  for (const entry of patch.entries ?? []) byId.set(entry.id, entry);
  return { ...memory, ...patch, entries: [...byId.values()] };
};
const num = (text) => Math.ceil(text.length / 4);
const piece = (origin, text, entry = null) =>
  text ? [{ origin, entry, text, num_tokens: num(text) }] : [];
const keyIn = (entry, text) =>
  entry.keys.find((key) => text.toLowerCase().includes(key.toLowerCase()));
const contextOf = (memory) => {
  const lines = [...document.querySelectorAll(".cm-line")].map((line) => line.textContent);
  const story = localStorage["staged.story"] ?? lines.join("\n");
  const on = memory.entries.filter((entry) => entry.on);
  const called = on.filter((entry) => entry.constant || keyIn(entry, story));
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
  const active = there.map((entry) => ({
    entry: entry.id,
    key: entry.constant ? null : keyIn(entry, story),
  }));
  return {
    window: used + 800,
    reserve: 200,
    used,
    pieces,
    cut: { memory: 0, story: 1204, lore: out.map(({ id }) => id) },
    active,
    wrong: broken.map(({ id }) => ({ entry: id, message: "The pattern /(/ is broken." })),
    reread: { tokens: 480 + num(memory.text), seconds: 0.62 },
  };
};
const original = Connection.prototype.call;
Connection.prototype.call = async function (event, fields = {}) {
  if (/^(memory_set|run_memory|context_show)$/.test(event)) {
    window.asked.push([event, structuredClone(fields)]);
    const slow = Number(localStorage["staged.slow"] ?? 0);
    if (slow) await new Promise((then) => setTimeout(then, slow));
  }
  if (event === "context_show" && this.here && present)
    return { ok: true, context: contextOf(changed(present, fields)) };
  const answer = await original.call(this, event, fields);
  if (event === "story_open") present = answer.memory;
  return answer;
};
"""


def stage_context(context: BrowserContext) -> None:
    """In every page of this profile from now on."""
    source = CONNECTION.read_text("utf-8")
    assert UPDATES in source
    body = source.replace(UPDATES, HOOK) + STAGED

    def give(route: Route) -> None:
        route.fulfill(body=body, content_type="text/javascript")

    context.route("**/static/js/connection.js", give)
