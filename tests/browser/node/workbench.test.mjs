import assert from "node:assert/strict";
import { test } from "node:test";

import { keyOf } from "../../../static/js/workbench/elements/button.js";
import { figure } from "../../../static/js/workbench/figures.js";
import { safeLink } from "../../../static/js/workbench/links.js";
import { addressOf, benchesOf, benchName, placeOf } from "../../../static/js/workbench/nav.js";
import { shadeClass } from "../../../static/js/workbench/shades.js";
import { same } from "../../../static/js/workbench/view.js";

const page = (/** @type {string} */ key) => ({ key, title: key, sentence: "" });
const own = { key: "", title: "Own", pages: [page("chat"), page("runs")] };
const theirs = { key: "a/my_app.py", title: "Theirs", pages: [page("chat"), page("lamps")] };
const broken = { key: "broken", title: "Broken", pages: [], problem: "No such module." };

const keysAt = (/** @type {string} */ hash, benches = [own, theirs, broken]) => {
  const place = placeOf(benches, hash);
  return place && [place.bench.key, place.info?.key ?? null];
};

test("an address leads to the page of its workbench, or the first that is called so, or the first", () => {
  assert.deepEqual(keysAt("#chat"), ["", "chat"]);
  assert.deepEqual(keysAt("#lamps"), ["a/my_app.py", "lamps"]);
  assert.deepEqual(keysAt("#a/my_app.py/chat"), ["a/my_app.py", "chat"]);
  assert.deepEqual(keysAt(`#${encodeURI(addressOf("a/my_app.py", "lamps"))}`), [
    "a/my_app.py",
    "lamps",
  ]);
  assert.deepEqual(keysAt("#nothing"), ["", "chat"]);
  assert.deepEqual(keysAt("#%E0%A4%A"), ["", "chat"]);
  assert.deepEqual(keysAt("#broken/"), ["broken", null]);
  assert.deepEqual(keysAt("", [broken]), ["broken", null]);
  assert.equal(keysAt("", []), null);
});

test("one workbench is as several of which there is one", () => {
  assert.deepEqual(benchesOf({ title: "T", pages: own.pages }), [
    { key: "", title: "T", pages: own.pages },
  ]);
  assert.deepEqual(benchesOf({ benches: [own, theirs] }), [own, theirs]);
});

test("of workbenches that are called alike a developer's goes by its module", () => {
  const alike = { ...theirs, title: "Own" };
  assert.equal(benchName(alike, [own, alike]), "my_app.py");
  assert.equal(benchName(own, [own, alike]), "Own");
  assert.equal(benchName(theirs, [own, theirs]), "Theirs");
});

test("a link leads to the web or to this server", () => {
  assert.equal(safeLink("https://example.org/a?b#c")?.href, "https://example.org/a?b#c");
  assert.equal(safeLink("/preferences")?.outside, false);
  assert.equal(safeLink("http://example.org")?.outside, true);
  for (const wrong of [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "file:///a",
    "",
    null,
    3,
    "http://",
  ])
    assert.equal(safeLink(wrong), null, String(wrong));
});

test("a number is as short as says it, and stands in a column with the digits that are wanted", () => {
  assert.equal(figure(2.3, 2), "2.30");
  assert.equal(figure(-0.25, 2), "−0.25");
  assert.equal(figure(1234567), "1,234,567");
  assert.equal(figure(2026), "2026");
  assert.equal(figure(0.123456), "0.123");
  assert.equal(figure(4.53894), "4.539");
  assert.equal(figure(0.0000012), "1.2e-6");
  assert.equal(figure(null, 2), "–");
});

test("a shade is one of the room's steps", () => {
  assert.equal(shadeClass(0), "heat heat-0");
  assert.equal(shadeClass(1), "heat heat-6");
  assert.equal(shadeClass(7), "heat heat-6");
  assert.equal(shadeClass(null), "");
});

test("a developer's key is one that the page knows", () => {
  assert.equal(keyOf("Ctrl+Enter"), "Mod+Enter");
  assert.equal(keyOf("Alt+N"), "Alt+n");
  assert.equal(keyOf(undefined), "");
});

test("JSON is the same by what it says", () => {
  assert.ok(same([{ a: 1, b: [null, "x"] }], [{ b: [null, "x"], a: 1 }]));
  assert.ok(!same([1, 2], [1, 2, 3]));
  assert.ok(!same({ a: 1 }, { b: 1 }));
  assert.ok(!same([], {}));
});
