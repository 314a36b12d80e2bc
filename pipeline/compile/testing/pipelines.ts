/** For tests: random pipelines and random rows for them. */
import fc from "fast-check";
import { OTLP_FIELDS, parsePipelineConfig, type PipelineConfig } from "../../config/mod.ts";
import { kafkaBody, kafkaSource, otlpBody, sink } from "../../config/sample_configs.ts";
import type { SourceRow } from "./source_rows.ts";
import { TEXTS } from "./texts.ts";

const ENUM = "Enum8('GET' = 1, 'red' = 2, 'a' = -5)";
const FROM_TEXT = [
  ..."String LowCardinality(String) Nullable(String) LowCardinality(Nullable(String)) FixedString(8) UUID IPv4 IPv6"
    .split(" "),
  ..."Nullable(UUID) DateTime DateTime64(3) Date Date32 Nullable(DateTime64(6)) LowCardinality(DateTime)".split(" "),
  ..."Int128 Nullable(Decimal(12,1)) Decimal256(3)".split(" "),
  ENUM,
  `Nullable(${ENUM})`,
];
const FROM_INSTANT =
  "DateTime64(9) DateTime64(3) DateTime64(0) DateTime Date Date32 Nullable(DateTime64(9)) String Nullable(String)"
    .split(" ");
const FROM_NUMBER = (
  "Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 Nullable(UInt8) Nullable(Int64) " +
  "LowCardinality(UInt32) LowCardinality(Int64) DateTime DateTime64(3) Nullable(Float64) " +
  "Int128 UInt256 Nullable(UInt128) LowCardinality(Int256) Decimal(9,2) Decimal(76,10) Nullable(Decimal(30,0)) BFloat16"
).split(" ");
const FROM_MAP = [
  "Map(String, String)",
  "Map(LowCardinality(String), String)",
  "Map(LowCardinality(String), LowCardinality(String))",
  "Map(String, Nullable(String))",
  "String",
  "Nullable(String)",
];
const FROM_ARRAY =
  ("Array(String) Array(Int16) Array(Nullable(Float64)) Array(Array(UInt8)) Array(Map(String,String)) String " +
    "Array(Decimal(9,2)) Array(Nullable(UInt128))").split(" ");
const TYPES: Readonly<Record<string, readonly string[]>> = {
  string: FROM_TEXT,
  instant: FROM_INSTANT,
  int: FROM_NUMBER,
  uint: FROM_NUMBER,
  float: FROM_NUMBER,
  bool: ["Bool", "UInt8", "Nullable(Bool)"],
  map: FROM_MAP,
  array: FROM_ARRAY,
};

interface Mapped {
  readonly name: string;
  readonly kind: string;
}

export type Parts = { readonly filter: boolean; readonly dedup: boolean; readonly stateless: boolean };

export interface Sample {
  readonly config: PipelineConfig;
  readonly rows: readonly SourceRow[];
}

const text = fc.constantFrom(...TEXTS);
const few = fc.constantFrom("", "k1", "k2", 'k"3');
const smallMap = fc.dictionary(fc.constantFrom("service.name", "k", "zone", ""), text, {
  maxKeys: 3,
  noNullPrototype: true,
});
const ticks = fc.oneof(
  fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_800_000_000_000_000_000n }),
  fc.constantFrom(0n, -1n, 1n, -(2n ** 63n), 2n ** 63n - 1n, 4_294_967_296_000_000_000n),
);
const uint32 = fc.oneof(fc.nat(30), fc.constantFrom(127, 128, 255, 256, 65535, 65536, 2 ** 31, 2 ** 32 - 1));

const logRow: fc.Arbitrary<SourceRow> = fc.record({
  timestamp: ticks,
  observed_timestamp: ticks,
  severity_number: uint32,
  severity_text: text,
  body: text,
  trace_id: few,
  span_id: few,
  flags: uint32,
  dropped_attributes_count: uint32,
  resource_attributes: smallMap,
  scope_name: text,
  scope_version: text,
  scope_attributes: smallMap,
  attributes: smallMap,
  event_name: text,
  resource_schema_url: text,
  scope_schema_url: text,
  resource_dropped_attributes_count: uint32,
  scope_dropped_attributes_count: uint32,
});

const LOG_FIELDS: readonly Mapped[] = [
  ...OTLP_FIELDS["otlp.logs"].map(({ name, type }) => ({ name, kind: name.endsWith("timestamp") ? "instant" : type })),
  { name: "attributes.service.name", kind: "string" },
  { name: "resource_attributes['k']", kind: "string" },
];
const LOG_FILTERS = [
  "severity_number >= 9 && severity_number < 300",
  'severity_text in ["red", "GET", ""] or body != "a"',
  'attributes["service.name"] != nil',
  "trace_id == nil or len(attributes) > 0",
  'resource_attributes["k"] == "a" or int(body) < 5',
  'timestamp > "2023"',
  'any(keys(attributes), # == "k")',
];
const LOG_OUTPUTS: readonly (readonly [string, string])[] = [
  ["body", "string"],
  ["trace_id", "string"],
  ["timestamp", "string"],
  ["severity_number * 2", "int"],
  ["severity_number", "uint"],
  ["severity_number / 4", "float64"],
  ["attributes", "map"],
  ["body", "float"],
  ["body", "int"],
  ['attributes["k"] ?? resource_attributes["k"]', "string"],
  ["keys(attributes)", "[]string"],
  ['severity_number > 5 ? [1, 2.5, nil] : ["x"]', "array"],
  ['{"a": severity_number, "b": body, "c": [1, {"d": nil}]}', "map"],
  ["severity_number > 10", "bool"],
  ["severity_number / 0", "float"],
  ['upper(severity_text) + "!"', "string"],
];
const LOG_KEYS = [
  "trace_id",
  "body",
  "attributes.k",
  '{"t":trace_id,"s":span_id}',
  "[scope_name,severity_number]",
  "timestamp",
  "flags",
  "scope_attributes",
  "[timestamp,attributes.service\\.name]",
];

const KAFKA_FIELDS: readonly Mapped[] = [
  { name: "s", kind: "string" },
  { name: "i", kind: "int" },
  { name: "u", kind: "uint" },
  { name: "f", kind: "float" },
  { name: "b", kind: "bool" },
  { name: "a", kind: "array" },
  { name: "m", kind: "map" },
];
const json = fc.jsonValue({ maxDepth: 2 });
const kafkaRow: fc.Arbitrary<SourceRow> = fc.record({
  s: text,
  i: fc.oneof(fc.bigInt({ min: -300n, max: 300n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  u: fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  f: fc.oneof(
    fc.integer({ min: -300, max: 300 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(1e39, 0.1),
  ),
  b: fc.boolean(),
  a: fc.array(
    fc.oneof(
      fc.integer({ min: -5, max: 300 }),
      text,
      fc.constant(null),
      smallMap,
      fc.array(fc.nat(9), { maxLength: 2 }),
      fc.boolean(),
    ),
    { maxLength: 3 },
  )
    .map((value) => JSON.stringify(value)),
  m: fc.dictionary(fc.constantFrom("x", "y"), json, { maxKeys: 2, noNullPrototype: true }).map((value) =>
    JSON.stringify(value)
  ),
});
const KAFKA_FILTERS = ["i > 0 or b", 's == "a" or f < 100', "u != 7 && len(a) < 3", 'm["x"] == nil'];
const KAFKA_OUTPUTS: readonly (readonly [string, string])[] = [
  ["i", "int"],
  ["u", "uint"],
  ["f", "float64"],
  ["b", "bool"],
  ["a", "array"],
  ["m", "map"],
  ["s", "string"],
  ["f", "string"],
  ["len(a)", "int64"],
  ['m["x"]', "string"],
];
const KAFKA_KEYS = ["s", "i", "u", "f", "b"];

/** What a second stateless transform makes of each output of the first: passes it on, computes with it, or looks inside. */
const SECOND_STEPS = [
  (name: string, kind: string, k: number) => ({
    kind,
    output: { expression: name, output_name: `again${k}`, output_type: kind },
  }),
  (name: string, kind: string, k: number) => {
    const numeric = kind === "int" || kind === "uint" || kind === "float";
    return numeric
      ? { kind: "float", output: { expression: `${name} * 2 + 1`, output_name: `again${k}`, output_type: "float64" } }
      : {
        kind: "string",
        output: { expression: `toString(${name})`, output_name: `again${k}`, output_type: "string" },
      };
  },
  (name: string, kind: string, k: number) => {
    const size = kind === "string" || kind === "array" || kind === "map" ? `len(${name})` : `${name} == nil ? 0 : 1`;
    return { kind: "int", output: { expression: size, output_name: `again${k}`, output_type: "int" } };
  },
];

/** A pipeline with the given transforms, its mapping chosen at random, and rows to run through it. */
export function sample(parts: Parts): fc.Arbitrary<Sample> {
  return fc.oneof(
    build(parts, LOG_FIELDS, LOG_FILTERS, LOG_OUTPUTS, LOG_KEYS, "logs", (body) => otlpBody(body), logRow),
    build(parts, KAFKA_FIELDS, KAFKA_FILTERS, KAFKA_OUTPUTS, KAFKA_KEYS, "orders", (body) =>
      kafkaBody({
        ...body,
        sources: [
          kafkaSource("orders", { schema_fields: KAFKA_FIELDS.map(({ name, kind }) => ({ name, type: kind })) }),
        ],
      }), kafkaRow),
  );
}

function build(
  parts: Parts,
  fields: readonly Mapped[],
  filters: readonly string[],
  outputs: readonly (readonly [string, string])[],
  keys: readonly string[],
  source_id: string,
  body: (changes: Record<string, unknown>) => Record<string, unknown>,
  row: fc.Arbitrary<SourceRow>,
): fc.Arbitrary<Sample> {
  const chosen = parts.stateless
    ? fc.subarray([...outputs], { minLength: 1, maxLength: 6 })
    : fc.constant<(readonly [string, string])[]>([]);
  return fc.record({
    filters: fc.subarray([...filters], { minLength: 1, maxLength: 2 }),
    key: fc.constantFrom(...keys),
    outputs: chosen,
    again: fc.option(fc.constantFrom(...SECOND_STEPS), { freq: 2 }),
    picks: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 8 }),
    rows: fc.array(row, { maxLength: 40 }),
  }).map(({ filters, key, outputs, again, picks, rows }) => {
    let feed: readonly Mapped[] = parts.stateless
      ? outputs.map(([expression, type], k) => ({
        name: `out${k}`,
        kind: expression === "timestamp" ? "instant" : kindOfOutput(type),
      }))
      : fields;
    const transforms: unknown[] = [];
    if (parts.filter) {
      for (const expression of filters) transforms.push({ type: "filter", source_id, config: { expression } });
    }
    if (parts.dedup) transforms.push({ type: "dedup", source_id, config: { key, time_window: "1h" } });
    if (parts.stateless) {
      const list = outputs.map(([expression, output_type], k) => ({ expression, output_name: `out${k}`, output_type }));
      transforms.push({ type: "stateless", source_id, config: { transforms: list } });
      if (again !== null) {
        const step = feed.map(({ name, kind }, k) => again(name, kind === "instant" ? "string" : kind, k));
        transforms.push({ type: "stateless", source_id, config: { transforms: step.map((each) => each.output) } });
        feed = step.map(({ output, kind }, k) => ({
          name: output.output_name,
          kind: output.expression === feed[k].name ? feed[k].kind : kind,
        }));
      }
    }
    const mapping = picks.map(([at, type], k) => {
      const { name, kind } = feed[at % feed.length];
      return { name, column_name: `Col${k}`, column_type: TYPES[kind][type % TYPES[kind].length] };
    });
    return { config: parsePipelineConfig(body({ transforms, sink: sink({ mapping }) })), rows };
  });
}

function kindOfOutput(type: string): string {
  return type.startsWith("[]") ? "array" : type === "float64" ? "float" : type === "int64" ? "int" : type;
}
