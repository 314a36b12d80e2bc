/**
 * The plan of a pipeline: what each stage reads and writes, with the table's exact types. Everything that can be wrong with
 * a configuration against a table is found here, before anything runs.
 */
import { createHash } from "node:crypto";
import { compileExpression } from "../expr/mod.ts";
import type { CheckedExpression } from "../expr/mod.ts";
import {
  feedingSchema,
  type FieldDecl,
  type FieldRef,
  isOtlpPipeline,
  type KeyPath,
  keyRefs,
  type PipelineConfig,
  replicasOf,
  resolveFieldRef,
  type SourceType,
} from "../config/mod.ts";
import { type Layout, type LayoutColumn, parseType, UnsupportedType } from "../native/mod.ts";
import { fieldsOfSource, sourceLayout } from "./source_layout.ts";

/** A column of the target, as `system.columns` has it. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly default_kind: string;
}

/** The configuration does not fit the table or itself; the message names both sides and says what to change. */
export class PlanError extends Error {
  override readonly name = "PlanError";
  readonly code = "PLAN_ERROR";
}

/** Where an output column's values come from. */
export type OutputSource =
  | { readonly kind: "field"; readonly ref: FieldRef; readonly field: FieldDecl }
  | { readonly kind: "output"; readonly index: number; readonly field: FieldDecl };

export interface OutputColumn {
  /** Column of the table. */
  readonly name: string;
  /** The table's exact type. */
  readonly type: string;
  readonly from: OutputSource;
  /** The mapping's field name, for error texts. */
  readonly mapped: string;
}

export interface StatelessPlan {
  readonly name: string;
  readonly outputType: string;
  readonly expression: CheckedExpression;
}

export interface PipelinePlan {
  readonly source: SourceType;
  /** Only the fields that some stage reads. */
  readonly input: Layout;
  readonly inputDigest: string;
  readonly inputFields: readonly FieldDecl[];
  readonly filter: CheckedExpression | null;
  readonly dedup: { readonly key: KeyPath; readonly windowMs: number } | null;
  readonly stateless: readonly StatelessPlan[] | null;
  readonly output: readonly OutputColumn[];
  readonly outputDigest: string;
  readonly shards: number;
}

const DEFAULT_SHARDS = 8;
const MAX_SHARDS = 64;

export function planPipeline(config: PipelineConfig, table: readonly TableColumn[] | null): PipelinePlan {
  const source = config.sources[0];
  const declared = fieldsOfSource(source);
  const filter = config.filter ? compileExpression(config.filter.expression, declared, "filter") : null;
  const stateless = config.stateless?.transforms.map(({ expression, output_name, output_type }): StatelessPlan => ({
    name: output_name,
    outputType: output_type,
    expression: compileExpression(expression, declared, "stateless"),
  })) ?? null;
  const dedup = config.dedup.find((each) => each.source_id === source.source_id);
  const output = outputColumns(config, stateless, table);
  const needed = new Set<string>();
  for (const expression of [filter, ...(stateless ?? []).map((each) => each.expression)]) {
    if (expression?.environment) for (const field of declared) needed.add(field.name);
    for (const field of expression?.fields ?? []) needed.add(field);
  }
  for (const ref of dedup ? keyRefs(dedup.path) : []) needed.add(ref.field);
  for (const { from } of output) if (from.kind === "field") needed.add(from.ref.field);
  const inputFields = declared.filter((field) => needed.has(field.name));
  const input = sourceLayout(source, inputFields);
  return {
    source: source.type,
    input,
    inputDigest: layoutDigest(input),
    inputFields,
    filter,
    dedup: dedup ? { key: dedup.path, windowMs: dedup.time_window.milliseconds } : null,
    stateless,
    output,
    outputDigest: layoutDigest(output.map(({ name, type }) => ({ name, type }))),
    shards: shardsOf(config),
  };
}

/** Equal digests: the same columns with the same types in the same order. */
export function layoutDigest(layout: readonly LayoutColumn[]): string {
  const text = JSON.stringify(layout.map(({ name, type }) => [name, type]));
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** A power of two, fixed when the pipeline is created: with a key at least the default, without one by replicas. */
function shardsOf(config: PipelineConfig): number {
  const replicas = Math.max(replicasOf(config, "transform") ?? 1, replicasOf(config, "sink") ?? 1);
  const keyed = config.dedup.length > 0;
  const wanted = replicas > 1 || keyed ? Math.max(replicas, DEFAULT_SHARDS) : 1;
  return Math.min(MAX_SHARDS, 2 ** Math.ceil(Math.log2(wanted)));
}

function outputColumns(
  config: PipelineConfig,
  stateless: readonly StatelessPlan[] | null,
  table: readonly TableColumn[] | null,
): OutputColumn[] {
  const feed = feedingSchema(config);
  const target = `${config.sink.connection_params.database}.${config.sink.table}`;
  const byName = table && new Map(table.map((column) => [column.name, column]));
  const columns = (config.sink.mapping ?? []).map((mapping): OutputColumn => {
    const ref = resolveFieldRef(mapping.name, feed);
    const field = feed.find((each) => each.name === ref?.field);
    if (!ref || !field) throw new PlanError(`mapping field ${JSON.stringify(mapping.name)} is not in the schema`);
    const column = byName?.get(mapping.column_name);
    if (byName && !column) {
      throw new PlanError(
        `table ${target} has no column ${mapping.column_name}; add it: ` +
          `ALTER TABLE ${target} ADD COLUMN \`${mapping.column_name}\` ${mapping.column_type}, or edit the mapping`,
      );
    }
    if (column && ["MATERIALIZED", "ALIAS"].includes(column.default_kind)) {
      throw new PlanError(
        `column ${mapping.column_name} of ${target} is ${column.default_kind}: ClickHouse computes it; remove it from the mapping`,
      );
    }
    const type = column?.type ?? mapping.column_type;
    checkType(type, mapping.column_name);
    const output = stateless?.findIndex((each) => each.name === ref.field) ?? -1;
    const from: OutputSource = output >= 0 && ref.key === undefined
      ? { kind: "output", index: output, field }
      : { kind: "field", ref, field };
    return { name: mapping.column_name, type, from, mapped: mapping.name };
  });
  if (columns.length === 0) throw new PlanError("sink.mapping is empty: name at least one field and its column");
  return columns.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

function checkType(type: string, column: string): void {
  try {
    parseType(type);
  } catch (error) {
    if (!(error instanceof UnsupportedType)) throw error;
    throw new PlanError(`column ${column} has type ${type}, which cannot be written yet; leave it out of the mapping`, {
      cause: error,
    });
  }
}

export { isOtlpPipeline };
