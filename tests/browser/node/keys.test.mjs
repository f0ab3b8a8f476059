import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { actionsOf, keyText, keysOf, matches } from "../../../static/js/actions.js";

const actions = actionsOf(/** @type {any} */ ({ store: { state: {} } }));

/** Letters behind Alt that open a menu or the address in Chrome or Edge. Firefox asks the page before its hidden menu bar. */
const TAKEN_BEHIND_ALT = [..."def"];
const TAKEN = [..."ntwpfrldjhu"].map((letter) => `Mod+${letter}`);

/** @param {string} key @returns {any} */
const event = (key, more = {}) => ({
  key,
  code: "",
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  metaKey: false,
  ...more,
});

test("every action has a key of its own, where it works, that no browser takes", () => {
  const keys = actions.flatMap((action) =>
    keysOf(action).map((key) => `${action.within ?? "everywhere"}: ${key}`),
  );
  assert.equal(new Set(keys).size, keys.length);
  for (const action of actions)
    for (const key of keysOf(action)) {
      assert.ok(key, action.id);
      assert.ok(!TAKEN.includes(key), action.id);
      assert.ok(!(key.startsWith("Alt+") && TAKEN_BEHIND_ALT.includes(key.slice(4))), action.id);
    }
});

test("the README lists every action's key", () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf-8");
  for (const action of actions) {
    const shown = keysOf(action).map((key) => keyText(key, false).replaceAll(" ", "+"));
    assert.ok(readme.includes(`| ${shown.join(", ")} |`), `${action.id}: ${shown}`);
  }
});

test("Write has a second key, E, beside the one that is shown", () => {
  const write = actions.find(({ id }) => id === "write");
  assert.deepEqual(keysOf(/** @type {any} */ (write)), ["Mod+Enter", "Mod+e"]);
  assert.ok(matches(event("e", { ctrlKey: true }), "Mod+e"));
});

test("a key matches only with exactly its modifiers", () => {
  assert.ok(matches(event("Enter", { ctrlKey: true }), "Mod+Enter"));
  assert.ok(!matches(event("Enter"), "Mod+Enter"));
  assert.ok(!matches(event("Enter", { ctrlKey: true, shiftKey: true }), "Mod+Enter"));
  assert.ok(!matches(event("Enter", { ctrlKey: true, altKey: true }), "Mod+Enter"));
  assert.ok(matches(event("F2"), "F2"));
});

test("a key is the letter typed, or the one printed where the keyboard makes another sign", () => {
  assert.ok(matches(event("&", { altKey: true, code: "Digit1" }), "Alt+1"));
  assert.ok(matches(event("c", { altKey: true, code: "KeyI" }), "Alt+c"));
  assert.ok(!matches(event("c", { altKey: true, code: "KeyI" }), "Alt+i"));
  assert.ok(matches(event("/", { ctrlKey: true, shiftKey: true, code: "Digit7" }), "Mod+/"));
});

test("what AltGr types stays a letter", () => {
  assert.ok(!matches(event("ą", { ctrlKey: true, altKey: true, code: "KeyA" }), "Alt+a"));
});

test("on a Mac Option goes on typing letters: Control and Shift stand for Alt", () => {
  assert.ok(!matches(event("å", { altKey: true, code: "KeyA" }), "Alt+a", true));
  assert.ok(matches(event("A", { ctrlKey: true, shiftKey: true, code: "KeyA" }), "Alt+a", true));
  assert.ok(matches(event("!", { ctrlKey: true, shiftKey: true, code: "Digit1" }), "Alt+1", true));
  assert.ok(matches(event("Enter", { altKey: true }), "Alt+Enter", true));
  assert.ok(matches(event("k", { metaKey: true }), "Mod+k", true));
  assert.ok(!matches(event("k", { ctrlKey: true }), "Mod+k", true));
  assert.equal(keyText("Alt+a", true), "⌃⇧A");
  assert.equal(keyText("Mod+Shift+Enter", true), "⌘⇧⏎");
});
