import assert from "node:assert/strict";
import { LogsIntake } from "../otlp/logs_intake.ts";
import { DEFAULT_FRAMING } from "../otlp/logs_framer.ts";
import { SHOP } from "../otlp/testing/memory_receiver.ts";
import { decodeExport } from "./baseline/protobuf_objects.ts";
import { encodeJson, encodeProtobuf, logRequests, MEAN_RECORD_BYTES, RECORDS_PER_REQUEST } from "./log_requests.ts";

const request = (seed: number) => logRequests(seed).next().value;

Deno.test("requests have the documented size and differ", () => {
  const source = logRequests(1);
  const sizes = Array.from({ length: 20 }, () => encodeProtobuf(source.next().value).length / RECORDS_PER_REQUEST);
  const mean = sizes.reduce((sum, size) => sum + size) / sizes.length;
  assert.ok(Math.abs(mean / MEAN_RECORD_BYTES - 1) < 0.03, `${mean} bytes per record`);
  assert.deepEqual(encodeProtobuf(request(1)), encodeProtobuf(request(1)));
  assert.notDeepEqual(encodeProtobuf(request(1)), encodeProtobuf(request(2)));
});

Deno.test("the receiver reads the same rows from both encodings", () => {
  const intake = new LogsIntake(DEFAULT_FRAMING);
  const groups = request(3);
  const protobuf = intake.frame(SHOP, "protobuf", encodeProtobuf(groups));
  const json = intake.frame(SHOP, "json", encodeJson(groups));
  assert.equal(protobuf.accepted, RECORDS_PER_REQUEST);
  assert.equal(protobuf.rejected, 0);
  assert.deepEqual(json.blocks.map(({ block }) => block), protobuf.blocks.map(({ block }) => block));
});

Deno.test("the baseline's decoder sees every record", () => {
  const groups = request(4);
  const decoded = decodeExport(encodeProtobuf(groups));
  const records = decoded.resourceLogs.flatMap((group) => group.scopeLogs.flatMap((scope) => scope.logRecords));
  const events = groups.flatMap((group) => group.events);
  assert.deepEqual(records.map((record) => record.body.stringValue), events.map((event) => event.body));
  assert.deepEqual(
    records.map((record) => record.attributes.length),
    events.map((event) => Object.keys(event.attributes).length),
  );
  assert.deepEqual(records.map((record) => record.traceId), events.map((event) => event.traceId));
});
