import assert from "node:assert/strict";
import { createScanner } from "../../scan/mod.ts";
import { framed } from "../bed_test_support.ts";
import { SchemaError } from "../errors.ts";
import { jsonFields } from "./fields.ts";
import { bindRecords } from "./mod.ts";

Deno.test("a JSON Schema's fields: objects flattened, arrays whole, what has no type left out", () => {
  const schema = {
    type: "object",
    properties: {
      id: { type: "integer" },
      name: { type: ["null", "string"] },
      nested: {
        type: "object",
        properties: { deep: { type: "object", properties: { x: { type: "number" } } }, ok: { type: "boolean" } },
      },
      tags: { type: "array" },
      free: { type: "object", additionalProperties: { type: "string" } },
      untyped: {},
      odd: { type: "thing" },
    },
  };
  assert.deepEqual(
    jsonFields(JSON.stringify(schema)).map(({ name, type, nullable }) => `${name} ${type}${nullable ? "?" : ""}`),
    [
      "id int",
      "name string?",
      "nested.deep.x float",
      "nested.ok bool",
      "tags array",
    ],
  );
  for (const bad of ["{", '{"type":"string"}', '{"type":"object"}']) {
    assert.throws(
      () => jsonFields(bad),
      (error) => error instanceof SchemaError && /invalid schema/.test(error.message),
    );
  }
  assert.deepEqual(jsonFields('{"type":"object","properties":{}}'), []);
});

Deno.test("records are read under compatible schemas, refused under others", () => {
  const fields = [{ name: "id", type: "int", nullable: true }, { name: "m", type: "map", nullable: true }] as const;
  const rows: (number | null)[] = [];
  const column = {
    putNull: () => rows.push(null),
    beginValue: () => {},
    inner: { putI64: (lo: number) => rows.push(lo) },
  };
  const records = bindRecords(
    { fields, file: "", messageType: "", version: "7" },
    createScanner(fields, [column, null]),
  );
  const read = (id: number, text: string) => {
    const record = framed(id, new TextEncoder().encode(text));
    return records.scan(record, 0, record.length) === 0 ? "row" : records.errorText();
  };
  const schema = (properties: unknown) => JSON.stringify({ type: "object", properties });
  records.learn(8, {
    type: "JSON",
    text: schema({ id: { type: "integer" }, more: { type: "string" } }),
    references: [],
  });
  records.learn(9, { type: "JSON", text: schema({ id: { type: "string" } }), references: [] });
  records.learn(10, { type: "JSON", text: schema({}), references: [] });
  assert.equal(read(7, '{"id":1}'), "row");
  assert.equal(read(8, '{"id":2,"more":"x"}'), "row");
  assert.equal(read(8, "{}"), "row");
  assert.deepEqual(rows, [1, 2, null]);
  assert.equal(
    read(9, '{"id":"2"}'),
    "schema 9 is incompatible: field id type changed: previous schema has int, new schema has string",
  );
  assert.equal(read(10, "{}"), "schema 10 is incompatible: it has no fields");
  assert.match(read(7, "{"), /invalid JSON/);
});
