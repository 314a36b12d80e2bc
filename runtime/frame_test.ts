import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeFrame, encodeFrame, type Frame, MalformedFrame } from "./frame.ts";

const ascending = fc.uniqueArray(fc.nat(1 << 20), { maxLength: 40 }).map((list) => list.sort((a, b) => a - b));
const frames: fc.Arbitrary<Frame> = fc.record({
  layout: fc.constantFrom("a1b2", "ff00"),
  origin: fc.constantFrom("once", "edge:2026-01-01T00:00:00Z:3"),
  prev: fc.integer({ min: -1, max: 2 ** 40 }),
  watermark: fc.nat(),
  committed: fc.integer({ min: -1, max: 2 ** 40 }),
  time: fc.nat(),
  block: fc.uint8Array({ maxLength: 300 }),
  columnLengths: fc.array(fc.nat(1 << 20), { maxLength: 5 }),
  positions: ascending,
  filtered: ascending,
  deduplicated: ascending,
  dead: fc.array(
    fc.record({
      position: fc.nat(),
      component: fc.constantFrom("dedup", "sink"),
      reason: fc.string(),
      error: fc.string({ unit: "grapheme" }),
      original: fc.uint8Array({ maxLength: 50 }),
    }, { noNullPrototype: true }),
    { maxLength: 4 },
  ),
}, { noNullPrototype: true }).map((frame) => ({ ...frame, rows: frame.positions.length }));

Deno.test("a frame read back is the frame written", () => {
  fc.assert(fc.property(frames, (frame) => {
    const { headers, payload } = encodeFrame(frame);
    assert.deepEqual(decodeFrame((name) => headers[name] ?? "", payload), frame);
  }));
});

Deno.test("any flipped byte and any truncation is refused", () => {
  fc.assert(fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, at, mask) => {
    const { headers, payload } = encodeFrame(frame);
    const header = (name: string) => headers[name] ?? "";
    const flipped = payload.slice();
    flipped[at % payload.length] ^= mask;
    assert.throws(() => decodeFrame(header, flipped), MalformedFrame);
    assert.throws(() => decodeFrame(header, payload.subarray(0, at % payload.length)), MalformedFrame);
  }));
});

Deno.test("another version is refused with what to do", () => {
  assert.throws(() => decodeFrame(() => "2", new Uint8Array()), /frame version 2.*Upgrade/);
});
