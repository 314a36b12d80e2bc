/** The compiler: a pipeline's configuration and its table → one module text per stage, and what the receiver must know. */
import type { KeyPath, PipelineConfig } from "../config/mod.ts";
import { generateIngest } from "./ingest.ts";
import type { Layout } from "../native/mod.ts";
import { type PipelinePlan, planPipeline } from "./plan.ts";
import { generateSink } from "./sink.ts";
import type { TableColumn } from "./target_columns.ts";
import { generateTransform } from "./transform.ts";

export { checkFilters, checkStateless, type OnRefused } from "./expressions.ts";
export { filterFailure } from "./filter_trial.ts";
export { compileIn } from "./language.ts";
export { layoutDigest, type PipelinePlan, planPipeline } from "./plan.ts";
export { PlanError } from "./plan_error.ts";
export { fullLayout, sourceFieldsOf } from "./source_layout.ts";
export type { TableColumn } from "./target_columns.ts";

/** A module that exports `program`, to be bundled as if it stood in this folder. */
export interface StageSource {
  readonly source: string;
}

export interface CompiledPipeline {
  readonly plan: PipelinePlan;
  /** `ingest` only where the pipeline reads JSON records itself. */
  readonly stages: { readonly ingest?: StageSource; readonly transform: StageSource; readonly sink: StageSource };
  /** What the first edge carries. Rows of one `key` go to one shard. */
  readonly receiver: {
    readonly layout: Layout;
    readonly layoutDigest: string;
    readonly shards: number;
    readonly key: KeyPath | null;
  };
}

/** `table` null: the mapping's column types are taken as the exact ones. @throws {PlanError} */
export function compilePipeline(config: PipelineConfig, table: readonly TableColumn[] | null): CompiledPipeline {
  const plan = planPipeline(config, table);
  return {
    plan,
    stages: {
      ...(plan.source === "kafka" ? { ingest: { source: generateIngest(plan) } } : {}),
      transform: { source: generateTransform(plan) },
      sink: { source: generateSink(config, plan) },
    },
    receiver: {
      layout: plan.input,
      layoutDigest: plan.inputDigest,
      shards: plan.sharding.shards,
      key: plan.sharding.key,
    },
  };
}
