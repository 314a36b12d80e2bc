import assert from "node:assert/strict";
import { createLog } from "../runtime/log.ts";
import { Teardown, unlessAborted } from "./teardown.ts";

const log = createLog("test", "silent");

Deno.test("what was made is undone in reverse order, whatever fails", async () => {
  const done: string[] = [];
  const teardown = new Teardown(log);
  assert.equal(await teardown.keep(Promise.resolve("first"), (made) => Promise.resolve(done.push(made))), "first");
  teardown.push(() => Promise.reject(new Error("stuck")));
  await assert.rejects(teardown.keep(Promise.reject(new Error("no")), () => Promise.resolve(done.push("never"))), /no/);
  await teardown.keep(Promise.resolve("second"), (made) => Promise.resolve(done.push(made)));
  await teardown.unwind();
  assert.deepEqual(done, ["second", "first"]);
});

Deno.test("a start that is given up waits for nothing, and ends what comes of it", async () => {
  const stop = new AbortController();
  const teardown = new Teardown(log, stop.signal);
  const [soon, never] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const done: string[] = [];
  const kept = teardown.keep(soon.promise, (made) => Promise.resolve(done.push(made)));
  stop.abort(new Error("stopped"));
  await assert.rejects(kept, /stopped/);
  await assert.rejects(teardown.keep(never.promise, (made) => Promise.resolve(done.push(made)), 0), /stopped/);
  const unwound = teardown.unwind();
  soon.resolve("soon");
  await unwound;
  assert.deepEqual(done, ["soon"]);
  never.resolve("late");
  await never.promise;
  await Promise.resolve();
  await new Promise((next) => setTimeout(next, 0));
  assert.deepEqual(done, ["soon", "late"], "what comes too late to wait for is ended all the same");
});

Deno.test("a signal that was there before ends the waiting too", async () => {
  await assert.rejects(unlessAborted(new Promise(() => {}), AbortSignal.abort(new Error("before"))), /before/);
  assert.equal(await unlessAborted(Promise.resolve(1)), 1);
});
