import assert from "node:assert/strict";
import fc from "fast-check";
import { formatScaled, formatTime, parseScaledText, parseTimeOfDay } from "./mod.ts";

Deno.test("number texts become units of the scale; finer digits are cut", () => {
  const cases: [string, number, number | bigint | null][] = [
    ["12.345", 2, 1234],
    ["-12.999", 0, -12],
    ["-0.009", 2, 0],
    ["1e3", 2, 100_000],
    ["1.5E-3", 3, 1],
    ["0.000000000000000000000000000000000000001e40", 0, 10],
    ["+7", 0, 7],
    [".5", 1, 5],
    ["5.", 1, 50],
    ["00000000000000000000001", 0, 1],
    ["9007199254740993", 0, 9007199254740993n],
    ["-123456789012345678901234567890.5", 3, -123456789012345678901234567890500n],
    ["1e-1000000000000", 5, 0],
    ["0e999999999999", 5, 0],
    ["1e999999999999", 0, 10n ** 80n],
    ["-1" + "0".repeat(500), 0, -(10n ** 80n)],
    ["1" + "0".repeat(500) + "e-500", 1, 10n],
    ...["", "-", ".", "1e", "1e+", "e5", "1.2.3", "0x10", "1 ", " 1", "١", "NaN", "Infinity", "1_000", "--1"].map(
      (text): [string, number, null] => [text, 2, null],
    ),
  ];
  for (const [text, scale, units] of cases) {
    const found = parseScaledText(text, scale);
    assert.equal(found === null ? null : BigInt(found), units === null ? null : BigInt(units), `${text}, ${scale}`);
    assert.ok(!Object.is(found, -0));
  }
});

Deno.test("every decimal reads back from its own text, and scales by shifting digits", () => {
  const size = 10n ** 76n - 1n;
  fc.assert(fc.property(fc.bigInt({ min: -size, max: size }), fc.nat(76), fc.nat(20), (units, scale, more) => {
    const text = formatScaled(units, scale);
    assert.equal(BigInt(parseScaledText(text, scale)!), units);
    if (more <= scale) assert.equal(BigInt(parseScaledText(text, scale - more)!), units / 10n ** BigInt(more));
    assert.equal(BigInt(parseScaledText(`${text}e${more}`, scale)!), clip(units * 10n ** BigInt(more)));
  }));
});

function clip(units: bigint): bigint {
  const most = 10n ** 80n;
  return units >= most ? most : units <= -most ? -most : units;
}

Deno.test("times of day", () => {
  assert.equal(parseTimeOfDay("10:20:30.9999", 3), 37_230_999);
  assert.equal(parseTimeOfDay("-999:59:59", 0), -3_599_999);
  assert.equal(formatTime(-37_230_999n, 3), "-10:20:30.999");
  for (const text of ["", "10:20", "10:60:00", "1000:00:00", "10:20:30.", "10:20:30Z", "--1:00:00"]) {
    assert.equal(parseTimeOfDay(text, 3), null, text);
  }
});
