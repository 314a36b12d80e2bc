/** The worked examples of the behavioural specification, in both encodings. */
import assert from "node:assert/strict";
import type { LogData, ResourceData, Value } from "./testing/export_request.ts";
import { frame, jsonRows, protoRows, rowsOf } from "./testing/frame_rows.ts";

const text = (value: string): Value => ({ kind: "string", value });
const int = (value: bigint): Value => ({ kind: "int", value });
const double = (value: number): Value => ({ kind: "double", value });
const bytes = (digits: string): Uint8Array => Uint8Array.from(digits.match(/../g) ?? [], (each) => parseInt(each, 16));

const EVERY_KIND_JSON =
  `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop-checkout"}},{"key":"host.cpu.count","value":{"intValue":"8"}}]},
 "schemaUrl":"https://opentelemetry.io/schemas/1.27.0",
 "scopeLogs":[{"scope":{"name":"shop.cart","version":"2.1.0","attributes":[{"key":"lib.debug","value":{"boolValue":true}}]},
 "logRecords":[{"timeUnixNano":"1767225600123456000","observedTimeUnixNano":"1767225600500000000","severityNumber":13,"severityText":"WARN","eventName":"cart.stock_low",
  "body":{"kvlistValue":{"values":[{"key":"event","value":{"stringValue":"stock_low"}},{"key":"left","value":{"intValue":"3"}}]}},
  "traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"b7ad6b7169203331","flags":1,"droppedAttributesCount":2,
  "attributes":[
   {"key":"a.string","value":{"stringValue":"plain"}},{"key":"b.bool","value":{"boolValue":true}},
   {"key":"c.int","value":{"intValue":"-42"}},{"key":"c.int.big","value":{"intValue":9007199254740993}},
   {"key":"d.double","value":{"doubleValue":0.1}},{"key":"d.double.whole","value":{"doubleValue":5}},
   {"key":"d.double.big","value":{"doubleValue":1e21}},{"key":"d.double.small","value":{"doubleValue":2.5e-7}},
   {"key":"d.nan","value":{"doubleValue":"NaN"}},{"key":"d.inf","value":{"doubleValue":"-Infinity"}},
   {"key":"e.bytes","value":{"bytesValue":"3q2+7w=="}},
   {"key":"f.array","value":{"arrayValue":{"values":[{"stringValue":"x"},{"intValue":"1"},{}]}}},
   {"key":"g.kvlist","value":{"kvlistValue":{"values":[{"key":"a","value":{"doubleValue":1.5}},{"key":"n","value":{"kvlistValue":{"values":[{"key":"deep","value":{"boolValue":false}}]}}}]}}},
   {"key":"h.empty","value":{}},{"key":"i.html","value":{"stringValue":"<a>&"}},
   {"key":"j.dup","value":{"stringValue":"first"}},{"key":"j.dup","value":{"stringValue":"second"}}]}]}]}]}`;

const EVERY_KIND: ResourceData[] = [{
  attributes: [["service.name", text("shop-checkout")], ["host.cpu.count", int(8n)]],
  schemaUrl: "https://opentelemetry.io/schemas/1.27.0",
  scopes: [{
    name: "shop.cart",
    version: "2.1.0",
    attributes: [["lib.debug", { kind: "bool", value: true }]],
    logs: [{
      time: 1767225600123456000n,
      observed: 1767225600500000000n,
      severityNumber: 13,
      severityText: "WARN",
      eventName: "cart.stock_low",
      body: { kind: "kvlist", value: [["event", text("stock_low")], ["left", int(3n)]] },
      traceId: bytes("0af7651916cd43dd8448eb211c80319c"),
      spanId: bytes("b7ad6b7169203331"),
      flags: 1,
      dropped: 2,
      attributes: [
        ["a.string", text("plain")],
        ["b.bool", { kind: "bool", value: true }],
        ["c.int", int(-42n)],
        ["c.int.big", int(9007199254740993n)],
        ["d.double", double(0.1)],
        ["d.double.whole", double(5)],
        ["d.double.big", double(1e21)],
        ["d.double.small", double(2.5e-7)],
        ["d.nan", double(NaN)],
        ["d.inf", double(-Infinity)],
        ["e.bytes", { kind: "bytes", value: bytes("deadbeef") }],
        ["f.array", { kind: "array", value: [text("x"), int(1n), { kind: "unset" }] }],
        ["g.kvlist", {
          kind: "kvlist",
          value: [["a", double(1.5)], ["n", { kind: "kvlist", value: [["deep", { kind: "bool", value: false }]] }]],
        }],
        ["h.empty", { kind: "unset" }],
        ["i.html", text("<a>&")],
        ["j.dup", text("first")],
        ["j.dup", text("second")],
      ],
    }],
  }],
}];

const EVERY_KIND_ROW = {
  timestamp: "2026-01-01T00:00:00.123456Z",
  observed_timestamp: "2026-01-01T00:00:00.5Z",
  severity_number: 13,
  severity_text: "WARN",
  body: '{"event":"stock_low","left":3}',
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  span_id: "b7ad6b7169203331",
  flags: 1,
  dropped_attributes_count: 2,
  resource_attributes: { "host.cpu.count": "8", "service.name": "shop-checkout" },
  scope_name: "shop.cart",
  scope_version: "2.1.0",
  scope_attributes: { "lib.debug": "true" },
  attributes: {
    "a.string": "plain",
    "b.bool": "true",
    "c.int": "-42",
    "c.int.big": "9007199254740993",
    "d.double": "0.1",
    "d.double.big": "1000000000000000000000",
    "d.double.small": "0.00000025",
    "d.double.whole": "5",
    "d.inf": "-Inf",
    "d.nan": "NaN",
    "e.bytes": "deadbeef",
    "f.array": '["x",1,null]',
    "g.kvlist": '{"a":1.5,"n":{"deep":false}}',
    "h.empty": "",
    "i.html": "<a>&",
    "j.dup": "second",
  },
  event_name: "cart.stock_low",
  resource_schema_url: "https://opentelemetry.io/schemas/1.27.0",
  scope_schema_url: "",
  resource_dropped_attributes_count: 0,
  scope_dropped_attributes_count: 0,
};

const EMPTY_ROW = {
  timestamp: "1970-01-01T00:00:00Z",
  observed_timestamp: "1970-01-01T00:00:00Z",
  severity_number: 0,
  severity_text: "",
  body: "",
  trace_id: "",
  span_id: "",
  flags: 0,
  dropped_attributes_count: 0,
  resource_attributes: {},
  scope_name: "",
  scope_version: "",
  scope_attributes: {},
  attributes: {},
  event_name: "",
  resource_schema_url: "",
  scope_schema_url: "",
  resource_dropped_attributes_count: 0,
  scope_dropped_attributes_count: 0,
};

Deno.test("a log with every kind of value, from JSON and from protobuf", () => {
  assert.deepEqual(jsonRows(EVERY_KIND_JSON), [EVERY_KIND_ROW]);
  assert.deepEqual(protoRows(EVERY_KIND), [EVERY_KIND_ROW]);
  assert.deepEqual(Object.keys(protoRows(EVERY_KIND)[0].attributes as object), Object.keys(EVERY_KIND_ROW.attributes));
});

Deno.test("a minimal log has the defaults of every column", () => {
  assert.deepEqual(jsonRows('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}'), [EMPTY_ROW]);
  assert.deepEqual(protoRows([{ scopes: [{ logs: [{}] }] }]), [EMPTY_ROW]);
});

Deno.test("an empty request is valid in both encodings", () => {
  assert.deepEqual(rowsOf(frame("protobuf", new Uint8Array(0))), []);
  for (
    const body of [
      "{}",
      '{"resourceLogs":[]}',
      '{"resourceLogs":null}',
      '{"resourceLogs":[{"scopeLogs":[]}]}',
      " {\n} ",
    ]
  ) {
    assert.deepEqual(jsonRows(body), []);
  }
});

Deno.test("ids in JSON are hex in any case, never base64", () => {
  for (const id of ["5b8efff798038103d269b633813fc60c", "5B8EFFF798038103D269B633813FC60C"]) {
    const [row] = jsonRows(
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"${id}","spanId":"eee19b7ec3c1b174"}]}]}]}`,
    );
    assert.equal(row.trace_id, "5b8efff798038103d269b633813fc60c");
    assert.equal(row.span_id, "eee19b7ec3c1b174");
  }
});

Deno.test("a record as the original's own test has it: ASCII ids, both times, one attribute", () => {
  const time = 1705315800123456789n;
  const [row] = protoRows([{
    attributes: [["service.name", text("api")]],
    scopes: [{
      name: "lib",
      version: "1.0",
      logs: [{
        time,
        observed: time,
        severityNumber: 9,
        severityText: "INFO",
        body: text("hello"),
        traceId: new TextEncoder().encode("0123456789abcdef"),
        spanId: new TextEncoder().encode("01234567"),
        flags: 1,
        attributes: [["k", text("v")]],
      }],
    }],
  }]);
  assert.deepEqual(row, {
    ...EMPTY_ROW,
    timestamp: "2024-01-15T10:50:00.123456789Z",
    observed_timestamp: "2024-01-15T10:50:00.123456789Z",
    severity_number: 9,
    severity_text: "INFO",
    body: "hello",
    trace_id: "30313233343536373839616263646566",
    span_id: "3031323334353637",
    flags: 1,
    resource_attributes: { "service.name": "api" },
    scope_name: "lib",
    scope_version: "1.0",
    attributes: { k: "v" },
  });
});

Deno.test("ids of any length pass, all zeros count as none", () => {
  const logs: LogData[] = [
    { traceId: bytes("0102030405060708090a0b"), spanId: bytes("ff") },
    { traceId: new Uint8Array(16), spanId: new Uint8Array(8) },
  ];
  for (const rows of [protoRows([{ scopes: [{ logs }] }]), jsonRows([{ scopes: [{ logs }] }])]) {
    assert.deepEqual(rows.map((row) => [row.trace_id, row.span_id]), [["0102030405060708090a0b", "ff"], ["", ""]]);
  }
});

Deno.test("timestamps from 2^63 on are carried as negative counts, which the transform refuses; negative enums as unsigned", () => {
  const logs: LogData[] = [{ time: 2n ** 64n - 1n, observed: 2n ** 63n, severityNumber: -1, flags: 0xffffffff }];
  for (const [row] of [protoRows([{ scopes: [{ logs }] }]), jsonRows([{ scopes: [{ logs }] }])]) {
    assert.equal(row.timestamp, "1969-12-31T23:59:59.999999999Z");
    assert.equal(row.observed_timestamp, "1677-09-21T00:12:43.145224192Z");
    assert.equal(row.severity_number, 4294967295);
    assert.equal(row.flags, 4294967295);
  }
});
