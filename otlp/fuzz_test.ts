/** Hostile bodies: every one ends in rows or in a named refusal, without a crash, a hang, or memory out of proportion. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { BadRequest, MalformedPayload, PayloadTooLarge } from "./errors.ts";
import type { FramingPlan } from "./logs_framer.ts";
import { ProtoWriter } from "./proto_writer.ts";
import { resources } from "./testing/arbitrary_logs.ts";
import { encodeJson, encodeProto, type ResourceData, type Value } from "./testing/export_request.ts";
import { EVERYTHING, frame, rowsOf } from "./testing/frame_rows.ts";

const utf8 = new TextEncoder();

const SAMPLE: ResourceData[] = [{
  attributes: [["service.name", { kind: "string", value: "shop" }], ["n", { kind: "int", value: 300n }]],
  schemaUrl: "u",
  scopes: [{
    name: "lib",
    version: "1",
    logs: [{
      time: 1767225600123456789n,
      observed: 1n,
      severityNumber: 9,
      severityText: 'IN"FO',
      body: { kind: "kvlist", value: [["é", { kind: "array", value: [{ kind: "double", value: 0.5 }] }]] },
      attributes: [["z", { kind: "bytes", value: new Uint8Array(3) }], ["a", { kind: "bool", value: true }]],
      traceId: new Uint8Array(16).fill(7),
      spanId: new Uint8Array(8).fill(9),
      flags: 1,
      dropped: 2,
      eventName: "e",
    }],
  }],
}];

/** Decodes; true if taken, false if refused as bad data. Anything else is a failure. */
function taken(encoding: "protobuf" | "json", body: Uint8Array, plan: FramingPlan = EVERYTHING): boolean {
  try {
    rowsOf(frame(encoding, body, plan));
    return true;
  } catch (error) {
    if (error instanceof BadRequest || error instanceof PayloadTooLarge) return false;
    throw error;
  }
}

Deno.test("a body cut short anywhere is refused", () => {
  const json = utf8.encode(encodeJson(SAMPLE));
  for (let length = 0; length < json.length; length++) assert.equal(taken("json", json.subarray(0, length)), false);
  const proto = encodeProto(SAMPLE);
  // One group fills the body, so that no cut but the empty body is a complete message.
  for (let length = 1; length < proto.length; length++) {
    assert.equal(taken("protobuf", proto.subarray(0, length)), false);
  }
});

Deno.test("any byte changed to any of some values", () => {
  for (
    const [encoding, body] of [["protobuf", encodeProto(SAMPLE)], ["json", utf8.encode(encodeJson(SAMPLE))]] as const
  ) {
    for (let at = 0; at < body.length; at++) {
      for (const value of [0, 1, 0x0a, 0x12, 0x22, 0x2c, 0x5c, 0x7f, 0x80, 0xff, body[at] ^ 1, body[at] ^ 0x80]) {
        taken(encoding, body.map((byte, i) => i === at ? value : byte));
      }
    }
  }
});

Deno.test("random requests with random damage, with and without a key", () => {
  const key: FramingPlan = {
    ...EVERYTHING,
    shards: 3,
    key: { kind: "array", items: [{ field: "body" }, { field: "attributes", key: "a" }, { field: "timestamp" }] },
  };
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(resources, damage, fc.nat(), (data, changes, cut) => {
      for (
        const [encoding, body] of [["protobuf", encodeProto(data)], ["json", utf8.encode(encodeJson(data))]] as const
      ) {
        const damaged = Uint8Array.from(body);
        for (const [at, value] of changes) if (damaged.length > 0) damaged[at % damaged.length] = value;
        taken(encoding, damaged);
        taken(encoding, damaged.subarray(0, cut % (damaged.length + 1)), key);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("random bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
    taken("protobuf", body);
    taken("json", body);
  }));
});

Deno.test("lengths that lie: up to 2^64, in every place that has one", () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  for (
    const length of [[0x7f], [0xff, 0xff, 0xff, 0xff, 0x07], [0xff, 0xff, 0xff, 0xff, 0x0f], huge, [...huge, 0x01]]
  ) {
    for (const path of [[], [0x0a], [0x12], [0x12, 0x12], [0x12, 0x12, 0x2a], [0x12, 0x12, 0x32, 0x12]]) {
      let body = new ProtoWriter().raw([0x0a, ...length, 1, 2, 3]).finish();
      for (const tag of path.toReversed()) body = new ProtoWriter().bytes(tag >> 3, body).finish();
      assert.equal(taken("protobuf", new ProtoWriter().bytes(1, body).finish()), false);
    }
  }
});

Deno.test("groups are skipped, also nested ones; unbalanced, wrong and endless ones are refused", () => {
  const groups: [number[], boolean][] = [
    [[0x53, 0x08, 0x01, 0x54], true],
    [[0x53, 0x5b, 0x5c, 0x54], true],
    [[0x53], false],
    [[0x54], false],
    [[0x53, 0x5c], false],
    [[0x53, 0x06, 0x54], false],
    [[0x07, 0x00], false],
    [[0x00, 0x00], false],
    [Array<number>(90).fill(0x53).concat(Array<number>(90).fill(0x54)), true],
    [Array<number>(100_000).fill(0x53), false],
  ];
  for (const [bytes, valid] of groups) {
    assert.equal(taken("protobuf", Uint8Array.from(bytes)), valid);
    assert.equal(taken("protobuf", new ProtoWriter().bytes(1, Uint8Array.from(bytes)).finish()), valid);
  }
});

Deno.test("nesting: 100 levels pass in both encodings, more is refused", () => {
  for (const kind of ["array", "kvlist"] as const) {
    for (const [levels, valid] of [[100, true], [101, false], [300, false]] as const) {
      let value: Value = { kind: "string", value: "deep" };
      for (let i = 0; i < levels; i++) {
        value = kind === "array" ? { kind, value: [value] } : { kind, value: [["k", value]] };
      }
      const data: ResourceData[] = [{ scopes: [{ logs: [{ body: value }] }] }];
      assert.equal(taken("protobuf", encodeProto(data)), valid, `protobuf ${kind} ${levels}`);
      assert.equal(taken("json", utf8.encode(encodeJson(data))), valid, `json ${kind} ${levels}`);
    }
  }
  assert.equal(taken("json", utf8.encode(`{"x":${"[".repeat(500_000)}`)), false);
  assert.equal(taken("json", utf8.encode(`{"x":${"[".repeat(400)}${"]".repeat(400)}}`)), true);
});

Deno.test("strings that are not UTF-8 are refused where they are carried", () => {
  for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    const text = Uint8Array.from(bad);
    const attribute = new ProtoWriter().bytes(1, text).message(2, new ProtoWriter().text(1, "v"));
    const value = new ProtoWriter().text(1, "k").message(2, new ProtoWriter().bytes(1, text));
    const records = [
      new ProtoWriter().bytes(3, text),
      new ProtoWriter().bytes(12, text),
      new ProtoWriter().message(5, new ProtoWriter().bytes(1, text)),
      new ProtoWriter().message(6, attribute),
      new ProtoWriter().message(6, value),
      new ProtoWriter().message(5, new ProtoWriter().message(6, new ProtoWriter().message(1, attribute))),
      new ProtoWriter().message(
        5,
        new ProtoWriter().message(5, new ProtoWriter().message(1, new ProtoWriter().bytes(1, text))),
      ),
    ];
    for (const record of records) {
      const body = new ProtoWriter().message(1, new ProtoWriter().message(2, new ProtoWriter().message(2, record)));
      assert.throws(() => frame("protobuf", body.finish()), MalformedPayload);
    }
    // In JSON the whole text must be UTF-8.
    assert.throws(() => frame("json", Uint8Array.from([0x7b, 0x22, ...bad, 0x22, 0x3a, 0x31, 0x7d])), MalformedPayload);
  }
});

Deno.test("many entries with one key, in one record, are sorted and reduced in good time", () => {
  const value: Value = { kind: "unset" };
  const attributes = Array.from({ length: 50_000 }, (_, i) => [`k${(i * 7919) % 1000}`, value] as const);
  const data: ResourceData[] = [{ scopes: [{ logs: [{ attributes, body: { kind: "kvlist", value: attributes } }] }] }];
  const [row] = rowsOf(frame("protobuf", encodeProto(data)));
  assert.equal(Object.keys(row.attributes as object).length, 1000);
  assert.equal(Object.keys(JSON.parse(String(row.body))).length, 1000);
});

Deno.test("huge parts outside of what is carried do not matter, inside they reject records only", () => {
  const huge = "\\n".repeat(5_000_000);
  const request = (parts: { top?: string; group?: string; url?: string; record?: string; name?: string }) =>
    `{"x":"${parts.top ?? ""}","${parts.name ?? ""}":1,"resourceLogs":[{"resource":{"y":"${parts.group ?? ""}"},
    "schemaUrl":"${parts.url ?? ""}","scopeLogs":[{"logRecords":[{"z":"${parts.record ?? ""}"},{}]}]}]}`;
  const outcome = (body: string, plan?: FramingPlan) => {
    const { accepted, rejected } = frame("json", body, plan);
    return [accepted, rejected];
  };
  assert.deepEqual(outcome(request({ top: huge, group: huge, record: huge, name: huge })), [2, 0]);
  assert.deepEqual(outcome(request({ url: huge })), [0, 2]);
  assert.deepEqual(outcome(request({ url: huge }), { ...EVERYTHING, layout: EVERYTHING.layout.slice(0, 14) }), [2, 0]);
});
