import assert from "node:assert/strict";
import fc from "fast-check";
import { SequenceSet } from "./sequence_set.ts";

const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 8 })).map(([a, n]) =>
  [a, a + n] as const
);

Deno.test("a sequence set is the set of its ranges' members", () => {
  fc.assert(fc.property(fc.array(range), fc.array(range), (some, more) => {
    const expected = new Set(
      [...some, ...more].flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i)),
    );
    const set = SequenceSet.of(some).with(more);
    for (let i = 0; i <= 70; i++) {
      assert.equal(set.has(i), expected.has(i));
      let next = i;
      while (expected.has(next)) next++;
      assert.equal(set.nextMissing(i), next);
    }
    const deleted = [3, 10, 11, 40];
    const counted = [...expected].filter((s) => s >= 2 && s <= 50 && !deleted.includes(s)).length;
    assert.equal(set.countIn(2, 50, deleted), counted);
    for (let i = 1; i < set.ranges.length; i++) assert.ok(set.ranges[i][0] > set.ranges[i - 1][1] + 1);
  }));
});

Deno.test("an empty range adds nothing", () => {
  assert.deepEqual(SequenceSet.of([[5, 4]]).ranges, []);
});
