import assert from "node:assert/strict";
import fc from "fast-check";
import { formatInstant, fromTicks, parseDateTime, parseRfc3339, toTicks } from "./mod.ts";

const encoder = new TextEncoder();
const AT = "2025-03-01T10:20:30Z";

/** Text, and the instant it names as RFC 3339 in UTC; null if it is no date-time. */
const TEXTS: readonly [string, string | null][] = [
  [AT, AT],
  ["2025-03-01T10:20:30+01:00", "2025-03-01T09:20:30Z"],
  ["2025-03-01T10:20:30-05:30", "2025-03-01T15:50:30Z"],
  ["2025-03-01T10:20:30.5Z", "2025-03-01T10:20:30.5Z"],
  ["2025-03-01T10:20:30,25Z", "2025-03-01T10:20:30.25Z"],
  ["2025-03-01T10:20:30.123456789999+01:00", "2025-03-01T09:20:30.123456789Z"],
  ["2025-03-01T10:20:30", AT],
  ["2025-03-01T10:20:30.000000001", "2025-03-01T10:20:30.000000001Z"],
  ["2025-03-01 10:20:30", AT],
  ["2025-03-01 10:20:30,5", "2025-03-01T10:20:30.5Z"],
  ["2025-03-01 1:20:30", "2025-03-01T01:20:30Z"],
  ["Sat, 01 Mar 2025 10:20:30 UTC", AT],
  ["sat, 01 mar 2025 10:20:30 UTC", AT],
  ["Mon, 01 Mar 2025 10:20:30 GMT", AT],
  ["Sat, 01 Mar 2025 10:20:30 GMT+2", "2025-03-01T08:20:30Z"],
  ["Sat, 01 Mar 2025 10:20:30 EST", AT],
  ["Sat, 01 Mar 2025 10:20:30 CEST", AT],
  ["Sat, 01 Mar 2025 10:20:30 +0100", "2025-03-01T09:20:30Z"],
  ["Sat, 01 Mar 2025 10:20:30 -0730", "2025-03-01T17:50:30Z"],
  ["01 Mar 25 10:20 UTC", "2025-03-01T10:20:00Z"],
  ["01 Mar 25 10:20 +0200", "2025-03-01T08:20:00Z"],
  ["01 Mar 69 10:20 UTC", "1969-03-01T10:20:00Z"],
  ["01 Mar 68 10:20 UTC", "2068-03-01T10:20:00Z"],
  ["Saturday, 01-Mar-25 10:20:30 UTC", AT],
  ["Sat Mar  1 10:20:30 2025", AT],
  ["Sat Mar 11 10:20:30 2025", "2025-03-11T10:20:30Z"],
  ["2025-03-01", "2025-03-01T00:00:00Z"],
  ["03/04/2025", "2025-03-04T00:00:00Z"],
  ["13/01/2025", "2025-01-13T00:00:00Z"],
  ["03.04.2025", "2025-04-03T00:00:00Z"],
  ["01.13.2025", "2025-01-13T00:00:00Z"],
  ["2025/03/01", "2025-03-01T00:00:00Z"],
  ["Mar 1, 2025", "2025-03-01T00:00:00Z"],
  ["Mar 01, 2025", "2025-03-01T00:00:00Z"],
  ["1 Mar 2025", "2025-03-01T00:00:00Z"],
  ["2024-02-29", "2024-02-29T00:00:00Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
  ["9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"],
  ["2025-03-01T10:20:30+0100", null],
  ["2025-03-01t10:20:30z", null],
  ["2025-03-01T10:20", null],
  ["2025-03-01T10:20:30.Z", null],
  ["2025-03-01T24:00:00Z", null],
  ["2025-03-01T10:60:00Z", null],
  ["2025-03-01T10:20:60Z", null],
  ["2025-03-01T10:20:30+25:00", null],
  ["2025-02-29", null],
  ["2025-13-13", null],
  ["2025-00-10", null],
  ["13/13/2025", null],
  ["3/4/2025", null],
  ["3.4.2025", null],
  ["March 1, 2025", null],
  ["Sat, 01 Mar 2025 10:20:30 utc", null],
  ["Sat, 01 Mar 2025 10:20:30 E", null],
  ["Foo, 01 Mar 2025 10:20:30 UTC", null],
  ["1740824430", null],
  ["1740824430.5", null],
  ["20250301", null],
  ["", null],
  [" 2025-03-01", null],
  ["2025-03-01 ", null],
  ["0".repeat(100_000), null],
];

Deno.test("every layout, and what is none", () => {
  for (const [text, expected] of TEXTS) {
    const instant = parseDateTime(text);
    assert.equal(instant && formatInstant(instant.seconds, instant.nanos), expected, text);
  }
});

Deno.test("parseRfc3339 agrees with parseDateTime wherever it answers", () => {
  const out = { seconds: 0, nanos: 0 };
  for (const [text] of TEXTS) {
    const bytes = encoder.encode(`"${text}"`);
    if (parseRfc3339(bytes, 1, bytes.length - 1, out)) assert.deepEqual(out, parseDateTime(text), text);
    else assert.ok(!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) || parseDateTime(text) === null, text);
  }
  const piece = fc.constantFrom("2", "0", "-", ":", "T", "Z", ".", "+", "9", "x", "");
  fc.assert(fc.property(fc.nat(AT.length), piece, fc.nat(2), (at, insert, drop) => {
    const text = AT.slice(0, at) + insert + AT.slice(at + drop);
    const bytes = encoder.encode(text);
    if (parseRfc3339(bytes, 0, bytes.length, out)) assert.deepEqual(out, parseDateTime(text), text);
  }));
});

Deno.test("instants agree with the host's calendar", () => {
  const seconds = fc.integer({ min: -62135596800, max: 253402300799 });
  fc.assert(fc.property(seconds, fc.nat(999), (at, millis) => {
    const expected = new Date(at * 1000 + millis).toISOString().replace(/\.?0*Z$/, "Z");
    const text = formatInstant(at, millis * 1_000_000);
    assert.equal(text, millis === 0 ? expected.replace(/:(\d)Z$/, ":$10Z") : expected);
    assert.deepEqual(parseDateTime(text), { seconds: at, nanos: millis * 1_000_000 });
  }));
});

Deno.test("ticks are exact over all of int64, at every scale", () => {
  const words = new Int32Array(2), wide = new BigInt64Array(words.buffer), out = { seconds: 0, nanos: 0 };
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer({ min: 7, max: 9 }), (t, s) => {
      wide[0] = t;
      fromTicks(words[0], words[1], s, out);
      assert.equal((BigInt(out.seconds) * 1_000_000_000n + BigInt(out.nanos)) / 10n ** BigInt(9 - s), t);
      words.fill(7);
      assert.ok(toTicks(out.seconds, out.nanos, s, words));
      assert.equal(wide[0], t);
    }),
  );
  const seconds = fc.integer({ min: -62135596800, max: 253402300799 });
  fc.assert(fc.property(seconds, fc.nat(999_999_999), fc.integer({ min: 0, max: 9 }), (at, nanos, scale) => {
    const ticks = BigInt(at) * 10n ** BigInt(scale) + BigInt(nanos) / 10n ** BigInt(9 - scale);
    const fits = BigInt.asIntN(64, ticks) === ticks;
    assert.equal(toTicks(at, nanos, scale, words), fits);
    if (fits) assert.equal(wide[0], ticks);
  }));
  assert.equal(toTicks(9223372036, 854775808, 9, words), false);
  assert.equal(toTicks(9223372036, 854775807, 9, words), true);
  assert.equal(wide[0], 2n ** 63n - 1n);
});
