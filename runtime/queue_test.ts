import assert from "node:assert/strict";
import { BoundedQueue } from "./queue.ts";

const settled = async (promise: Promise<unknown>) => {
  let done = false;
  promise.then(() => done = true, () => done = true);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  return done;
};

Deno.test("a push waits for room, and one item always fits", async () => {
  const queue = new BoundedQueue<number>(10, (n) => n);
  assert.equal(await queue.push(50), true);
  const second = queue.push(1);
  assert.equal(await settled(second), false);
  assert.deepEqual(await queue.take(9), [50]);
  assert.equal(await second, true);
});

Deno.test("a broken producer is heard after what it delivered, a failed consumer at once", async () => {
  const queue = new BoundedQueue<number>(10, () => 1);
  await queue.fill((async function* () {
    yield 1;
    throw new RangeError("hole");
  })());
  assert.deepEqual(await queue.take(9), [1]);
  await assert.rejects(queue.take(9), RangeError);

  const other = new BoundedQueue<number>(1, () => 1);
  await other.push(1);
  const waiting = other.push(2);
  other.fail(new TypeError("full disk"));
  await assert.rejects(waiting, TypeError);
  await assert.rejects(other.take(9), TypeError);
});

Deno.test("a closed queue takes nothing, and gives what it has before it ends", async () => {
  const queue = new BoundedQueue<number>(10, () => 1);
  await queue.push(1);
  queue.close();
  assert.equal(await queue.push(2), false);
  assert.deepEqual(await queue.take(9), [1]);
  assert.equal(await queue.take(9), null);
});
