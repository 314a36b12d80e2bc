/** Test data: random requests, with every kind of value, odd keys, escapes, and texts beyond ASCII. */
import fc from "fast-check";
import type { Attribute, LogData, ResourceData, ScopeData, Value } from "./export_request.ts";

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", "\u0000\u001f", 'quote " and \\', "\n\t\r\b\f", "</script>&", "🚀é漢", "x".repeat(300)),
);

const double = fc.oneof(
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    5,
    0.1,
    1e21,
    2.5e-7,
    1e-7,
    123456789,
    -2147483648,
    2147483648,
    NaN,
    Infinity,
    -Infinity,
    5e-324,
  ),
);
const int = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n),
  fc.bigInt({ min: -1000n, max: 1000n }),
);

const { value } = fc.letrec<{ value: Value; attribute: Attribute }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.record({ kind: fc.constant("string" as const), value: text }),
    fc.record({ kind: fc.constant("int" as const), value: int }),
    fc.record({ kind: fc.constant("double" as const), value: double }),
    fc.record({ kind: fc.constant("bool" as const), value: fc.boolean() }),
    fc.record({ kind: fc.constant("bytes" as const), value: fc.uint8Array({ maxLength: 10 }) }),
    fc.constant({ kind: "unset" as const }),
    fc.record({ kind: fc.constant("array" as const), value: fc.array(tie("value"), { maxLength: 4 }) }),
    fc.record({ kind: fc.constant("kvlist" as const), value: fc.array(tie("attribute"), { maxLength: 4 }) }),
  ),
  attribute: fc.tuple(text, tie("value")),
}));

/** Few different keys, so that repeated ones occur. */
const key = fc.oneof(fc.constantFrom("a", "b", "c", "http.method", "http.route", "é", "\n"), text);
const attributes: fc.Arbitrary<Attribute[]> = fc.array(fc.tuple(key, value), { maxLength: 8 });
const uint32 = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 0xffffffff }));
const id = (length: number) =>
  fc.oneof(fc.uint8Array({ minLength: length, maxLength: length }), fc.uint8Array({ maxLength: 5 }));
const time = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constant(1767225600123456789n));

const log: fc.Arbitrary<LogData> = fc.record({
  time,
  observed: time,
  severityNumber: fc.integer({ min: -3, max: 30 }),
  severityText: text,
  body: value,
  attributes,
  dropped: uint32,
  flags: uint32,
  traceId: id(16),
  spanId: id(8),
  eventName: text,
}, { requiredKeys: [] });

const scope: fc.Arbitrary<ScopeData> = fc.record({
  name: text,
  version: text,
  attributes,
  dropped: uint32,
  schemaUrl: text,
  logs: fc.array(log, { maxLength: 4 }),
}, { requiredKeys: ["logs"] });

export const resources: fc.Arbitrary<ResourceData[]> = fc.array(
  fc.record({ attributes, dropped: uint32, schemaUrl: text, scopes: fc.array(scope, { maxLength: 3 }) }, {
    requiredKeys: ["scopes"],
  }),
  { maxLength: 3 },
);

export const values: fc.Arbitrary<Value> = value;
