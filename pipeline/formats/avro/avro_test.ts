import assert from "node:assert/strict";
import avsc from "avsc";
import fc from "fast-check";
import { Bed, framed } from "../bed_test_support.ts";
import { SchemaError } from "../errors.ts";
import { bindRecords, fieldsOfAvro } from "./mod.ts";

const PAYMENT = {
  type: "record",
  name: "Payment",
  namespace: "shop",
  fields: [
    { name: "id", type: "string" },
    { name: "cents", type: "long" },
    { name: "rate", type: "double" },
    { name: "small", type: "float" },
    { name: "paid", type: "boolean" },
    { name: "n", type: "int" },
    { name: "state", type: { type: "enum", name: "State", symbols: ["NEW", "DONE"] } },
    { name: "hash", type: { type: "fixed", name: "Hash", size: 3 } },
    { name: "note", type: ["null", "string"] },
    { name: "tags", type: { type: "array", items: "string" } },
    { name: "extra", type: { type: "map", values: ["null", "long", "string"] } },
    {
      name: "payer",
      type: ["null", {
        type: "record",
        name: "Payer",
        fields: [{ name: "name", type: "string" }, { name: "last", type: "State" }],
      }],
    },
    { name: "amount", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
  ],
};
const FILE = JSON.stringify(PAYMENT);
const inline = { file: FILE, messageType: "", version: null };
const type = avsc.Type.forSchema(PAYMENT as avsc.Schema, { wrapUnions: false });
const sample = {
  id: "ü1",
  cents: -1234567890123,
  rate: 0.1,
  small: 1.5,
  paid: true,
  n: -7,
  state: "DONE",
  hash: Buffer.from([0, 255, 65]),
  note: null,
  tags: ["a", 'q"\n'],
  extra: { a: 1, b: null, c: "x" },
  payer: { name: "Eve", last: "NEW" },
  amount: Buffer.from([0xff, 0x38]),
};

Deno.test("fields of an Avro schema, with those inside of records", () => {
  assert.deepEqual(
    fieldsOfAvro(FILE).map(({ name, type, spelling, nullable }) => `${name} ${type} ${spelling}${nullable ? "?" : ""}`),
    [
      "id string string",
      "cents int int64",
      "rate float float64",
      "small float float32",
      "paid bool bool",
      "n int int32",
      "state string string",
      "hash string bytes",
      "note string string?",
      "tags array array",
      "extra map map",
      "payer map map?",
      "payer.name string string?",
      "payer.last string string?",
      "amount string string",
    ],
  );
});

Deno.test("a record becomes a row; a decimal its digits", () => {
  const fields = fieldsOfAvro(FILE).filter(({ name }) => name !== "hash");
  const bed = new Bed(fields, bindRecords, inline);
  const row = JSON.parse(bed.read(framed(7, type.toBuffer(sample))));
  assert.deepEqual(row, {
    id: "ü1",
    cents: -1234567890123,
    rate: 0.1,
    small: 1.5,
    paid: true,
    n: -7,
    state: "DONE",
    note: null,
    tags: '["a","q\\"\\n"]',
    extra: '{"a":1,"b":null,"c":"x"}',
    payer: '{"name":"Eve","last":"NEW"}',
    "payer.name": "Eve",
    "payer.last": "NEW",
    amount: "-2.00",
  });
});

Deno.test("an absent record leaves everything below it null", () => {
  const fields = fieldsOfAvro(FILE).filter(({ name }) => name.startsWith("payer"));
  const bed = new Bed(fields, bindRecords, inline);
  assert.equal(
    bed.read(framed(1, type.toBuffer({ ...sample, payer: null }))),
    '{"payer":null,"payer.name":null,"payer.last":null}',
  );
});

Deno.test("a record that is cut, prolonged or unframed is refused with a reason and leaves no row", () => {
  const bed = new Bed(fieldsOfAvro(FILE), bindRecords, inline);
  const whole = framed(1, type.toBuffer(sample));
  for (let end = 5; end < whole.length; end++) {
    assert.match(bed.read(whole.subarray(0, end)), /^error: undecodable at byte \d+ of the payload: /);
  }
  assert.match(bed.read(framed(1, type.toBuffer(sample), Uint8Array.of(0))), /more than the schema says/);
  assert.equal(bed.read(whole.subarray(0, 4)), "error: message is too short to contain schema ID");
  assert.equal(bed.read(whole.map((byte, i) => i === 0 ? 1 : byte)), "error: failed to parse schema ID from message");
  assert.equal(bed.rows, 0);
});

Deno.test("random bytes never give anything but a row or a reason", () => {
  const bed = new Bed(fieldsOfAvro(FILE), bindRecords, inline);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = bed.read(framed(1, bytes));
      assert.ok(text.startsWith("error: ") || JSON.parse(text));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("each record is read by the schema it was written with", () => {
  const seed = {
    type: "record",
    name: "A",
    fields: [{ name: "id", type: "int" }, { name: "x", type: ["null", "string"] }],
  };
  const later = {
    type: "record",
    name: "A",
    fields: [{ name: "new", type: "long" }, { name: "x", type: "string" }, { name: "id", type: "long" }],
  };
  const fields = fieldsOfAvro(JSON.stringify(seed));
  const bed = new Bed(fields, bindRecords, { file: JSON.stringify(seed), messageType: "", version: "1" });
  const one = framed(1, avsc.Type.forSchema(seed as avsc.Schema).toBuffer({ id: 5, x: "a" } as never));
  const two = framed(2, avsc.Type.forSchema(later as avsc.Schema).toBuffer({ new: 1, x: "b", id: 2 ** 40 }));
  const places = (bytes: Uint8Array) => ({ bytes, count: 1, values: Int32Array.of(0, bytes.length) });
  assert.deepEqual(bed.records.missing(places(one)), [1]);
  assert.match(bed.read(one), /schema id 1 is not known/);
  bed.records.learn(1, { type: "AVRO", text: JSON.stringify(seed), references: [] });
  bed.records.learn(2, { type: "AVRO", text: JSON.stringify(later), references: [] });
  bed.records.learn(3, {
    type: "AVRO",
    text: JSON.stringify({ ...later, fields: later.fields.slice(0, 2) }),
    references: [],
  });
  bed.records.learn(4, "schema id 4 is not in the registry");
  bed.records.learn(5, { type: "JSON", text: "{}", references: [] });
  assert.deepEqual(bed.records.missing(places(one)), []);
  assert.equal(bed.read(one), '{"id":5,"x":"a"}');
  assert.equal(bed.read(two), `{"id":${2 ** 40},"x":"b"}`);
  assert.equal(
    bed.read(framed(3)),
    "error: schema 3 is incompatible: field id from previous schema is missing in the new schema",
  );
  assert.equal(bed.read(framed(4)), "error: schema id 4 is not in the registry");
  assert.match(bed.read(framed(5)), /schema 5 is incompatible: it is of type JSON/);
});

Deno.test("64-bit numbers keep every digit", () => {
  const file = '{"type":"record","name":"A","fields":[{"name":"n","type":"long"}]}';
  const bed = new Bed(fieldsOfAvro(file), bindRecords, { ...inline, file });
  const ones = new Uint8Array(9).fill(0xff);
  assert.equal(bed.read(framed(0, ones, Uint8Array.of(1))), '{"n":-9223372036854775808}');
  assert.equal(
    bed.read(framed(0, Uint8Array.of(0xfe), ones.subarray(1), Uint8Array.of(1))),
    '{"n":9223372036854775807}',
  );
  assert.match(bed.read(framed(0, ones, Uint8Array.of(2))), /more than 64 bits/);
});

Deno.test("schemas that cannot be used are refused with a reason", () => {
  for (
    const [text, reason] of [
      ["{", /not valid JSON/],
      ['"string"', /must be a record/],
      ['{"type":"record","name":"A","fields":[{"name":"x","type":"B"}]}', /type "B" without defining/],
      ['{"type":"record","name":"A","fields":[]}', /no fields/],
      ['{"type":"record","fields":[]}', /no valid name/],
    ] as const
  ) {
    assert.throws(() => fieldsOfAvro(text), (error) => error instanceof SchemaError && reason.test(error.message));
  }
});

Deno.test("a record inside of itself is one field below the first level", () => {
  const tree = {
    type: "record",
    name: "Node",
    fields: [{ name: "v", type: "int" }, { name: "next", type: ["null", "Node"] }],
  };
  const fields = fieldsOfAvro(JSON.stringify(tree));
  assert.deepEqual(fields.map(({ name }) => name), ["v", "next"]);
  const bed = new Bed(fields, bindRecords, { ...inline, file: JSON.stringify(tree) });
  const encoded = avsc.Type.forSchema(tree as avsc.Schema, { wrapUnions: false })
    .toBuffer({ v: 1, next: { v: 2, next: { v: 3, next: null } } });
  assert.equal(JSON.parse(bed.read(framed(0, encoded))).next, '{"v":2,"next":{"v":3,"next":null}}');
});

/** A schema with a value of it, and the value as JSON has it. */
type Case = { readonly schema: unknown; readonly value: unknown; readonly json: unknown };
const plain = (schema: string, values: fc.Arbitrary<unknown>) =>
  values.map((value): Case => ({ schema, value, json: value }));
const LEAF = fc.oneof(
  plain("string", fc.string({ unit: "grapheme" })),
  plain("int", fc.integer()),
  // The other library loses a digit beyond.
  plain("long", fc.maxSafeInteger().map((n) => Math.trunc(n / 2) + 0)),
  plain("double", fc.double({ noNaN: true, noDefaultInfinity: true })),
  plain("boolean", fc.boolean()),
  plain("null", fc.constant(null)),
);
const { value: anyCase } = fc.letrec<{ value: Case }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    LEAF,
    LEAF.chain((item) =>
      fc.nat(70).map((n): Case => ({
        schema: { type: "array", items: item.schema },
        value: Array(n).fill(item.value),
        json: Array(n).fill(item.json),
      }))
    ),
    tie("value").map((item): Case => ({
      schema: { type: "map", values: item.schema },
      value: { k: item.value, 'ü"': item.value },
      json: { k: item.json, 'ü"': item.json },
    })),
    fc.array(tie("value"), { minLength: 1, maxLength: 4 }).map((items): Case => ({
      schema: { type: "record", fields: items.map(({ schema }, i) => ({ name: `f${i}`, type: schema })) },
      value: Object.fromEntries(items.map(({ value }, i) => [`f${i}`, value])),
      json: Object.fromEntries(items.map(({ json }, i) => [`f${i}`, json])),
    })),
  ),
}));

/** Records need names. */
function withNames(schema: unknown, counter = { n: 0 }): unknown {
  if (Array.isArray(schema)) return schema.map((each) => withNames(each, counter));
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withNames(value, counter)]));
  return copy.type === "record" ? { ...copy, name: `R${counter.n++}` } : copy;
}

Deno.test("whatever another library encodes is read back", () => {
  fc.assert(
    fc.property(fc.array(anyCase, { minLength: 1, maxLength: 5 }), (items) => {
      const schema = withNames({
        type: "record",
        fields: [...items.map(({ schema }, i) => ({ name: `f${i}`, type: schema })), { name: "last", type: "int" }],
      });
      const value = { ...Object.fromEntries(items.map(({ value }, i) => [`f${i}`, value])), last: 77 };
      const fields = fieldsOfAvro(JSON.stringify(schema));
      const bed = new Bed(fields, bindRecords, { ...inline, file: JSON.stringify(schema) });
      const text = bed.read(
        framed(0, avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: false }).toBuffer(value)),
      );
      assert.ok(!text.startsWith("error"), text);
      const row = JSON.parse(text);
      for (const { name, type } of fields) {
        const expected = name.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], {
          ...Object.fromEntries(items.map(({ json }, i) => [`f${i}`, json])),
          last: 77,
        });
        assert.deepEqual(type === "array" || type === "map" ? JSON.parse(row[name]) : row[name], expected);
      }
    }),
    { numRuns: 300 },
  );
});
