import assert from "node:assert/strict";
import fc from "fast-check";
import { Batcher } from "./batch.ts";

const limits = { maxRows: 10, maxDelayMs: 60_000, maxBytes: 100, maxFrames: 4 };
const item = (rows: number, bytes = 1) => ({ bytes, frame: { rows } });

Deno.test("a batch is full by rows, by frames or by bytes, and never cuts a frame", async () => {
  const byRows = new Batcher<ReturnType<typeof item>>(limits);
  for (const rows of [4, 4, 4]) await byRows.push(item(rows));
  assert.deepEqual((await byRows.take())!.map((d) => d.frame.rows), [4, 4]);
  const byFrames = new Batcher<ReturnType<typeof item>>(limits);
  for (let i = 0; i < 5; i++) await byFrames.push(item(0));
  assert.equal((await byFrames.take())!.length, 4);
  const byBytes = new Batcher<ReturnType<typeof item>>(limits);
  for (const bytes of [30, 30]) await byBytes.push(item(1, bytes));
  assert.equal((await byBytes.take())!.length, 1);
  const large = new Batcher<ReturnType<typeof item>>(limits);
  await large.push(item(1000));
  assert.equal((await large.take())!.length, 1);
});

Deno.test("what a cut leaves over is due by its own arrival", async () => {
  let now = 0;
  const batcher = new Batcher<ReturnType<typeof item>>({ ...limits, maxDelayMs: 100 }, () => now);
  await batcher.push(item(8));
  now = 90;
  await batcher.push(item(8));
  assert.equal((await batcher.take())!.length, 1);
  now = 190;
  assert.equal((await batcher.take())!.length, 1);
});

Deno.test("every waiting shard goes on when there is room again", async () => {
  const batcher = new Batcher<ReturnType<typeof item>>({ ...limits, maxRows: 1 });
  const pushes = [1, 2, 3, 4].map(() => batcher.push(item(1, 90)));
  for (let i = 0; i < 4; i++) await batcher.take();
  await Promise.all(pushes);
});

Deno.test("a failure drops what is held; a close hands it out", async () => {
  const failed = new Batcher<ReturnType<typeof item>>(limits);
  await failed.push(item(1));
  const taking = new Batcher<ReturnType<typeof item>>(limits).take.bind(failed)();
  failed.fail(new RangeError("hole"));
  await assert.rejects(taking, RangeError);
  const closed = new Batcher<ReturnType<typeof item>>(limits);
  await closed.push(item(1));
  closed.close();
  assert.equal((await closed.take())!.length, 1);
  assert.equal(await closed.take(), null);
});

Deno.test("any pushes come out once, in order, within the limits", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ rows: fc.nat(12), bytes: fc.integer({ min: 1, max: 60 }) }), { maxLength: 40 }),
      async (sizes) => {
        const batcher = new Batcher<ReturnType<typeof item>>({ ...limits, maxDelayMs: 0 });
        const items = sizes.map(({ rows, bytes }) => item(rows, bytes));
        const pushing = (async () => {
          for (const each of items) await batcher.push(each);
          batcher.close();
        })();
        const out = [];
        for (let batch; (batch = await batcher.take()) !== null;) {
          assert.ok(batch.length <= limits.maxFrames);
          if (batch.length > 1) {
            assert.ok(batch.reduce((n, d) => n + d.frame.rows, 0) <= limits.maxRows);
            assert.ok(batch.reduce((n, d) => n + d.bytes, 0) <= limits.maxBytes / 2);
          }
          out.push(...batch);
        }
        await pushing;
        assert.deepEqual(out, items);
      },
    ),
    { numRuns: 100 },
  ));
