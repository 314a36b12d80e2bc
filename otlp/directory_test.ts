import assert from "node:assert/strict";
import { CachedDirectory, type Lookup } from "./directory.ts";
import { SHOP } from "./testing/memory_receiver.ts";

function setUp(maxEntries?: number) {
  const state = { now: 0, calls: 0, answer: (): Promise<Lookup> => Promise.resolve(SHOP) };
  const source = {
    lookup: () => {
      state.calls++;
      return state.answer();
    },
  };
  const sleep = (ms: number) => {
    state.now += ms;
    return Promise.resolve();
  };
  return { state, directory: new CachedDirectory(source, { now: () => state.now, sleep, maxEntries }) };
}

Deno.test("a known pipeline is asked for once in 60 s, a refused one for every request, with a distance", async () => {
  const { state, directory } = setUp();
  await directory.lookup("a");
  state.now = 59_999;
  assert.equal(await directory.lookup("a"), SHOP);
  assert.equal(state.calls, 1);
  state.now = 60_000;
  state.answer = async () => "unknown";
  for (let i = 0; i < 41; i++) assert.equal(await directory.lookup("a"), "unknown");
  assert.equal(state.now, 61_000);
  assert.equal(state.calls, 42);
  state.answer = async () => SHOP;
  assert.equal(await directory.lookup("a"), SHOP);
});

Deno.test("no request is refused by an answer that is older than itself, and all that wait share the next", async () => {
  const { state, directory } = setUp();
  const first = Promise.withResolvers<Lookup>();
  state.answer = () => first.promise;
  const before = directory.lookup("a");
  await new Promise((turn) => setTimeout(turn));
  const during = Array.from({ length: 20 }, () => directory.lookup("a"));
  state.answer = async () => SHOP; // created meanwhile
  first.resolve("unknown");
  assert.equal(await before, "unknown");
  assert.ok((await Promise.all(during)).every((answer) => answer === SHOP));
  assert.equal(state.calls, 2);
});

Deno.test("many requests at once ask once", async () => {
  const { state, directory } = setUp();
  const answers = await Promise.all(Array.from({ length: 20 }, () => directory.lookup("a")));
  assert.equal(state.calls, 1);
  assert.ok(answers.every((answer) => answer === SHOP));
});

Deno.test("when the source is down, known pipelines stay known, others fail", async () => {
  const { state, directory } = setUp();
  await directory.lookup("a");
  state.now = 100_000;
  state.answer = () => Promise.reject(new Error("down"));
  assert.equal(await directory.lookup("a"), SHOP);
  assert.equal(await directory.lookup("a"), SHOP);
  assert.equal(state.calls, 2);
  await assert.rejects(directory.lookup("b"), /down/);
  state.now += 2_000;
  state.answer = async () => "unknown";
  assert.equal(await directory.lookup("a"), "unknown");
});

Deno.test("a change is seen at the next request", async () => {
  const { state, directory } = setUp();
  await directory.lookup("a");
  directory.invalidate("a");
  state.answer = async () => "wrong_kind";
  assert.equal(await directory.lookup("a"), "wrong_kind");
  state.answer = async () => SHOP;
  directory.invalidate();
  assert.equal(await directory.lookup("a"), SHOP);
});

Deno.test("ids that clients make up do not push out known pipelines, nor grow the cache", async () => {
  const { state, directory } = setUp(10);
  await directory.lookup("a");
  state.answer = async () => "unknown";
  for (let i = 0; i < 100; i++) await directory.lookup(`made up ${i}`);
  state.calls = 0;
  assert.equal(await directory.lookup("a"), SHOP);
  assert.equal(state.calls, 0);
});
