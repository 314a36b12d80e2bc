/** For tests: a JSON source's records through the compiled stages of a pipeline. */
import { parsePipelineConfig } from "../../config/mod.ts";
import { kafkaBody, kafkaSource, sink } from "../../config/sample_configs.ts";
import { type Block, readBlock, rowJson } from "../../native/mod.ts";
import { instantiateIngest, instantiateTransform } from "../instantiate.ts";
import { type PipelinePlan, planPipeline } from "../plan.ts";
import type { Outcome } from "../program.ts";

/** Field → declared type. */
export type Fields = Readonly<Record<string, string>>;
/** Column → field and column type. */
export type Mapping = Readonly<Record<string, readonly [field: string, type: string]>>;

export function planOf(fields: Fields, mapping: Mapping): PipelinePlan {
  const schema_fields = Object.entries(fields).map(([name, type]) => ({ name, type }));
  const columns = Object.entries(mapping).map(([column_name, [name, column_type]]) => ({
    name,
    column_name,
    column_type,
  }));
  return planPipeline(
    parsePipelineConfig(kafkaBody({
      sources: [kafkaSource("orders", { schema_fields })],
      sink: sink({ mapping: columns }),
    })),
    null,
  );
}

/** The scanned record, or what is wrong with it. */
export function scan(plan: PipelinePlan, record: string): Block | string {
  const ingest = instantiateIngest(plan).create();
  const bytes = new TextEncoder().encode(record);
  return ingest.scan(bytes, 0, bytes.length) === 0 ? readBlock(ingest.take(0)[0].block) : ingest.errorText();
}

/** The table's row as JSON text, or the dead letter's message. */
export function rowOf(plan: PipelinePlan, record: string): string {
  const block = scan(plan, record);
  if (typeof block === "string") return block;
  const instance = instantiateTransform(plan).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instance.run(block, 0, 1, 0, 0, null, out);
  return out.dead.length > 0 ? out.dead[0].error : rowJson(readBlock(instance.take().block), 0);
}
