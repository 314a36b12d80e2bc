import { strict as assert } from "node:assert";
import { KeyPathError, keyPathProblem, parseKeyPath } from "./key_path.ts";
import { OTLP_FIELDS } from "./source_otlp.ts";

const span = { field: "span_id" };
const trace = { field: "trace_id" };
const VALID: [string, unknown][] = [
  ["span_id", { kind: "value", value: span }],
  [" span_id ", { kind: "value", value: span }],
  ["attributes.order_id", { kind: "value", value: { field: "attributes", key: "order_id" } }],
  ["attributes.service\\.name", { kind: "value", value: { field: "attributes", key: "service.name" } }],
  ["attributes.service.name", { kind: "value", value: { field: "attributes", key: "service.name" } }],
  ["attributes.a\\*b", { kind: "value", value: { field: "attributes", key: "a*b" } }],
  ['{"a":trace_id,"b":span_id}', {
    kind: "object",
    members: [{ name: "a", value: trace }, { name: "b", value: span }],
  }],
  ["{ trace_id , b: span_id }", {
    kind: "object",
    members: [{ name: "trace_id", value: trace }, { name: "b", value: span }],
  }],
  ["[trace_id,attributes.a\\,b]", { kind: "array", items: [trace, { field: "attributes", key: "a,b" }] }],
];
for (const [text, path] of VALID) {
  Deno.test(`key ${text}`, () => assert.deepEqual(parseKeyPath(text), path));
}

const INVALID = [
  ...["", " ", "a.", ".a", "a..b", "a\\", "attributes.*", "events.#.name", "a|b", "@this", "{", "[", "[]", "{}"],
  ...["[trace_id,]", '{"a":}', '{"a":trace_id,"a":span_id}', '{"a":{"b":span_id}}', "[[span_id]]", '{"a"trace_id}'],
];
for (const text of INVALID) {
  Deno.test(`key ${JSON.stringify(text)} is refused`, () => assert.throws(() => parseKeyPath(text), KeyPathError));
}

Deno.test("a key must name fields of the schema, and keys only of maps", () => {
  const problem = (text: string) => keyPathProblem(parseKeyPath(text), OTLP_FIELDS["otlp.logs"]);
  assert.equal(problem("[trace_id,attributes.x]"), undefined);
  assert.match(problem("[trace_id,nothing]") ?? "", /"nothing" not found/);
  assert.match(problem("body.x") ?? "", /"body" is not a map/);
});
