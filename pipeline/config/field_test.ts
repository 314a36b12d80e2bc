import { strict as assert } from "node:assert";
import { resolveFieldRef } from "./field_ref.ts";
import { type FieldDecl, normaliseFieldType, normaliseOutputType } from "./field_type.ts";

Deno.test("spellings of field types", () => {
  const spellings: Record<string, string> = {
    string: "string bytes datetime String DateTime",
    bool: "bool boolean",
    int: "int integer int8 int16 int32 int64",
    uint: "uint uint8 uint16 uint32 uint64",
    float: "float float32 float64 number",
    array: "array",
    map: "map object",
  };
  for (const [basic, texts] of Object.entries(spellings)) {
    for (const text of texts.split(" ")) assert.equal(normaliseFieldType(text), basic, text);
  }
  for (const text of ["", "int128", "decimal", "constructor", "[]string"]) {
    assert.equal(normaliseFieldType(text), undefined, text);
  }
  assert.equal(normaliseOutputType("[]string"), "array");
  assert.equal(normaliseOutputType("[]nothing"), undefined);
});

Deno.test("names of values: fields first, then keys of map fields", () => {
  const fields: FieldDecl[] = [
    { name: "attributes", type: "map" },
    { name: "attributes.sub", type: "map" },
    { name: "attributes.flat", type: "string" },
    { name: "body", type: "string" },
  ];
  const resolve = (name: string) => resolveFieldRef(name, fields);
  assert.deepEqual(resolve("body"), { field: "body" });
  assert.deepEqual(resolve("attributes.flat"), { field: "attributes.flat" });
  assert.deepEqual(resolve("attributes.service.name"), { field: "attributes", key: "service.name" });
  assert.deepEqual(resolve("attributes.sub.x"), { field: "attributes.sub", key: "x" });
  assert.deepEqual(resolve("attributes['service.name']"), { field: "attributes", key: "service.name" });
  assert.deepEqual(resolve('attributes["it\\"s"]'), { field: "attributes", key: 'it"s' });
  for (const name of ["", "attributes.", ".attributes", "body.x", "body['x']", "nothing", "attributes[x]", "Body"]) {
    assert.equal(resolve(name), undefined, name);
  }
  assert.equal(resolve("attributes" + ".x".repeat(1e6)), undefined);
});
