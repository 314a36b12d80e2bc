/** What a record must be like to be taken: the scenarios in which the original's validator is tested. */
import assert from "node:assert/strict";
import { rowJson } from "../native/mod.ts";
import { type Fields, planOf, scan } from "./testing/pipeline_of.ts";

const TEXT_COLUMN: Readonly<Record<string, string>> = { bool: "Bool", int: "Int64", uint: "UInt64", float: "Float64" };

function check(fields: Fields, record: string): string {
  const mapping = Object.entries(fields).map((
    [name, type],
    i,
  ) => [`c${i}`, [name, TEXT_COLUMN[type] ?? "String"] as const]);
  const found = scan(planOf(fields, Object.fromEntries(mapping)), record);
  return typeof found === "string" ? found : rowJson(found, 0);
}

function refused(fields: Fields, record: string, message: RegExp): void {
  assert.match(check(fields, record), message, record);
}

Deno.test("a record has every declared field in its type", () => {
  const fields = { id: "int", name: "string" };
  assert.equal(check(fields, '{"id":1,"name":"x"}'), '{"id":1,"name":"x"}');
  refused(fields, "not json", /^the message must be a JSON object/);
  refused(fields, '{"id":1,"name":"x"', /^invalid JSON at byte 18: /);
  refused(fields, '{"id":1}', /^field 'name' is missing in the message$/);
  refused(fields, '{"id":"1","name":"x"}', /^field 'id': expected int, got string$/);
  refused(fields, '{"id":1,"name":2}', /^field 'name': expected string, got number$/);
  assert.equal(
    check({ b: "bool", a: "array", m: "map" }, '{"b":true,"a":[1],"m":{"k":1}}'),
    '{"b":true,"a":"[1]","m":"{\\"k\\":1}"}',
  );
});

Deno.test("a dotted name is a key of that name, else a path", () => {
  const fields = { "user.id": "int", "user.name": "string" };
  const taken = '{"user.id":1,"user.name":"x"}';
  for (
    const record of [
      '{"user.id":1,"user.name":"x"}',
      '{"user":{"id":1,"name":"x"}}',
      '{"user.id":1,"user":{"name":"x"}}',
      '{"user":{"id":2,"name":"x"},"user.id":1}',
    ]
  ) assert.equal(check(fields, record), taken, record);
  refused(fields, '{"user":{"name":"x"}}', /field 'user.id' is missing/);
  refused(fields, '{"user.id":"1","user":{"id":1,"name":"x"}}', /field 'user.id': expected int, got string/);
});

Deno.test("JSON types against declared types", () => {
  const good: [string, string][] = [
    ["string", '"x"'],
    ["int", "-5"],
    ["uint", "5"],
    ["float", "1.5"],
    ["float", "1"],
    ["bool", "true"],
    ["bool", "false"],
    ["array", "[]"],
    ["map", "{}"],
    ["bytes", '"aGk="'],
  ];
  for (const [type, value] of good) assert.match(check({ f: type }, `{"f":${value}}`), /^\{"f":/, type);
  const bad: [string, string, string][] = [
    ["string", "1", "number"],
    ["float", '"1"', "string"],
    ["int", '"1"', "string"],
    ["bool", '"true"', "string"],
    ["array", "{}", "object"],
    ["map", "[]", "array"],
    ["string", "null", "null"],
  ];
  for (const [type, value, kind] of bad) {
    refused({ f: type }, `{"f":${value}}`, new RegExp(`expected ${type}, got ${kind}`));
  }
});
