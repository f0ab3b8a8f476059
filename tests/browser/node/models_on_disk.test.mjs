import assert from "node:assert/strict";
import { test } from "node:test";

import { ModelsOnDisk } from "../../../static/js/models_on_disk.js";

const HELLO = { models: [{ key: "a" }], default_model: "a", notes: [] };

/** A page with a server whose answers and a clock whose time the test sets. */
function page() {
  const state = { models: HELLO.models, defaultModel: "a", notes: [] };
  const room = { time: 5000, asked: 0, sets: 0, timers: [], hello: HELLO, state, here: true };
  const connection = {
    get here() {
      return room.here;
    },
    call: async (event) => {
      assert.equal(event, "hello");
      room.asked += 1;
      return room.hello;
    },
  };
  const store = {
    get state() {
      return room.state;
    },
    set: (patch) => {
      room.sets += 1;
      room.state = { ...room.state, ...patch };
    },
  };
  const clock = {
    now: () => room.time,
    later: (then, ms) => room.timers.push({ then, at: room.time + ms }),
  };
  const look = async () => {
    models.look();
    await new Promise((then) => setImmediate(then));
  };
  const pass = async (ms) => {
    room.time += ms;
    const due = room.timers.filter((timer) => timer.at <= room.time);
    room.timers = room.timers.filter((timer) => timer.at > room.time);
    for (const timer of due) timer.then();
    await new Promise((then) => setImmediate(then));
  };
  const models = new ModelsOnDisk(connection, store, clock);
  return { room, look, pass };
}

test("it asks at most once a second, and the last look is answered too", async () => {
  const { room, look, pass } = page();
  await look();
  await look();
  await look();
  assert.equal(room.asked, 1);
  await pass(999);
  assert.equal(room.asked, 1);
  await pass(1);
  assert.equal(room.asked, 2);
  await pass(5000);
  assert.equal(room.asked, 2);
});

test("a new model, the default and what is wrong in config.js arrive; the same again changes nothing", async () => {
  const { room, look, pass } = page();
  await look();
  assert.equal(room.sets, 0);
  const note = { message: "A comma is missing.", mend: "", line: 3, column: 1 };
  room.hello = { models: [{ key: "b" }], default_model: "b", notes: [note] };
  await pass(1000);
  await look();
  assert.deepEqual(room.state, { models: [{ key: "b" }], defaultModel: "b", notes: [note] });
  assert.equal(room.sets, 1);
});

test("while the server is away nothing is asked", async () => {
  const { room, look, pass } = page();
  room.here = false;
  await look();
  room.here = true;
  assert.equal(room.asked, 0);
  await look();
  assert.equal(room.asked, 1);
});
