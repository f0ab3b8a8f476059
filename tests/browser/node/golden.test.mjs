import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Identities } from "../../../static/js/document/identities.js";

const CLIENT = 7;
const FOLDER = new URL("../../protocol/golden/", import.meta.url);

/** A golden message, with numbers where the file holds words for what differs each time. */
function golden(name) {
  const text = readFileSync(new URL(`${name}.json`, FOLDER), "utf8");
  return JSON.parse(text, (_, value) => (value === "<client>" ? CLIENT : value));
}

test("the page reads tokens and aliases as the server shapes them", () => {
  for (const name of ["update", "story_open"]) {
    const { tokens, aliases, runs } = golden(name);
    const identities = new Identities();
    identities.addTokens(tokens);
    identities.addAliases(aliases);
    const [[run, index, , client, clock, units]] = tokens;
    assert.equal(run, runs[0].id);
    assert.deepEqual(identities.written(client, clock, units + 1), [
      { units, run, index },
      { units: 1, run, index: index + 1 },
    ]);
  }
});

test("text that came back is what it was first", () => {
  const { tokens, aliases } = golden("update");
  const identities = new Identities();
  identities.addTokens(tokens);
  identities.addAliases(aliases);
  const [[client, clock, units, originalClient, originalClock]] = aliases;
  assert.deepEqual(identities.originals(client, clock, units), [
    { client: originalClient, clock: originalClock, units },
  ]);
});

test("a refused call carries a code and a sentence, and nothing else", () => {
  const { ok, error, ...rest } = golden("error");
  assert.equal(ok, false);
  assert.deepEqual(Object.keys(error).sort(), ["code", "message"]);
  assert.deepEqual(rest, {});
});
