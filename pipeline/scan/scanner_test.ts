import assert from "node:assert/strict";
import { MAX_DEPTH } from "./fault.ts";
import type { ScanField } from "./fields.ts";
import { lastValue, recorders } from "./recorder_test_support.ts";
import { createScanner } from "./scanner.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Values of one record, or the error text. */
function read(fields: ScanField[], record: string | Uint8Array): unknown[] | string {
  const columns = recorders(fields);
  const scanner = createScanner(fields, columns);
  const bytes = typeof record === "string" ? encode(record) : record;
  // The record lies in the middle of other text, which must not be read.
  const padded = new Uint8Array(bytes.length + 20).fill(0x22);
  padded.set(bytes, 9);
  if (scanner.scan(padded, 9, 9 + bytes.length) !== 0) {
    for (const column of columns) assert.equal(column.values.length, 0);
    return scanner.errorText();
  }
  return columns.map((column, i) => {
    assert.equal(column.values.length, 1);
    return lastValue(column, fields[i]);
  });
}

const field = (name: string, type: ScanField["type"], nullable = false): ScanField => ({ name, type, nullable });

Deno.test("each type is read from its JSON form", () => {
  const fields = [
    field("s", "string"),
    field("b", "bool"),
    field("i", "int"),
    field("u", "uint"),
    field("f", "float"),
    field("a", "array"),
    field("m", "map"),
  ];
  assert.deepEqual(
    read(
      fields,
      ` {"m" : {"x":[1, {}]} ,"a":[1, 2],"f":-0.5e1,"u":18446744073709551615,"i":-3,"b":true,"s":"é\\n"}\r\n`,
    ),
    ["é\n", 1, -3n, 18446744073709551615n, -5, "[1, 2]", `{"x":[1, {}]}`],
  );
});

Deno.test("integers are exact and may be written with a point or exponent", () => {
  const cases: [string, "int" | "uint", bigint | string][] = [
    ["9007199254740993", "int", 9007199254740993n],
    ["9223372036854775807", "int", 9223372036854775807n],
    ["-9223372036854775808", "int", -9223372036854775808n],
    ["9223372036854775808", "int", "the number does not fit into a 64-bit int"],
    ["-9223372036854775809", "int", "the number does not fit into a 64-bit int"],
    ["18446744073709551616", "uint", "the number does not fit into a 64-bit uint"],
    ["-1", "uint", "the number does not fit into a 64-bit uint"],
    ["-0", "uint", 0n],
    ["-4294967296", "int", -4294967296n],
    ["1.0", "int", 1n],
    ["1e3", "int", 1000n],
    ["-12.50E+1", "int", -125n],
    ["0.00012e5", "int", 12n],
    ["0e99999999999", "int", 0n],
    ["922337203685477580.70e1", "int", 9223372036854775807n],
    ["1000000000000000000000e-21", "int", 1n],
    ["1.5", "int", "expected int, got a number with a fraction"],
    ["1e-400", "int", "expected int, got a number with a fraction"],
    ["1e400", "int", "the number does not fit into a 64-bit int"],
  ];
  for (const [text, type, expected] of cases) {
    const got = read([field("n", type)], `{"n":${text}}`);
    assert.deepEqual(got, typeof expected === "string" ? `field 'n': ${expected}` : [expected], text);
  }
});

Deno.test("exact numbers are their own text, of any size", () => {
  const exact = (type: "int" | "uint" | "float", text: string) =>
    read([{ ...field("n", type), exact: true }], `{"n":${text}}`);
  for (const text of ["123456789012345678901234567890", "-1.0e40", "0"]) assert.deepEqual(exact("int", text), [text]);
  for (const text of ["1e-7", "-0.1", "1e400"]) assert.deepEqual(exact("float", text), [text]);
  assert.equal(exact("int", "1.5"), "field 'n': expected int, got a number with a fraction");
  assert.equal(exact("uint", "-1"), "field 'n': the number does not fit into a 64-bit uint");
  assert.equal(exact("float", '"1"'), "field 'n': expected float, got string");
});

Deno.test("doubles are those of JSON.parse", () => {
  for (
    const text of ["-0", "0.1", "1.7976931348623157e308", "5e-324", "2e-324", "1e23", "1e22", "0.30000000000000004"]
  ) {
    const [got] = read([field("n", "float")], `{"n":${text}}`) as [number];
    assert.ok(Object.is(got, JSON.parse(text)), text);
  }
  for (const text of ["1e400", "-1e400", "1.7976931348623159e308"]) {
    assert.equal(
      read([field("n", "float")], `{"n":${text}}`),
      "field 'n': the number does not fit into a 64-bit float",
    );
  }
});

Deno.test("a key with the whole dotted name wins over the path; mixed forms are not looked for", () => {
  const fields = [field("a.b.c", "int", true)];
  assert.deepEqual(read(fields, `{"a":{"b":{"c":1}}}`), [1n]);
  assert.deepEqual(read(fields, `{"a.b.c":2,"a":{"b":{"c":1}}}`), [2n]);
  assert.deepEqual(read(fields, `{"a":{"b":{"c":1}},"a.b.c":null}`), [null]);
  assert.deepEqual(read(fields, `{"a.b":{"c":1}}`), [null]);
  assert.deepEqual(read(fields, `{"a":[{"b":1}]}`), [null]);
});

Deno.test("the last duplicate counts, with everything below it", () => {
  const fields = [field("a", "map", true), field("a.b", "int", true), field("a.c", "int", true)];
  assert.deepEqual(read(fields, `{"a":{"b":1,"c":2},"a":{"b":3}}`), [`{"b":3}`, 3n, null]);
  assert.deepEqual(read(fields, `{"a":{"b":1,"c":2},"a":null}`), [null, null, null]);
  assert.deepEqual(read([field("x", "int")], `{"x":"old","x":1}`), [1n]);
  assert.deepEqual(read([field("x", "int")], `{"x":1,"\\u0078":2}`), [2n]);
});

Deno.test("errors name the field or the place", () => {
  const fields = [field("scan_id", "string"), field("x", "int")];
  const cases: [string, string][] = [
    [`{"x":1}`, "field 'scan_id' is missing in the message"],
    [`{"scan_id":null,"x":1}`, "field 'scan_id': expected string, got null"],
    [`{"scan_id":"","x":"1"}`, "field 'x': expected int, got string"],
    [`{"scan_id":"","x":[]}`, "field 'x': expected int, got array"],
    [`{"scan_id":"" "x":1}`, "invalid JSON at byte 14: expected ',' or '}'"],
    [`{"scan_id":"",}`, "invalid JSON at byte 14: expected a key in double quotes"],
    [`{"x":01}`, "invalid JSON at byte 6: malformed number"],
    [`{"x":1}}`, "invalid JSON at byte 7: text behind the end of the object"],
    [``, "invalid JSON at byte 0: the message is empty"],
    [`[1]`, "the message must be a JSON object, got array"],
    [`\ufeff{}`, "the message starts with a byte order mark; send plain UTF-8"],
    [`{"y":"\u0001"}`, "invalid JSON at byte 6: unescaped control character in a string"],
    [`{"y":"\\u12G4"}`, "invalid JSON at byte 6: invalid escape sequence"],
  ];
  for (const [record, text] of cases) assert.equal(read(fields, record), text, record);
  assert.equal(read(fields, Uint8Array.of(0x7b, 0x22, 0xc0, 0x80)), "invalid UTF-8 at byte 2");
});

Deno.test("nesting is bounded, not the stack", () => {
  const nest = (depth: number) => `{"x":1,"deep":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
  assert.deepEqual(read([field("x", "int")], nest(MAX_DEPTH)), [1n]);
  assert.match(read([field("x", "int")], nest(MAX_DEPTH + 1)) as string, /more than 65536 nested/);
  assert.match(read([field("x", "int")], `{"y":`.repeat(MAX_DEPTH + 5)) as string, /more than 65536 nested/);
});

Deno.test("a lone surrogate becomes U+FFFD, a pair its character", () => {
  assert.deepEqual(read([field("s", "string")], `{"s":"\\ud83d\\ude00 \\ud83d \\ude00\\ud83d\\u0041"}`), [
    "😀 \ufffd \ufffd\ufffdA",
  ]);
});

Deno.test("a field without a writer is judged all the same", () => {
  const fields = [field("a", "int"), field("b", "string", true)];
  const [column] = recorders(fields);
  const scanner = createScanner(fields, [column, null]);
  const bytes = encode(`{"a":1,"b":"x"}{"a":1,"b":2}`);
  assert.equal(scanner.scan(bytes, 0, 15), 0);
  assert.notEqual(scanner.scan(bytes, 15, bytes.length), 0);
  assert.equal(scanner.errorText(), "field 'b': expected string, got number");
  assert.equal(column.values.length, 1);
});

Deno.test("many fields of equal key length are told apart", () => {
  const fields = Array.from({ length: 200 }, (_, i) => field(`field_${String(i).padStart(3, "0")}`, "int"));
  const record = `{${fields.map(({ name }, i) => `"x${name}":0,"${name}":${i}`).reverse().join(",")}}`;
  assert.deepEqual(read(fields, record), fields.map((_, i) => BigInt(i)));
});

Deno.test("a field cannot be declared twice", () => {
  assert.throws(() => createScanner([field("a", "int"), field("a", "int")], [null, null]), /declared twice/);
});
