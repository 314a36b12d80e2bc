import assert from "node:assert/strict";
import { parseKeyPath } from "../pipeline/config/key_path.ts";
import { Arena } from "./arena.ts";
import { logsNeeds } from "./logs_framer.ts";
import { LogsProtoDecoder } from "./logs_proto.ts";
import { RecordKey } from "./record_key.ts";
import { encodeProto, type LogData } from "./testing/export_request.ts";

const SPAN = { traceId: new Uint8Array(16).fill(0xab), spanId: new Uint8Array(8).fill(0x01) };

/** The key text of one record, or undefined if it has none. */
function keyText(path: string, log: LogData): string | undefined {
  const key = parseKeyPath(path);
  const arena = new Arena();
  arena.load(encodeProto([{ scopes: [{ name: "lib", logs: [log] }] }]));
  const reader = new RecordKey(key, arena);
  let text: string | undefined;
  new LogsProtoDecoder(arena).decode(logsNeeds([], key), {
    accept(record) {
      if (reader.read(record)) text = new TextDecoder().decode(arena.bytes.subarray(reader.start, reader.end));
    },
    reject: () => assert.fail(),
    restart: () => assert.fail(),
    unusualId: () => assert.fail(),
  }, 1 << 20);
  return text;
}

Deno.test("key texts of single fields", () => {
  const log: LogData = {
    ...SPAN,
    time: 1767225600500000000n,
    severityNumber: 9,
    body: { kind: "string", value: 'a "b"' },
    attributes: [["measurement_id", { kind: "string", value: "m1" }], ["service.name", { kind: "int", value: 7n }]],
  };
  assert.equal(keyText("span_id", log), "0101010101010101");
  assert.equal(keyText("attributes.measurement_id", log), "m1");
  assert.equal(keyText("attributes.service\\.name", log), "7");
  assert.equal(keyText("severity_number", log), "9");
  assert.equal(keyText("timestamp", log), "2026-01-01T00:00:00.5Z");
  assert.equal(keyText("body", log), 'a "b"');
  assert.equal(keyText("scope_name", log), "lib");
  assert.equal(keyText("attributes", log), '{"measurement_id":"m1","service.name":"7"}');
});

Deno.test("records without the key have none", () => {
  assert.equal(keyText("span_id", {}), undefined);
  assert.equal(keyText("body", {}), undefined);
  assert.equal(keyText("attributes.id", { attributes: [["other", { kind: "bool", value: true }]] }), undefined);
  assert.equal(keyText("attributes.id", { attributes: [["id", { kind: "unset" }]] }), undefined);
});

Deno.test("composite keys are JSON, missing parts left out", () => {
  const path = '{"trace_id":trace_id,"span_id":span_id}';
  assert.equal(keyText(path, SPAN), `{"trace_id":"${"ab".repeat(16)}","span_id":"0101010101010101"}`);
  assert.equal(keyText(path, { spanId: SPAN.spanId }), '{"span_id":"0101010101010101"}');
  assert.equal(keyText(path, {}), "{}");
  assert.equal(keyText("[trace_id,span_id]", SPAN), `["${"ab".repeat(16)}","0101010101010101"]`);
  assert.equal(keyText("[flags,body]", { flags: 3, body: { kind: "string", value: '"\n' } }), '[3,"\\"\\n"]');
});
