import assert from "node:assert/strict";
import type { Cut } from "./partition_framer.ts";
import { Unconfirmed } from "./unconfirmed.ts";

const cut = (watermark: number, ...origins: string[]): Cut =>
  ({
    watermark,
    timestamp: watermark * 10,
    frames: origins.map((origin) => ({ frame: { origin } })),
  }) as unknown as Cut;

Deno.test("the offset moves over cuts whose every shard is in the table, and no further", () => {
  const unconfirmed = new Unconfirmed(100);
  unconfirmed.add(cut(109, "a", "b"));
  unconfirmed.add(cut(119, "b"));
  assert.equal(unconfirmed.confirm({}, 120), 100);
  assert.equal(unconfirmed.oldest, 1_090);
  assert.equal(unconfirmed.confirm({ b: 119 }, 120), 100, "shard a is behind");
  assert.equal(unconfirmed.confirm({ a: 108, b: 119 }, 120), 100);
  assert.equal(unconfirmed.confirm({ a: 109, b: 119 }, 120), 120);
  assert.equal(unconfirmed.oldest, null);
});

Deno.test("a shard that had no rows of a cut does not hold it up", () => {
  const unconfirmed = new Unconfirmed(0);
  unconfirmed.add(cut(9, "a"));
  unconfirmed.add(cut(19, "b"));
  assert.equal(unconfirmed.confirm({ a: 9 }, 20), 10);
  assert.equal(unconfirmed.confirm({ a: 9, b: 19 }, 20), 20);
});

Deno.test("markers of transactions behind the last record are passed once nothing waits", () => {
  const unconfirmed = new Unconfirmed(0);
  unconfirmed.add(cut(4, "a"));
  assert.equal(unconfirmed.confirm({}, 7), 0);
  assert.equal(unconfirmed.confirm({ a: 4 }, 7), 7);
});
