/**
 * The model of a pipeline configuration: wire names, every default filled in, deeply immutable by type. It is built
 * only by parse.ts; this file also answers the questions every stage asks about it.
 */
import { quote } from "./config_error.ts";
import type { FieldDecl } from "./field_type.ts";
import type { JoinConfig } from "./join.ts";
import type { PipelineResources, ResourceTopology } from "./resources.ts";
import type { Feed, SinkConfig } from "./sink.ts";
import { fieldsOf, isOtlp, type Source } from "./sources.ts";
import {
  type DedupTransform,
  type FilterTransform,
  outputFields,
  type StatelessTransform,
  type Transform,
} from "./transforms.ts";

export interface PipelineConfig {
  readonly version: "v3";
  readonly pipeline_id: string;
  readonly name: string;
  readonly sources: readonly Source[];
  /** In posted order; a record is kept when every one of them is true. */
  readonly filters: readonly FilterTransform[];
  /** At most one per source, in posted order. */
  readonly dedup: readonly DedupTransform[];
  /** In posted order; each one reads what the one before it gives. */
  readonly stateless: readonly StatelessTransform[];
  /** The same transforms in posted order. */
  readonly transforms: readonly Transform[];
  readonly join?: JoinConfig;
  readonly sink: SinkConfig;
  readonly metadata: { readonly tags: readonly string[] | null };
  /** Effective: defaults are filled in. */
  readonly resources: PipelineResources;
}

export type Stage = "ingest" | "transform" | "join" | "sink";

/** There is no source of this id. */
export class UnknownSource extends Error {
  override readonly name = "UnknownSource";
}

export function sourceOf(config: PipelineConfig, sourceId: string): Source {
  const source = config.sources.find((each) => each.source_id === sourceId);
  if (source === undefined) throw new UnknownSource(`pipeline ${config.pipeline_id} has no source of the given id`);
  return source;
}

/** The fields of a source's records: declared ones, or the fixed schema of an OTLP source. */
export function sourceFields(config: PipelineConfig, sourceId: string): readonly FieldDecl[] {
  return fieldsOf(sourceOf(config, sourceId));
}

/** The fields of the records that reach the sink. */
export function feedingSchema(config: PipelineConfig): readonly FieldDecl[] {
  return feedOf(config)?.fields ?? [];
}

/** What feeds the sink; undefined while there is no source. */
export function feedOf(
  config: Pick<PipelineConfig, "sources" | "stateless" | "join">,
): Feed | undefined {
  const { sources, stateless, join } = config;
  if (join !== undefined) return { lacks: "is not an output of the join", fields: join.output_fields };
  const last = stateless.at(-1);
  if (last !== undefined) return { lacks: "is not an output of the stateless transform", fields: outputFields(last) };
  if (sources.length === 0) return undefined;
  const lacks = `not found in schema for source_id ${quote(sources[0].source_id)}`;
  return { lacks, fields: fieldsOf(sources[0]) };
}

export function dedupOf(config: PipelineConfig, sourceId: string): DedupTransform | undefined {
  return config.dedup.find((each) => each.source_id === sourceId);
}

export function isOtlpPipeline(config: Pick<PipelineConfig, "sources">): boolean {
  return config.sources.some(isOtlp);
}

export function topologyOf(
  config: Pick<PipelineConfig, "sources" | "dedup" | "transforms" | "join" | "sink">,
): ResourceTopology {
  return {
    otlp: isOtlpPipeline(config),
    joined: config.join !== undefined,
    dedup: config.dedup.length > 0,
    transforms: config.transforms.length > 0,
    maxBatchSize: config.sink.max_batch_size,
  };
}

/**
 * Workers of a stage. `sourceId` tells the two ingest stages of a join apart. An OTLP pipeline without transforms
 * has no transform setting of its own: its transform stage follows the sink.
 */
export function replicasOf(config: PipelineConfig, stage: Stage, sourceId?: string): number {
  const { resources, join } = config;
  switch (stage) {
    case "ingest": {
      const side = join === undefined ? "base" : sourceId === join.right_source.source_id ? "right" : "left";
      return resources.ingestor?.[side]?.replicas ?? 1;
    }
    case "transform":
      return resources.transform?.replicas ?? resources.sink?.replicas ?? 1;
    case "join":
      return 1;
    case "sink":
      return resources.sink?.replicas ?? 1;
  }
}

export type TransformationType = "Ingest Only" | "Deduplication" | "Join" | "Join & Deduplication";

/** The label of the pipeline list. */
export function transformationType(config: PipelineConfig): TransformationType {
  const dedup = config.dedup.length > 0;
  if (config.join !== undefined) return dedup ? "Join & Deduplication" : "Join";
  return dedup ? "Deduplication" : "Ingest Only";
}
