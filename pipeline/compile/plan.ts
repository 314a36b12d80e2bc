/**
 * The plan of a pipeline: what each stage reads and writes, with the table's exact types. Everything that can be wrong
 * with a configuration against a table is found here, before anything runs.
 */
import { createHash } from "node:crypto";
import { dedupOf, isOtlp, type KeyPath, keyRefs, type PipelineConfig, replicasOf, type Source } from "../config/mod.ts";
import { type Layout, type LayoutColumn, parseType } from "../native/mod.ts";
import { conversionProblem } from "./conversions.ts";
import {
  checkFilters,
  checkStateless,
  type FilterPlan,
  type OnRefused,
  type StatelessPlan,
  type StatelessStep,
} from "./expressions.ts";
import { PlanError } from "./plan_error.ts";
import { type SourceField, sourceFieldsOf, withDigits } from "./source_layout.ts";
import { type TableColumn, type TargetColumn, targetColumns } from "./target_columns.ts";

/** Where an output column's values come from: a field, or an output of the last stateless transform. `key`: of a map. */
export type OutputSource =
  | { readonly kind: "field"; readonly field: SourceField; readonly key?: string }
  | { readonly kind: "output"; readonly index: number; readonly key?: string };

export interface OutputColumn extends TargetColumn {
  readonly from: OutputSource;
}

export interface PipelinePlan {
  /** `kafka`, `otlp.logs`, `otlp.traces` or `otlp.metrics`. */
  readonly source: string;
  /** Of records that are not plain JSON: how they are read. */
  readonly records: RecordPlan | null;
  /** Only the fields that some stage reads, in the source's order. */
  readonly inputFields: readonly SourceField[];
  readonly input: Layout;
  readonly inputDigest: string;
  /** In the order in which they run. */
  readonly filters: readonly FilterPlan[];
  readonly dedup: { readonly key: KeyPath; readonly windowMs: number } | null;
  /** In the order in which they run; the columns are filled from the last one. */
  readonly stateless: readonly StatelessStep[];
  readonly output: readonly OutputColumn[];
  readonly outputLayout: Layout;
  readonly outputDigest: string;
  /** `shards` is a power of two, the same for both edges. `key`: rows of one key go to one shard. */
  readonly sharding: { readonly shards: number; readonly key: KeyPath | null };
}

export interface RecordPlan {
  readonly format: "json" | "avro" | "protobuf";
  readonly file: string;
  readonly messageType: string;
  /** The id of the schema in the registry; null without one. */
  readonly version: string | null;
}

const DEFAULT_SHARDS = 8;
const MAX_SHARDS = 64;

/** @throws {PlanError} */
export function planPipeline(config: PipelineConfig, table: readonly TableColumn[] | null): PipelinePlan {
  if (config.join) throw new PlanError("a pipeline with a join cannot be compiled yet");
  const [source] = config.sources;
  const fields = sourceFieldsOf(source);
  const filters = checkFilters(config.filters, fields, refuse);
  const stateless = checkStateless(config.stateless, fields, refuse);
  const dedup = dedupOf(config, source.source_id);
  const columns = targetColumns(config, table).map((column): OutputColumn => {
    const from = sourceOfColumn(column, fields, stateless.at(-1)?.outputs);
    const problem = conversionProblem(from, column);
    if (problem !== null) throw new PlanError(problem);
    return { ...column, from };
  });
  const declared = isOtlp(source) ? fields : fields.map((field) => withDigits(field, mappedTypes(columns, field.name)));
  const output = columns.map(({ from, ...column }): OutputColumn => {
    if (from.kind === "output") return { ...column, from };
    const { columnType, exact } = fieldOf(declared, from.field.name);
    return { ...column, from: { ...from, field: { ...from.field, columnType, exact } } };
  });
  const inputFields = neededFields(declared, [
    ...filters.flatMap(({ expression }) => [...expression.fields]),
    ...(stateless.at(0)?.outputs ?? []).flatMap(({ expression }) => [...expression.fields]),
    ...(dedup ? keyRefs(dedup.path).map((ref) => ref.field) : []),
    ...output.flatMap(({ from }) => from.kind === "field" ? [from.field.name] : []),
  ]);
  const input = inputFields.map(({ name, columnType }) => ({ name, type: columnType }));
  const outputLayout = output.map(({ name, typeText }) => ({ name, type: typeText }));
  return {
    source: source.type,
    records: recordsOf(source),
    inputFields,
    input,
    inputDigest: layoutDigest(input),
    filters,
    dedup: dedup ? { key: dedup.path, windowMs: dedup.time_window.milliseconds } : null,
    stateless,
    output,
    outputLayout,
    outputDigest: layoutDigest(outputLayout),
    sharding: { shards: shardsOf(config), key: dedup?.path ?? null },
  };
}

function recordsOf(source: Source): RecordPlan | null {
  if (isOtlp(source) || (source.format === "json" && !source.schema_registry)) return null;
  const { format, schema, schema_registry, schema_version } = source;
  return {
    format,
    file: schema?.file ?? "",
    messageType: schema?.message_type ?? "",
    version: schema_registry ? schema_version : null,
  };
}

/** The types that the mapping gives the columns which are filled with this field as it is. */
function mappedTypes(columns: readonly OutputColumn[], field: string): string[] {
  return columns.flatMap(({ from, declared }) =>
    from.kind === "field" && from.key === undefined && from.field.name === field ? [declared] : []
  );
}

/** Equal digests: the same columns with the same types in the same order. 16 hex digits. */
export function layoutDigest(layout: readonly LayoutColumn[]): string {
  const text = JSON.stringify(layout.map(({ name, type }) => [name, type]));
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

const refuse: OnRefused = (transform, error, output) => {
  const name = transform.type === "stateless" ? transform.transforms[output!].output_name : "";
  const where = transform.type === "filter" ? "filter" : `output ${JSON.stringify(name)}`;
  throw new PlanError(`${where}: ${error.message} (at character ${error.position + 1})`, { cause: error });
};

function sourceOfColumn(
  { ref }: TargetColumn,
  declared: readonly SourceField[],
  outputs: readonly StatelessPlan[] | undefined,
): OutputSource {
  const key = ref.key === undefined ? {} : { key: ref.key };
  if (outputs === undefined) return { kind: "field", field: fieldOf(declared, ref.field), ...key };
  const index = outputs.findIndex((each) => each.name === ref.field);
  const { passes } = outputs[index];
  return passes === null ? { kind: "output", index, ...key } : { kind: "field", field: passes, ...key };
}

function fieldOf(declared: readonly SourceField[], name: string): SourceField {
  const field = declared.find((each) => each.name === name);
  if (!field) throw new PlanError(`mapping field ${JSON.stringify(name)} is not in the schema: rename it`);
  return field;
}

/** A block needs a column to have rows, so something small is carried even when nothing is read. */
function neededFields(declared: readonly SourceField[], names: readonly string[]): readonly SourceField[] {
  const needed = new Set(names);
  const fields = declared.filter((field) => needed.has(field.name));
  if (fields.length > 0) return fields;
  return [declared.find((field) => parseType(field.columnType).kind === "UInt") ?? declared[0]];
}

/** With a key at least the default, without one by replicas. */
function shardsOf(config: PipelineConfig): number {
  const replicas = Math.max(replicasOf(config, "transform"), replicasOf(config, "sink"));
  const wanted = replicas > 1 || config.dedup.length > 0 ? Math.max(replicas, DEFAULT_SHARDS) : 1;
  return Math.min(MAX_SHARDS, 2 ** Math.ceil(Math.log2(wanted)));
}
