import assert from "node:assert/strict";
import { test } from "node:test";

import { Finger } from "../../../static/js/document/finger.js";
import { Identities } from "../../../static/js/document/identities.js";
import { Outbox } from "../../../static/js/document/outbox.js";
import { aliasesOfUndone } from "../../../static/js/document/undone.js";
import { EditorState, Y } from "../../../static/vendor/libs.js";

/** A small generator of numbers below `n`, the same in every run. */
function numbers(seed) {
  let state = seed;
  return (n) => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Every identity of the text, by walking it from the start. */
function identitiesOf(text) {
  const all = [];
  for (let item = text._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue;
    for (let i = 0; i < item.length; i++) all.push([item.id.client, item.id.clock + i]);
  }
  return all;
}

test("a finger finds what a walk from the start finds, through edits of several authors", () => {
  const random = numbers(7);
  const [here, there] = [new Y.Doc(), new Y.Doc()];
  const text = here.getText("text");
  const finger = new Finger(text);
  let editor = EditorState.create({ doc: "" });
  text.observe((event) => {
    let at = 0;
    const changes = [];
    for (const part of event.delta) {
      if (part.retain) at += part.retain;
      else if (part.delete) {
        changes.push({ from: at, to: at + part.delete });
        at += part.delete;
      } else changes.push({ from: at, insert: String(part.insert) });
    }
    const update = editor.update({ changes });
    editor = update.state;
    finger.moved(update.changes);
  });
  for (let step = 0; step < 1500; step++) {
    const doc = random(2) ? here : there;
    const target = doc.getText("text");
    const at = random(target.length + 1);
    if (random(3) && target.length < 400) target.insert(at, "abcdef".slice(0, 1 + random(6)));
    else target.delete(at, Math.min(random(5), target.length - at));
    if (random(3) === 0) {
      Y.applyUpdate(here, Y.encodeStateAsUpdate(there, Y.encodeStateVector(here)));
      Y.applyUpdate(there, Y.encodeStateAsUpdate(here, Y.encodeStateVector(there)));
    }
    const expected = identitiesOf(text);
    assert.equal(editor.doc.toString(), text.toString());
    const from = random(expected.length + 1);
    const to = Math.min(expected.length, from + random(20));
    const found = finger
      .stretches(from, to)
      .flatMap(({ client, clock, units }) =>
        Array.from({ length: units }, (_, i) => [client, clock + i]),
      );
    assert.deepEqual(found, expected.slice(from, to));
    const index = random(expected.length + 1);
    assert.deepEqual(finger.placeAt(index), index ? expected[index - 1] : null);
    assert.equal(finger.indexOf(finger.placeAt(index)), index);
  }
});

test("a place whose character is gone is where it stood; one not known yet is nowhere", () => {
  const doc = new Y.Doc();
  const text = doc.getText("text");
  text.insert(0, "abcdef");
  const finger = new Finger(text);
  const place = finger.placeAt(3);
  text.delete(1, 3);
  assert.equal(new Finger(text).indexOf(place), 1);
  assert.equal(new Finger(text).indexOf([doc.clientID, 600]), null);
});

test("undo of deleted text of a run declares what it was", () => {
  const identities = new Identities();
  const doc = new Y.Doc();
  const server = new Y.Doc();
  server.getText("text").insert(0, "one two three");
  identities.addTokens([["r", 0, 1, server.clientID, 0, 13]]);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(server));
  const text = doc.getText("text");
  const manager = new Y.UndoManager(text, { trackedOrigins: new Set(["me"]) });
  doc.transact(() => text.delete(4, 3), "me");
  const before = Y.decodeStateVector(Y.encodeStateVector(doc));
  /** @type {any[]} */
  let declared = [];
  manager.on("stack-item-popped", ({ stackItem }) => {
    declared = aliasesOfUndone(doc, identities, stackItem, before);
  });
  manager.undo();
  assert.equal(text.toString(), "one two three");
  assert.deepEqual(declared, [[doc.clientID, 0, 3, server.clientID, 4]]);
});

/** An outbox whose deliveries the test ends by hand. */
function outboxByHand() {
  const sent = [];
  const outbox = new Outbox(
    (parcel) => new Promise((stored, failed) => sent.push({ parcel, stored, failed })),
    { progressed: () => undefined, failed: () => undefined },
  );
  const doc = new Y.Doc();
  doc.on("update", (update) => outbox.add(update));
  const type = (word) => doc.getText("text").insert(doc.getText("text").length, word);
  return { outbox, sent, doc, type };
}

const turn = () => new Promise((then) => setImmediate(then));

test("one update is under way at a time, and later ones are merged behind it", async () => {
  const { outbox, sent, type } = outboxByHand();
  outbox.reopen(null, () => true);
  type("a");
  await turn();
  type("b");
  type("c");
  await turn();
  assert.equal(sent.length, 1);
  sent[0].stored();
  await turn();
  assert.equal(sent.length, 2);
  const replica = new Y.Doc();
  for (const { parcel } of sent) Y.applyUpdate(replica, parcel.update);
  assert.equal(replica.getText("text").toString(), "abc");
  sent[1].stored();
  await outbox.flush();
  assert.ok(outbox.empty);
});

test("flush waits until everything typed before it is stored", async () => {
  const { outbox, sent, type } = outboxByHand();
  outbox.reopen(null, () => true);
  type("a");
  let flushed = false;
  const waiting = outbox.flush().then(() => {
    flushed = true;
  });
  await turn();
  assert.equal(flushed, false);
  sent[0].stored();
  await waiting;
  assert.equal(flushed, true);
});

test("what could not be delivered is kept, with its aliases, until sending begins anew", async () => {
  const { outbox, sent, doc, type } = outboxByHand();
  outbox.reopen(null, () => true);
  type("a");
  outbox.addAliases([[doc.clientID, 0, 1, 7, 0]]);
  await turn();
  sent[0].failed(new Error("away"));
  await turn();
  type("b");
  await turn();
  assert.equal(sent.length, 1);
  outbox.reopen(Y.encodeStateAsUpdate(doc), () => true);
  await turn();
  assert.deepEqual(sent[1].parcel.aliases, [[doc.clientID, 0, 1, 7, 0]]);
  const replica = new Y.Doc();
  Y.applyUpdate(replica, sent[1].parcel.update);
  assert.equal(replica.getText("text").toString(), "ab");
});

test("an alias whose text the server has already is not declared again", async () => {
  const { outbox, sent, doc, type } = outboxByHand();
  type("a");
  outbox.addAliases([[doc.clientID, 0, 1, 7, 0]]);
  outbox.reopen(Y.encodeStateAsUpdate(doc), () => false);
  await turn();
  assert.deepEqual(sent[0].parcel.aliases, []);
});
