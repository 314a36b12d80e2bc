import assert from "node:assert/strict";
import fc from "fast-check";
import { hash128, shardOf } from "./hash.ts";

const encoder = new TextEncoder();

function hex(text: string, seed = 0): string {
  const bytes = encoder.encode(text), out = new Int32Array(4);
  hash128(bytes, 0, bytes.length, out, seed);
  return [...out].map((w) => (w >>> 0).toString(16).padStart(8, "0")).join("");
}

Deno.test("hash128 equals the published vectors", () => {
  assert.equal(hex(""), "0".repeat(32));
  assert.equal(hex("The quick brown fox jumps over the lazy dog"), "2f1583c3ecee2c675d7bf66ce5e91d2c");
});

Deno.test("hash128 passes SMHasher's verification, which covers every length from 0 to 255", () => {
  const all = new Int32Array(4 * 256), key = new Uint8Array(256);
  for (let i = 0; i < 256; i++) {
    key[i] = i;
    hash128(key, 0, i, all.subarray(i * 4, i * 4 + 4), 256 - i);
  }
  const final = new Int32Array(4);
  hash128(new Uint8Array(all.buffer), 0, 4096, final);
  assert.equal(final[0] >>> 0, 0xb3ece62a);
});

Deno.test("hash128 depends on the slice only, not on where it lies", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(20), (bytes, shift) => {
    const moved = new Uint8Array(bytes.length + shift + 5).fill(0xaa);
    moved.set(bytes, shift);
    const a = new Int32Array(4), b = new Int32Array(4);
    hash128(bytes, 0, bytes.length, a);
    hash128(moved, shift, shift + bytes.length, b);
    assert.deepEqual(a, b);
  }));
});

Deno.test("shardOf spreads keys evenly", () => {
  const counts = new Array<number>(7).fill(0), out = new Int32Array(4);
  for (let i = 0; i < 70_000; i++) {
    const bytes = encoder.encode(`user-${i}`);
    hash128(bytes, 0, bytes.length, out);
    counts[shardOf(out, 7)]++;
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, String(counts));
});
