/** From a configuration to a job: compiled here, run elsewhere. */
import { ingestBody } from "../../pipeline/compile/ingest.ts";
import { observerBody } from "../../pipeline/compile/observe.ts";
import { planPipeline, type TableColumn } from "../../pipeline/compile/mod.ts";
import { rowForm } from "../../pipeline/compile/row/dead_row.ts";
import { transformBody } from "../../pipeline/compile/transform.ts";
import type { PipelineConfig } from "../../pipeline/config/mod.ts";
import type { DryRunJob } from "./job.ts";

/** A pipeline of this kind cannot be tried out; the message says why. */
export class NotTriable extends Error {
  override readonly name = "NotTriable";
}

/**
 * `table`: the columns of the real table; null: the mapping's types are taken as the exact ones.
 *
 * @throws {NotTriable} @throws {PlanError}
 */
export function dryRunJob(
  config: PipelineConfig,
  table: readonly TableColumn[] | null,
  events: readonly string[],
  time: number,
): DryRunJob {
  if (config.join) {
    throw new NotTriable(
      "a pipeline with a join cannot be tried out: which records meet depends on when they arrive; " +
        "try each source as a pipeline of its own",
    );
  }
  const [{ type }] = config.sources;
  if (type !== "kafka" && type !== "otlp.logs") {
    throw new NotTriable(`a pipeline of ${type} cannot be tried out yet; kafka and otlp.logs can`);
  }
  const plan = planPipeline(config, table);
  const [dedup] = config.dedup;
  return {
    kind: "dry_run",
    events,
    time,
    program: {
      ingest: type === "kafka" ? ingestBody(plan) : null,
      transform: transformBody(plan),
      observer: observerBody(plan),
      input: plan.input,
      forms: plan.inputFields.map(rowForm),
      columns: plan.outputLayout,
      dedup: plan.dedup && { transform: dedup.index, windowMs: plan.dedup.windowMs },
      filters: plan.filters.map(({ transform: { index, expression } }) => ({ transform: index, expression })),
      stateless: plan.stateless.map(({ transform }) => transform.index),
    },
  };
}
