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
  return { state, directory: new CachedDirectory(source, { now: () => state.now, maxEntries }) };
}

Deno.test("known pipelines are asked for once in 60 s, unknown ones once in 2 s", async () => {
  const { state, directory } = setUp();
  await directory.lookup("a");
  state.now = 59_999;
  assert.equal(await directory.lookup("a"), SHOP);
  assert.equal(state.calls, 1);
  state.now = 60_000;
  state.answer = async () => "unknown";
  assert.equal(await directory.lookup("a"), "unknown");
  state.now += 1_999;
  assert.equal(await directory.lookup("a"), "unknown");
  assert.equal(state.calls, 2);
  state.now += 1;
  state.answer = async () => SHOP;
  assert.equal(await directory.lookup("a"), SHOP);
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
