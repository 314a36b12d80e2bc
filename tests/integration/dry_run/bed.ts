/** For tests: pipelines to try out, and the answer in a form that is easy to compare. */
import assert from "node:assert/strict";
import type { Bed } from "../../../handlers/api/api_bed.ts";
import { kafkaBody, kafkaSource, otlpBody, sink } from "../../../pipeline/config/sample_configs.ts";

type Mapping = readonly (readonly [name: string, type: string])[];
type Transform = { readonly type: string; readonly config: unknown };

export const FIELDS = [
  { name: "id", type: "string" },
  { name: "n", type: "int" },
  { name: "price", type: "float" },
  { name: "tags", type: "array" },
  { name: "more", type: "map" },
  { name: "host.name", type: "string" },
];

export const filter = (expression: string): Transform => ({ type: "filter", config: { expression } });
export const dedup = (key: string): Transform => ({ type: "dedup", config: { key, time_window: "1h" } });
export const stateless = (...outputs: [name: string, type: string, expression: string][]): Transform => ({
  type: "stateless",
  config: {
    transforms: outputs.map(([output_name, output_type, expression]) => ({ output_name, output_type, expression })),
  },
});

const columns = (mapping: Mapping) => ({
  mapping: mapping.map(([name, column_type]) => ({ name, column_name: name, column_type })),
});

export function kafka(mapping: Mapping, ...transforms: Transform[]): Record<string, unknown> {
  return kafkaBody({
    sources: [kafkaSource("orders", { schema_fields: FIELDS })],
    transforms: transforms.map((each) => ({ ...each, source_id: "orders" })),
    sink: sink(columns(mapping)),
  });
}

export function logs(mapping: Mapping, ...transforms: Transform[]): Record<string, unknown> {
  return otlpBody({
    sources: [{ type: "otlp.logs", source_id: "logs" }],
    transforms: transforms.map((each) => ({ ...each, source_id: "logs" })),
    sink: sink(columns(mapping)),
  });
}

export function event(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: "a", n: 1, price: 1.5, tags: [], more: {}, host: { name: "h" }, ...changes };
}

interface Entry {
  readonly event: number;
  readonly record?: number;
  readonly [detail: string]: unknown;
}

export interface StageAnswer {
  readonly stage: string;
  readonly transform?: number;
  readonly in: number;
  readonly out: number;
  readonly kept: readonly Entry[];
  readonly dropped: readonly Entry[];
  readonly changed: readonly Entry[];
  readonly dead_lettered: readonly Entry[];
  readonly refused?: readonly Entry[];
}

export interface DryRunAnswer {
  readonly events: number;
  readonly records: number;
  readonly stages: readonly StageAnswer[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (Entry & { readonly row: unknown })[];
}

export const PATH = "/api/v1/pipeline/dry-run";

export async function dryRun(
  { call }: Pick<Bed, "call">,
  pipeline: unknown,
  events: unknown,
  more: Record<string, unknown> = {},
): Promise<DryRunAnswer> {
  const answer = await call("POST", PATH, { pipeline, events, ...more });
  assert.equal(answer.status, 200, answer.text);
  const body = answer.json() as unknown as DryRunAnswer;
  for (const stage of body.stages) {
    const left = stage.dropped.length + stage.dead_lettered.length;
    if (stage.stage !== "receiver") assert.equal(stage.in, stage.out + left, `${stage.stage} loses nothing`);
    assert.equal(stage.out, stage.kept.length);
  }
  assert.equal(body.stages.at(-1)!.out, body.rows.length);
  return body;
}

export function stage(answer: DryRunAnswer, name: string, nth = 0): StageAnswer {
  return answer.stages.filter((each) => each.stage === name)[nth];
}

export async function refusal({ call }: Pick<Bed, "call">, body: unknown, status = 422): Promise<string> {
  const answer = await call("POST", PATH, body);
  assert.equal(answer.status, status, answer.text.slice(0, 500));
  const { message, details } = answer.json() as { message: string; details?: { error?: string } };
  return `${message} ${details?.error ?? ""}`;
}
