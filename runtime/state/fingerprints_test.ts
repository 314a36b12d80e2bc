import fc from "fast-check";
import assert from "node:assert/strict";
import { Fingerprints } from "./fingerprints.ts";

const WINDOW = 160_000; // buckets of 10 s
const WIDTH = 10_000;

/** Few distinct words, so that probes collide, tags agree and segments are shared. */
function words(key: number): [number, number, number, number] {
  return [(key & 1) * -7, (key & 2) << 23, ((key >> 2) & 3) << 8, key];
}

/** First sights in a plain map, by the rule as it is documented. */
class Model {
  first = new Map<number, number>();
  bucket = -Infinity;
  undo: number[] | null = null;
  see(timeMs: number): void {
    this.bucket = Math.max(this.bucket, Math.floor(timeMs / WIDTH));
    for (const [key, bucket] of this.first) if (this.bucket - bucket > 16) this.first.delete(key);
  }
  has(key: number, timeMs: number): boolean {
    this.see(timeMs);
    return this.first.has(key);
  }
  add(key: number, timeMs: number): boolean {
    if (this.has(key, timeMs)) return false;
    this.first.set(key, this.bucket);
    this.undo?.push(key);
    return true;
  }
  rollback(): void {
    // A key taken back may have expired meanwhile; then it is gone already.
    for (const key of this.undo!) this.first.delete(key);
    this.undo = null;
  }
}

const key = fc.nat(400);
const command = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant("add" as const), keys: fc.array(key, { maxLength: 30, size: "max" }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("has" as const), keys: fc.array(key, { maxLength: 10 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("time" as const),
      by: fc.oneof(
        fc.integer({ min: -3 * WIDTH, max: 3 * WIDTH }),
        fc.integer({ min: 10 * WIDTH, max: 20 * WIDTH }),
        fc.constantFrom(16 * WIDTH, 17 * WIDTH, 18 * WIDTH, 254 * WIDTH),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("begin" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rollback" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), ascending: fc.boolean() }) },
);

Deno.test("keys are remembered, taken back, expired and loaded again as a plain map would", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 150, size: "max" }), (commands) => {
      const model = new Model();
      let table = new Fingerprints({ windowMs: WINDOW });
      let stored: { bytes: Uint8Array; bucket: number }[] = [];
      let time = 1_700_000_000_000;
      const rollback = () => {
        table.rollback();
        model.rollback();
      };
      table.begin();
      model.undo = [];
      const commit = () => {
        model.see(time);
        stored.push({ bytes: table.pendingBytes(), bucket: table.bucketAt(time) });
        table.commit();
        model.undo = null;
      };
      let frameTime = time;
      let latest = time;
      for (const step of commands) {
        if (step.kind === "time") {
          // A frame has one time; the clock moves between frames.
          if (model.undo !== null) commit();
          frameTime = time += step.by;
          latest = Math.max(latest, time);
        } else if (step.kind === "begin") {
          if (model.undo !== null) rollback();
          table.begin();
          model.undo = [];
        } else if (step.kind === "commit") {
          if (model.undo !== null) commit();
        } else if (step.kind === "rollback") {
          if (model.undo !== null) rollback();
        } else if (step.kind === "restart") {
          if (model.undo !== null) rollback();
          const before = table.expiredBefore;
          if (!step.ascending) stored = stored.filter(({ bucket }) => bucket >= before);
          table = new Fingerprints({ windowMs: WINDOW });
          table.reserve(100);
          table.load(step.ascending ? stored : stored.toReversed());
          table.bucketAt(latest); // the file does not know of time that passed without frames
        } else {
          for (const k of step.keys) {
            if (step.kind === "has") {
              assert.equal(table.has(...words(k), frameTime), model.has(k, frameTime));
            } else {
              if (model.undo === null) {
                table.begin();
                model.undo = [];
              }
              assert.equal(table.add(...words(k), frameTime), model.add(k, frameTime));
            }
          }
        }
        model.see(time);
        table.bucketAt(time);
        assert.equal(table.size, model.first.size);
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("bucket numbers that start over do not revive old keys", () => {
  const table = new Fingerprints({ windowMs: WINDOW });
  for (let bucket = 0; bucket < 1100; bucket++) {
    for (let k = 0; k < 16; k++) {
      // Every segment gets keys, and each key returns when its bucket number comes up again.
      const id = (bucket % 254) * 16 + k;
      assert.equal(table.add(id, id << 20, id << 7, id, bucket * WIDTH), true, `bucket ${bucket}`);
    }
  }
  assert.equal(table.size, 17 * 16);
});

Deno.test("a key lives at least the window and at most a bucket longer, and duplicates do not prolong that", () => {
  const table = new Fingerprints({ windowMs: WINDOW });
  const first = 5 * WIDTH + 9_999;
  assert.equal(table.add(1, 2, 3, 4, first), true);
  assert.equal(table.add(1, 2, 3, 4, first + WINDOW - 1), false);
  assert.equal(table.has(1, 2, 3, 4, first + WINDOW), true);
  assert.equal(table.has(1, 2, 3, 4, first + WINDOW + WIDTH), false);
});

Deno.test("memory stays below 26 bytes per key while the table grows, and is given back after the window", () => {
  const table = new Fingerprints({ windowMs: WINDOW });
  const random = Int32Array.from({ length: 4 }, (_, i) => i * 0x9e3779b9);
  const draw = (i: number) => {
    random[i] ^= random[i] << 13;
    random[i] ^= random[i] >>> 17;
    return random[i] ^= random[i] << 5;
  };
  for (let i = 0; i < 4; i++) random[i] ||= 1;
  for (let n = 1; n <= 600_000; n++) {
    table.add(draw(0), draw(1), draw(2), draw(3), 0);
    if (n % 50_000 === 0) assert.ok(table.byteLength < 26 * n, `${table.byteLength / n} bytes per key at ${n}`);
  }
  const full = table.byteLength;
  for (let bucket = 1; bucket < 100; bucket++) table.bucketAt(bucket * WIDTH);
  assert.ok(table.byteLength < full / 50);
});

Deno.test("wrong order of calls is an error, not a lost key", () => {
  const table = new Fingerprints({ windowMs: 1 });
  assert.throws(() => table.commit(), /without begin/);
  assert.throws(() => table.rollback(), /without begin/);
  table.begin();
  assert.throws(() => table.begin(), /before commit/);
  assert.throws(() => table.has(1, 2, 3, 4, NaN) || table.add(1, 2, 3, 4, Number.POSITIVE_INFINITY), /time/);
  assert.throws(() => new Fingerprints({ windowMs: 0 }), /window/);
});
