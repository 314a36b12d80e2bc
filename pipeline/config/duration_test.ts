import { strict as assert } from "node:assert";
import fc from "fast-check";
import { Duration, InvalidDuration } from "./duration.ts";

const CANONICAL: [string, string][] = [
  ["1d", "24h0m0s"],
  ["7d", "168h0m0s"],
  ["1d12h", "36h0m0s"],
  ["2d6h30m", "54h30m0s"],
  ["1d12h30m45s", "36h30m45s"],
  ["0d", "0s"],
  ["365d", "8760h0m0s"],
  ["24h", "24h0m0s"],
  ["12h30m", "12h30m0s"],
  ["30m", "30m0s"],
  ["45s", "45s"],
  ["500ms", "500ms"],
  ["1000ns", "1\u00b5s"],
  ["1500us", "1.5ms"],
  ["1.5h", "1h30m0s"],
  [".5s", "500ms"],
  ["+1m", "1m0s"],
  ["0", "0s"],
  ["3\u03bcs", "3\u00b5s"],
];
for (const [text, canonical] of CANONICAL) {
  Deno.test(`duration ${text} is ${canonical}`, () => {
    assert.equal(String(Duration.parse(text)), canonical);
    assert.equal(String(Duration.parse(canonical)), canonical);
  });
}

for (
  const text of [
    "",
    "invalid",
    "1dx",
    "xd",
    "999999d",
    "-1h",
    "-0s",
    "1.5d",
    "1",
    "h",
    ".s",
    "1 h",
    "1h ",
    "9".repeat(200),
  ]
) {
  Deno.test(`duration ${JSON.stringify(text.slice(0, 12))} is refused`, () => {
    assert.throws(() => Duration.parse(text), InvalidDuration);
  });
}

Deno.test("printing and reading a duration gives the same nanoseconds", () => {
  fc.assert(fc.property(fc.bigInt(0n, (1n << 63n) - 1n), (ns) => {
    assert.equal(Duration.parse(Duration.ofNanoseconds(ns).toString()).nanoseconds, ns);
  }));
});
