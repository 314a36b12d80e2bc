import assert from "node:assert/strict";
import { parsePipelineConfig } from "../config/mod.ts";
import { otlpBody } from "../config/sample_configs.ts";
import { hash128 } from "../native/mod.ts";
import { instantiateTransform } from "./instantiate.ts";
import { planPipeline } from "./plan.ts";
import { sourceBlock, type SourceRow } from "./testing/source_rows.ts";

/** The fingerprint that a compiled program looks up for one log record, or null if it looks nothing up. */
function fingerprint(key: string, row: SourceRow): number[] | null {
  const config = parsePipelineConfig(otlpBody({
    transforms: [{ type: "dedup", source_id: "logs", config: { key, time_window: "1h" } }],
  }));
  const plan = planPipeline(config, null);
  let found: number[] | null = null;
  const seen = { has: (...words: number[]) => (found = words.slice(0, 4), false), add: () => {} };
  const out = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instantiateTransform(plan).create().run(sourceBlock(plan.input, [row]), 0, 1, 0, 7, seen, out);
  return found;
}

function hashOf(text: string): number[] {
  const hash = new Int32Array(4);
  const bytes = new TextEncoder().encode(text);
  hash128(bytes, 0, bytes.length, hash);
  return [...hash];
}

const ROW: SourceRow = {
  timestamp: 1_700_000_000_120_000_000n,
  severity_number: 17,
  body: 'say "hi"\n\u0001 – ü',
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  span_id: "",
  scope_version: "",
  attributes: { "order.id": "A-1", other: "" },
};

const TEXTS: readonly (readonly [key: string, text: string | null])[] = [
  ["trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"],
  ["span_id", null],
  ["body", 'say "hi"\n\u0001 – ü'],
  ["severity_number", "17"],
  ["timestamp", "2023-11-14T22:13:20.12Z"],
  ["attributes.order\\.id", "A-1"],
  ["attributes.other", null],
  ["attributes.none", null],
  ["attributes", '{"order.id":"A-1","other":""}'],
  ["scope_attributes", "{}"],
  ['{"t":trace_id,"s":span_id}', '{"t":"4bf92f3577b34da6a3ce929d0e0e4736"}'],
  ['{"x y":attributes.order\\.id,"n":severity_number}', '{"x y":"A-1","n":17}'],
  ["{span_id,scope_version}", "{}"],
  ["[span_id,severity_number,timestamp]", '[17,"2023-11-14T22:13:20.12Z"]'],
  ["[body,attributes.other]", '["say \\"hi\\"\\n\\u0001 – ü",""]'],
];

Deno.test("a record's key is the documented text", () => {
  for (const [key, text] of TEXTS) {
    assert.deepEqual(fingerprint(key, ROW), text === null ? null : hashOf(text), key);
  }
});

Deno.test("fingerprints of keys do not change between versions", () => {
  const hex = (text: string) => hashOf(text).map((word) => (word >>> 0).toString(16).padStart(8, "0")).join(" ");
  assert.equal(hex("4bf92f3577b34da6a3ce929d0e0e4736"), "da98455d b79795b3 30e5327c d5750c3b");
  assert.equal(hex('{"t":"4bf92f3577b34da6a3ce929d0e0e4736"}'), "be05f1f5 526b00a3 59ff9add c6f289b7");
  assert.equal(hex("P-1001"), "c1319d02 d4b49273 b544f5cd b544f5cd");
});
