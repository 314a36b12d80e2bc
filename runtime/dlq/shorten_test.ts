import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_ERROR_LENGTH, MAX_ORIGINAL_BYTES, shortenError, shortenOriginal } from "./shorten.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

Deno.test("an original that fits is left alone; a longer one becomes JSON with its length and its beginning", () => {
  const fits = encode("x".repeat(MAX_ORIGINAL_BYTES));
  assert.equal(shortenOriginal(fits), fits);
  fc.assert(
    fc.property(fc.constantFrom("é", "😀", '"', "\\", "\u0001", "a"), fc.nat(7), (unit, shift) => {
      const text = `{"a":"${"a".repeat(shift)}${unit.repeat(MAX_ORIGINAL_BYTES)}"}`;
      const original = encode(text);
      const short = shortenOriginal(original);
      assert.ok(short.length <= MAX_ORIGINAL_BYTES);
      const { truncated, bytes, beginning } = JSON.parse(decode(short));
      assert.deepEqual([truncated, bytes], [true, original.length]);
      assert.ok(beginning.length > 10_000 && text.startsWith(beginning));
    }),
    { numRuns: 20 },
  );
});

Deno.test("an error is cut with a mark, never inside of a character", () => {
  assert.equal(shortenError("x".repeat(MAX_ERROR_LENGTH)), "x".repeat(MAX_ERROR_LENGTH));
  for (const shift of ["", "a"]) {
    const short = shortenError(shift + "😀".repeat(MAX_ERROR_LENGTH));
    assert.ok(short.length <= MAX_ERROR_LENGTH && short.isWellFormed());
    assert.match(short, /… \(819\d characters, the rest is cut off\)$/);
  }
});
