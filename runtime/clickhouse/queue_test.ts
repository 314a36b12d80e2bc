import assert from "node:assert/strict";
import { Queue } from "./queue.ts";

Deno.test("no more than the slots are in, in the order they came", async () => {
  const queue = new Queue(2);
  const never = new AbortController().signal;
  let inside = 0;
  const order: number[] = [];
  await Promise.all(Array.from({ length: 6 }, async (_, i) => {
    const leave = await queue.enter(never);
    order.push(i);
    assert.ok(++inside <= 2);
    await Promise.resolve();
    inside--;
    leave();
    leave();
  }));
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
});

Deno.test("a waiter that gives up takes no slot", async () => {
  const queue = new Queue(1);
  const leave = await queue.enter(new AbortController().signal);
  const impatient = new AbortController();
  const waiting = queue.enter(impatient.signal);
  impatient.abort(new Error("client went away"));
  await assert.rejects(waiting, /client went away/);
  assert.equal(queue.waiting, 0);
  leave();
  (await queue.enter(new AbortController().signal))();
});
