/** The sink's module: constants only, since a sink merges and inserts what already has the table's types. */
import type { PipelineConfig } from "../config/mod.ts";
import type { PipelinePlan } from "./plan.ts";
import type { SinkProgram } from "./program.ts";

/** Text of a module that exports `program: SinkProgram`. */
export function generateSink(config: PipelineConfig, plan: PipelinePlan): string {
  const program: SinkProgram = {
    layout: plan.outputDigest,
    columns: plan.outputLayout,
    database: config.sink.connection_params.database,
    table: config.sink.table,
    maxBatchRows: config.sink.max_batch_size,
    maxDelayMs: config.sink.max_delay_time.milliseconds,
  };
  return `export const program = ${JSON.stringify(program)};\n`;
}
