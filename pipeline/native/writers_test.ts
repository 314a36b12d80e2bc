import assert from "node:assert/strict";
import fc from "fast-check";
import {
  BlockWriter,
  ConvertError,
  createWriter,
  parseType,
  readBlock,
  rowJson,
  StringColumn,
  StringWriter,
} from "./mod.ts";
import { anyBlocks, blockOf, put, type Value } from "./testing/rows.ts";

Deno.test("rollback restores exactly the marked rows, also after a half-written row", () => {
  fc.assert(fc.property(anyBlocks(2), fc.nat(3), ([kept, dropped], complete) => {
    const writer = blockOf(kept.layout, kept.rows);
    writer.mark();
    for (const row of dropped.rows) row.forEach((value, i) => (i <= complete) && put(writer.columns[i], value));
    writer.rollback();
    for (const row of kept.rows) row.forEach((value, i) => put(writer.columns[i], value));
    const expected = blockOf(kept.layout, [...kept.rows, ...kept.rows]).finish().block;
    assert.equal(rows(writer.finish().block), rows(expected));
  }));
});

Deno.test("truncate keeps any number of rows, again and again", () => {
  const cuts = fc.array(fc.nat(8), { maxLength: 6 });
  fc.assert(fc.property(anyBlocks(1), cuts, ([{ layout, rows: all }], lengths) => {
    const writer = new BlockWriter(layout);
    let model: typeof all = [];
    for (const length of lengths) {
      for (const row of all) row.forEach((value, i) => put(writer.columns[i], value));
      model = [...model, ...all].slice(0, length);
      for (const column of writer.columns) column.truncate(model.length);
    }
    assert.equal(rows(writer.finish().block), rows(blockOf(layout, model).finish().block));
  }));
});

Deno.test("reset starts an equal block", () => {
  fc.assert(fc.property(anyBlocks(2), ([first, second]) => {
    const writer = blockOf(first.layout, first.rows);
    writer.finish();
    writer.reset();
    for (const row of second.rows) row.forEach((value, i) => put(writer.columns[i], value));
    assert.deepEqual(writer.finish(), blockOf(second.layout, second.rows).finish());
  }));
});

Deno.test("columns of different length are refused", () => {
  const writer = new BlockWriter([{ name: "a", type: "String" }, { name: "b", type: "UInt8" }]);
  writer.columns[0].putDefault();
  assert.throws(() => writer.finish(), RangeError);
});

Deno.test("StringWriter copies slices of any length from anywhere in a buffer", () => {
  const source = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7 + 3) & 0xff);
  const view = source.subarray(100);
  const writer = new StringWriter(16);
  const expected: Uint8Array[] = [];
  for (let n = 0; n <= 300; n++) {
    for (const start of [0, n % 13, 900 - n]) {
      writer.putSlice(view, start, start + n);
      expected.push(view.slice(start, start + n));
    }
  }
  const out = new Uint8Array(writer.byteLength());
  assert.equal(writer.writeTo(out, 0), out.length);
  const block = Uint8Array.from([1, 0x87, 0x07, 1, 118, 6, 83, 116, 114, 105, 110, 103, ...out]);
  assert.equal(writer.rows, 903);
  const { bytes, starts, ends } = readBlock(block).columns[0].column as StringColumn;
  expected.forEach((value, i) => assert.deepEqual(bytes.slice(starts[i], ends[i]), value));
});

Deno.test("putText, putSlice and putEncoded agree on any text", () => {
  const encoder = new TextEncoder();
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: "binary-ascii", maxLength: 300 }),
  );
  fc.assert(fc.property(fc.array(text), (texts) => {
    const byText = new StringWriter(), bySlice = new StringWriter(), encoded = new StringWriter();
    for (const value of texts) {
      const bytes = encoder.encode(value);
      byText.putText(value);
      bySlice.putSlice(bytes, 0, bytes.length);
    }
    let at = 0;
    for (const value of texts) {
      const n = encoder.encode(value).length;
      const next = at + n + (n < 128 ? 1 : 2);
      encoded.putEncoded(byText.bytes, at, next);
      at = next;
    }
    const wire = byText.bytes.subarray(0, byText.length);
    assert.deepEqual(bySlice.bytes.subarray(0, bySlice.length), wire);
    assert.deepEqual(encoded.bytes.subarray(0, encoded.length), wire);
  }));
  const writer = new StringWriter();
  writer.putText("a\ud800b");
  assert.deepEqual([...writer.bytes.subarray(0, writer.length)], [5, 97, 0xef, 0xbf, 0xbd, 98]);
});

Deno.test("texts that are no value of the type are refused and leave the column as it was", () => {
  const bad: Record<string, string[]> = {
    "UUID": ["", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeefg", "0".repeat(36)],
    "IPv4": ["", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "::1"],
    "IPv6": ["", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::g", "1.2.3.4::", "%eth0"],
    "FixedString(2)": ["abc", "é€"],
    "Enum8('a' = 1)": ["", "b", "A"],
  };
  for (const [type, texts] of Object.entries(bad)) {
    const writer = createWriter(parseType(type));
    for (const text of texts) {
      assert.throws(() => put(writer, text), ConvertError, `${type} ${text}`);
      assert.equal(writer.rows, 0);
    }
  }
});

Deno.test("every kind of writer keeps its values while its buffers grow", () => {
  const types: Record<string, (i: number) => Value> = {
    "UUID": (i) => `00000000-0000-0000-0000-${String(i).padStart(12, "0")}`,
    "IPv6": (i) => `2001:db8::${i + 1}`,
    "FixedString(5)": (i) => String(i),
    "Int64": (i) => -i,
    "Nullable(UInt16)": (i) => i % 3 === 0 ? null : i,
    "LowCardinality(String)": (i) => `${i % 300}`,
    "Array(Float32)": (i) => [i, i + 1],
    "Map(String, IPv4)": (i) => [[String(i), `1.2.${i >> 8}.${i & 255}`]],
  };
  for (const [type, value] of Object.entries(types)) {
    const layout = [{ name: "v", type }];
    const all = readBlock(blockOf(layout, Array.from({ length: 1000 }, (_, i) => [value(i)])).finish().block);
    for (let i = 0; i < 1000; i++) {
      const one = readBlock(blockOf(layout, [[value(i)]]).finish().block);
      assert.equal(rowJson(all, i), rowJson(one, 0), type);
    }
  }
});

function rows(block: Uint8Array): string {
  const read = readBlock(block);
  return Array.from({ length: read.rows }, (_, row) => rowJson(read, row)).join("\n");
}
