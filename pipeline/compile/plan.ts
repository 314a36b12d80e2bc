/**
 * The plan of a pipeline: what each stage reads and writes, with the table's exact types. Everything that can be wrong
 * with a configuration against a table is found here, before anything runs.
 */
import { createHash } from "node:crypto";
import {
  dedupOf,
  type FieldRef,
  type KeyPath,
  keyRefs,
  type PipelineConfig,
  replicasOf,
  type StatelessOutput,
} from "../config/mod.ts";
import { type CheckedExpression, compileExpression, ExpressionError } from "../expr/mod.ts";
import { type Layout, type LayoutColumn, parseType } from "../native/mod.ts";
import { conversionProblem } from "./conversions.ts";
import { PlanError } from "./plan_error.ts";
import { declarationOf, type SourceField, sourceFieldsOf } from "./source_layout.ts";
import { type TableColumn, type TargetColumn, targetColumns } from "./target_columns.ts";

export interface StatelessPlan {
  readonly name: string;
  /** As written: it decides the conversion of the expression's result. */
  readonly outputType: string;
  readonly expression: CheckedExpression;
  /** The output is this field, unchanged: columns are filled from it directly, without loss. */
  readonly passes: SourceField | null;
}

/** Where an output column's values come from; `key` is one key of a map. */
export type OutputSource =
  | { readonly kind: "field"; readonly field: SourceField; readonly key?: string }
  | { readonly kind: "output"; readonly index: number; readonly key?: string };

export interface OutputColumn extends TargetColumn {
  readonly from: OutputSource;
}

export interface PipelinePlan {
  /** `kafka`, `otlp.logs`, `otlp.traces` or `otlp.metrics`. */
  readonly source: string;
  /** Only the fields that some stage reads, in the source's order. */
  readonly inputFields: readonly SourceField[];
  readonly input: Layout;
  readonly inputDigest: string;
  readonly filter: CheckedExpression | null;
  readonly dedup: { readonly key: KeyPath; readonly windowMs: number } | null;
  readonly stateless: readonly StatelessPlan[] | null;
  readonly output: readonly OutputColumn[];
  readonly outputLayout: Layout;
  readonly outputDigest: string;
  /** `shards` is a power of two, the same for both edges. `key`: rows of one key go to one shard. */
  readonly sharding: { readonly shards: number; readonly key: KeyPath | null };
}

const DEFAULT_SHARDS = 8;
const MAX_SHARDS = 64;

/** @throws {PlanError} */
export function planPipeline(config: PipelineConfig, table: readonly TableColumn[] | null): PipelinePlan {
  if (config.join) throw new PlanError("a pipeline with a join cannot be compiled yet");
  const [source] = config.sources;
  const declared = sourceFieldsOf(source);
  const filter = config.filter ? checked(config.filter.expression, declared, "filter", "filter") : null;
  const stateless = config.stateless?.transforms.map((output): StatelessPlan => {
    const { expression, output_name, output_type } = output;
    const tree = checked(expression, declared, "stateless", `output ${JSON.stringify(output_name)}`);
    return { name: output_name, outputType: output_type, expression: tree, passes: passed(output, tree, declared) };
  }) ?? null;
  const dedup = dedupOf(config, source.source_id);
  const output = targetColumns(config, table).map((column): OutputColumn => {
    const from = sourceOfColumn(column, declared, stateless);
    const problem = conversionProblem(from, column);
    if (problem !== null) throw new PlanError(problem);
    return { ...column, from };
  });
  const inputFields = neededFields(declared, [
    ...(filter?.fields ?? []),
    ...(stateless ?? []).flatMap((each) => [...each.expression.fields]),
    ...(dedup ? keyRefs(dedup.path).map((ref) => ref.field) : []),
    ...output.flatMap(({ from }) => from.kind === "field" ? [from.field.name] : []),
  ]);
  const input = inputFields.map(({ name, columnType }) => ({ name, type: columnType }));
  const outputLayout = output.map(({ name, typeText }) => ({ name, type: typeText }));
  return {
    source: source.type,
    inputFields,
    input,
    inputDigest: layoutDigest(input),
    filter,
    dedup: dedup ? { key: dedup.path, windowMs: dedup.time_window.milliseconds } : null,
    stateless,
    output,
    outputLayout,
    outputDigest: layoutDigest(outputLayout),
    sharding: { shards: shardsOf(config), key: dedup?.path ?? null },
  };
}

/** Equal digests: the same columns with the same types in the same order. 16 hex digits. */
export function layoutDigest(layout: readonly LayoutColumn[]): string {
  const text = JSON.stringify(layout.map(({ name, type }) => [name, type]));
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function checked(text: string, fields: readonly SourceField[], mode: "filter" | "stateless", where: string) {
  try {
    return compileExpression(text, fields.map(declarationOf), mode);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new PlanError(`${where}: ${error.message} (at character ${error.position + 1})`, { cause: error });
  }
}

function sourceOfColumn(
  { ref }: TargetColumn,
  declared: readonly SourceField[],
  stateless: readonly StatelessPlan[] | null,
): OutputSource {
  const key = ref.key === undefined ? {} : { key: ref.key };
  if (stateless === null) return { kind: "field", field: fieldOf(declared, ref), ...key };
  const index = stateless.findIndex((each) => each.name === ref.field);
  const { passes } = stateless[index];
  return passes === null ? { kind: "output", index, ...key } : { kind: "field", field: passes, ...key };
}

/** Null becomes a declared output's zero value; of texts that is what the column holds for absent ones already. */
function passed(
  { field_type, output_type }: StatelessOutput,
  expression: CheckedExpression,
  declared: readonly SourceField[],
): SourceField | null {
  const field = declared.find((each) => each.name === expression.identityOf);
  if (!field || field.nullable || field.type !== field_type || field.type === "array") return null;
  if (field.type === "string" && output_type !== "string") return null;
  return { ...field, omitEmpty: false };
}

function fieldOf(declared: readonly SourceField[], ref: FieldRef): SourceField {
  const field = declared.find((each) => each.name === ref.field);
  if (!field) throw new PlanError(`mapping field ${JSON.stringify(ref.field)} is not in the schema: rename it`);
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
