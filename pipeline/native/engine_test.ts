/** The engine reads what we write, and we read what it writes, for every type. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { BlockWriter, formatType, mergeBlocks, readBlock, rowJson } from "./mod.ts";
import { anyBlocks, blockOf, type Value } from "./testing/rows.ts";
import { comparable, Engine } from "./testing/engine.ts";

/** Type, values to write, the same values as the engine's JSON. The type's default value is appended to each. */
const CASES: readonly [type: string, values: readonly Value[], json: string][] = [
  ["Int8", [-128, 127, 0], "-128 127 0 0"],
  ["UInt8", [255, 1], "255 1 0"],
  ["Int16", [-32768, 32767], "-32768 32767 0"],
  ["UInt16", [65535], "65535 0"],
  ["Int32", [-2147483648, 2147483647], "-2147483648 2147483647 0"],
  ["UInt32", [4294967295, 2147483648], "4294967295 2147483648 0"],
  [
    "Int64",
    [-9223372036854775808n, 9223372036854775807n, -1, 4294967296, -4294967297, -9007199254740991],
    "-9223372036854775808 9223372036854775807 -1 4294967296 -4294967297 -9007199254740991 0",
  ],
  [
    "UInt64",
    [18446744073709551615n, 9007199254740993n, 2 ** 53],
    "18446744073709551615 9007199254740993 9007199254740992 0",
  ],
  ["Float32", [0.1, -0, 3.4028234663852886e38, NaN, Infinity], "0.1 -0 3.4028235e38 null null 0"],
  ["Float64", [0.1, -0, 5e-324, 1.7976931348623157e308, -Infinity], "0.1 -0 5e-324 1.7976931348623157e308 null 0"],
  [
    "Int128",
    [-(2n ** 127n), 2n ** 127n - 1n, -5],
    "-170141183460469231731687303715884105728 170141183460469231731687303715884105727 -5 0",
  ],
  ["UInt128", [2n ** 128n - 1n, 2 ** 60], "340282366920938463463374607431768211455 1152921504606846976 0"],
  [
    "Int256",
    [-(2n ** 255n), 2n ** 255n - 1n, -1],
    "-57896044618658097711785492504343953926634992332820282019728792003956564819968 " +
    "57896044618658097711785492504343953926634992332820282019728792003956564819967 -1 0",
  ],
  [
    "UInt256",
    [2n ** 256n - 1n],
    "115792089237316195423570985008687907853269984665640564039457584007913129639935 0",
  ],
  ["BFloat16", [1.5, -0, 1.0078124, 3.3895314e38, NaN], "1.5 -0 1 3.3895314e38 null 0"],
  ["Decimal(9, 2)", [999999999, -1, 150], "9999999.99 -0.01 1.5 0"],
  ["Decimal(18, 18)", [999999999999999999n, -100n], "0.999999999999999999 -0.0000000000000001 0"],
  [
    "Decimal(38, 10)",
    [10n ** 38n - 1n, -(10n ** 38n) + 1n],
    "9999999999999999999999999999.9999999999 -9999999999999999999999999999.9999999999 0",
  ],
  ["Decimal(76, 0)", [10n ** 76n - 1n, 1 - 2 ** 53], `${"9".repeat(76)} -9007199254740991 0`],
  ["Time", [0, 36_000, -3_599_999], `"00:00:00" "10:00:00" "-999:59:59" "00:00:00"`],
  ["Time64(3)", [36_000_123n, -1n], `"10:00:00.123" "-00:00:00.001" "00:00:00.000"`],
  ["JSON", ['{"a":{"b":9007199254740993},"c":["x",1]}'], `{"a":{"b":9007199254740993},"c":["x",1]} {}`],
  ["JSON(a UInt32, SKIP b)", ['{"a":7,"c":true}'], `{"a":7,"c":true} {"a":0}`],
  ["Bool", [true, false], "true false false"],
  ["String", ["a\u0000b", "é€😀", 'q"\\/'], String.raw`"a\u0000b" "é€😀" "q\"\\/" ""`],
  ["FixedString(3)", ["abc", "x"], String.raw`"abc" "x\u0000\u0000" "\u0000\u0000\u0000"`],
  [
    "UUID",
    ["00112233-4455-6677-8899-aabbccddeeff", "FFFFFFFF00000000FFFFFFFF00000001"],
    `"00112233-4455-6677-8899-aabbccddeeff" "ffffffff-0000-0000-ffff-ffff00000001" "00000000-0000-0000-0000-000000000000"`,
  ],
  ["Date", [0, 20148, 65535], `"1970-01-01" "2025-03-01" "2149-06-06" "1970-01-01"`],
  ["Date32", [-25567, 120529, 0], `"1900-01-01" "2299-12-31" "1970-01-01" "1900-01-01"`],
  ["DateTime", [1740824430, 4294967295], `"2025-03-01T10:20:30Z" "2106-02-07T06:28:15Z" "1970-01-01T00:00:00Z"`],
  ["DateTime('Asia/Tokyo')", [1740824430], `"2025-03-01T10:20:30Z" "1970-01-01T00:00:00Z"`],
  ["DateTime64(0, 'UTC')", [-1n], `"1969-12-31T23:59:59Z" "1970-01-01T00:00:00Z"`],
  [
    "DateTime64(3)",
    [1740824430500n, -1n],
    `"2025-03-01T10:20:30.5Z" "1969-12-31T23:59:59.999Z" "1970-01-01T00:00:00Z"`,
  ],
  [
    "DateTime64(9, 'UTC')",
    [1767225600123456789n, 9223372036854775807n],
    `"2026-01-01T00:00:00.123456789Z" "2262-04-11T23:47:16.854775807Z" "1970-01-01T00:00:00Z"`,
  ],
  ["Enum8('b\\'c' = -2, 'a' = 1)", ["a", "b'c"], `"a" "b'c" "b'c"`],
  ["Enum16('x' = 500, 'y' = 501)", ["y"], `"y" "x"`],
  ["IPv4", ["1.2.3.4", "255.255.255.255"], `"1.2.3.4" "255.255.255.255" "0.0.0.0"`],
  [
    "IPv6",
    ["2001:db8::1", "::ffff:1.2.3.4", "1:0:0:2:0:0:0:3", "9.8.7.6", "1:2:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
    `"2001:db8::1" "::ffff:1.2.3.4" "1:0:0:2::3" "::ffff:9.8.7.6" "1:2:3:4:5:6:7:8" "1:0:3:4:5:6:7:8" "::"`,
  ],
  ["Nullable(String)", ["", null, "x"], `"" null "x" null`],
  ["Nullable(Int64)", [null, -5n], "null -5 null"],
  ["LowCardinality(String)", ["a", "", "b", "a"], `"a" "" "b" "a" ""`],
  ["LowCardinality(Nullable(String))", ["a", "", null, "a"], `"a" "" null "a" null`],
  ["LowCardinality(FixedString(2))", ["ab", "c"], String.raw`"ab" "c\u0000" "\u0000\u0000"`],
  ["LowCardinality(UInt64)", [18446744073709551615n, 0, 7], "18446744073709551615 0 7 0"],
  ["LowCardinality(Nullable(Int32))", [-1, null, 0], "-1 null 0 null"],
  ["LowCardinality(DateTime)", [1740824430], `"2025-03-01T10:20:30Z" "1970-01-01T00:00:00Z"`],
  ["LowCardinality(Float64)", [1.5], "1.5 0"],
  ["Array(String)", [["a", ""], []], `["a",""] [] []`],
  ["Array(Array(LowCardinality(String)))", [[["a"], []], []], `[["a"],[]] [] []`],
  ["Array(Nullable(UInt8))", [[1, null]], "[1,null] []"],
  ["Map(String, String)", [[["k", "v"], ["", "w"]], []], `{"k":"v","":"w"} {} {}`],
  ["Map(LowCardinality(String), Array(UInt8))", [[["k", [1, 2]]]], `{"k":[1,2]} {}`],
  ["Map(Int64, LowCardinality(Nullable(String)))", [[[-1n, null], [2n, "x"]]], `{"-1":null,"2":"x"} {}`],
  ["Tuple(a String, `b c` Array(LowCardinality(String)))", [["x", ["y"]]], `{"a":"x","b c":["y"]} {"a":"","b c":[]}`],
  ["Tuple(UInt8, Nullable(String))", [[1, "x"]], `[1,"x"] [0,null]`],
  ["Nullable(Decimal(10, 2))", [null, 5n], "null 0.05 null"],
  ["Nullable(JSON)", [null, '{"a":1}'], `null {"a":1} null`],
  ["Nullable(Tuple(a String))", [["x"], null], `{"a":"x"} null null`],
  ["LowCardinality(Int256)", [-1n, 7], "-1 7 0"],
  ["LowCardinality(BFloat16)", [1.5], "1.5 0"],
  ["Array(Decimal(40, 1))", [[5n, -1n]], "[0.5,-0.1] []"],
  ["Array(Tuple(a JSON, b Array(JSON)))", [[['{"x":1}', ['{"y":2}', "{}"]]]], `[{"a":{"x":1},"b":[{"y":2},{}]}] []`],
  ["Map(Int128, JSON)", [[[5n, '{"x":"y"}']]], `{"5":{"x":"y"}} {}`],
];

Deno.test("engine", async (t) => {
  const engine = new Engine();
  try {
    for (const [type, values, json] of CASES) {
      await t.step(`${type}: the engine reads ours, we read the engine's`, async () => {
        const writer = blockOf([{ name: "v", type }], values.map((value) => [value]));
        writer.columns[0].putDefault();
        const { block } = writer.finish();
        const table = engine.table(block);
        const expected = comparable(lines(jsonWords(json)));
        assert.deepEqual(comparable(await engine.text(`SELECT * FROM ${table}`)), expected);
        const zero = comparable(await engine.text(`SELECT defaultValueOfTypeName(${quote(type)}) AS v`));
        assert.deepEqual(expected.at(-1), zero[0], "default value");
        const theirs = await engine.native(`SELECT * FROM ${table}`);
        const read = readBlock(theirs);
        assert.equal(read.end, theirs.length);
        assert.deepEqual(comparable(rowsJson(read)), expected);
        // The engine leaves the zone of DateTime out of Native blocks.
        const spelled = formatType(read.columns[0].type);
        assert.equal(spelled, type.startsWith("DateTime(") ? "DateTime" : type, "the engine spells the type as we do");
      });
    }

    await t.step("any layout: write, engine, read", async () => {
      await fc.assert(
        fc.asyncProperty(anyBlocks(1), async ([{ layout, rows }]) => {
          const { block } = blockOf(layout, rows).finish();
          const ours = readBlock(block, 0, layout);
          const table = engine.table(block);
          const lines = comparable(await engine.text(`SELECT * FROM ${table}`));
          assert.deepEqual(comparable(rowsJson(ours)), lines);
          if (rows.length > 0) {
            const theirs = readBlock(await engine.native(`SELECT * FROM ${table}`));
            assert.deepEqual(comparable(rowsJson(theirs)), lines);
          }
        }),
        { numRuns: 150 },
      );
    });

    await t.step("any layout: merged blocks hold the rows of their parts, skipped ones excepted", async () => {
      await fc.assert(
        fc.asyncProperty(anyBlocks(3), fc.array(fc.nat(7), { maxLength: 4 }), async (blocks, skipped) => {
          const layout = blocks[0].layout;
          const skip = [...new Set(skipped)].sort((a, b) => a - b);
          const parts = blocks.map(({ rows }, i) => {
            const { block, ...rest } = blockOf(layout, rows).finish();
            return { bytes: block, ...rest, skip: i === 1 ? skip : undefined };
          });
          const kept = blocks.flatMap(({ rows }, i) => rows.filter((_, row) => i !== 1 || !skip.includes(row)));
          const merged = mergeBlocks(layout, parts);
          assert.equal(merged.rows, kept.length);
          const expected = rowsJson(readBlock(blockOf(layout, kept).finish().block));
          assert.equal(rowsJson(readBlock(merged.block, 0, layout)), expected);
          assert.deepEqual(
            comparable(await engine.text(`SELECT * FROM ${engine.table(merged.block)}`)),
            comparable(expected),
          );
          // What was merged can be merged again.
          const again = mergeBlocks(layout, [{ bytes: merged.block, ...merged }, parts[0]]);
          assert.equal(again.rows, kept.length + blocks[0].rows.length);
        }),
        { numRuns: 150 },
      );
    });

    await t.step("dictionaries of 256, 257 and 70 000 keys use wider indexes", async () => {
      for (const keys of [254, 255, 256, 257, 65_535, 65_536, 70_000]) {
        const writer = new BlockWriter([{ name: "v", type: "LowCardinality(String)" }]);
        const parts = [0, 1].map((part) => {
          writer.reset();
          for (let i = 0; i < keys; i++) writer.columns[0].putDefault();
          const rows = Array.from({ length: keys }, (_, i) => [`key ${part} ${i}`]);
          const { block, ...rest } = blockOf(writer.layout, rows).finish();
          return { bytes: block, ...rest };
        });
        const merged = mergeBlocks(writer.layout, parts);
        const sql = (table: string) => `SELECT uniqExact(v) AS n, sum(cityHash64(v)) AS h FROM ${table}`;
        const one = comparable(await engine.text(sql(engine.table(parts[0].bytes))));
        const both = comparable(await engine.text(sql(engine.table(merged.block))));
        assert.deepEqual([(one[0] as { n: string }).n, (both[0] as { n: string }).n], [`#${keys}`, `#${keys * 2}`]);
        const theirs = readBlock(await engine.native(`SELECT * FROM ${engine.table(merged.block)} LIMIT 3`));
        assert.equal(rowJson(theirs, 2), `{"v":"key 0 2"}`);
      }
    });
  } finally {
    engine.close();
  }
});

function rowsJson(block: ReturnType<typeof readBlock>): string {
  return lines(Array.from({ length: block.rows }, (_, row) => rowJson(block, row)), false);
}

function lines(values: readonly string[], wrap = true): string {
  return values.map((value) => wrap ? `{"v":${value}}` : value).join("\n");
}

/** Splits at the spaces between JSON values, not at those within strings. */
function jsonWords(text: string): string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|[^ "])+/g) ?? [];
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
