/** Which columns a pipeline writes: the mapping against the table, each with the table's exact type. */
import { feedingSchema, type FieldDecl, type FieldRef, type PipelineConfig, type SinkMapping } from "../config/mod.ts";
import { type ChType, formatType, parseType, UnsupportedType } from "../native/mod.ts";
import { PlanError } from "./plan_error.ts";

/** A column of the target, as `system.columns` has it. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  /** Empty, `DEFAULT`, `MATERIALIZED`, `ALIAS` or `EPHEMERAL`. */
  readonly default_kind: string;
  readonly position?: number;
}

export interface TargetColumn {
  readonly name: string;
  /** The table's exact type, as the server spells it. */
  readonly typeText: string;
  readonly type: ChType;
  /** The mapping's type, which the table's need not equal. */
  readonly declared: string;
  /** What the mapping names, in the schema that feeds the sink. */
  readonly ref: FieldRef;
  readonly field: FieldDecl;
  /** The mapping's own spelling, for error texts. */
  readonly mapped: string;
}

/** In byte order of the column names. Without a table the mapping's types are taken as the exact ones. */
export function targetColumns(config: PipelineConfig, table: readonly TableColumn[] | null): TargetColumn[] {
  const { sink } = config;
  const feed = new Map(feedingSchema(config).map((field) => [field.name, field]));
  const target = `${sink.connection_params.database}.${sink.table}`;
  const known = table && new Map(table.map((column) => [column.name, column]));
  const columns = sink.mapping.map((mapping): TargetColumn => {
    const field = feed.get(mapping.ref.field);
    if (!field) throw new PlanError(`mapping field ${JSON.stringify(mapping.name)} is not in the schema: rename it`);
    const column = known?.get(mapping.column_name);
    if (known && !column) throw missingColumn(target, mapping);
    if (column && (column.default_kind === "MATERIALIZED" || column.default_kind === "ALIAS")) {
      throw new PlanError(
        `column ${mapping.column_name} of ${target} is ${column.default_kind}: ClickHouse computes it, ` +
          "so it cannot be inserted; remove it from the mapping",
      );
    }
    return {
      name: mapping.column_name,
      ...exactType(column?.type, mapping),
      declared: mapping.column_type,
      ref: mapping.ref,
      field,
      mapped: mapping.name,
    };
  });
  if (columns.length === 0) throw new PlanError("sink.mapping is empty: name at least one field and its column");
  return columns.sort((a, b) => compareBytes(a.name, b.name));
}

function missingColumn(target: string, mapping: SinkMapping): PlanError {
  const name = "`" + mapping.column_name.replaceAll("\\", "\\\\").replaceAll("`", "\\`") + "`";
  return new PlanError(
    `table ${target} has no column ${mapping.column_name}; add it ` +
      `(ALTER TABLE ${target} ADD COLUMN ${name} ${mapping.column_type}) or edit the mapping`,
  );
}

/** The server's spelling where there is a table, else the mapping's, with bare names filled in where they can be. */
function exactType(found: string | undefined, mapping: SinkMapping): { type: ChType; typeText: string } {
  const { column_name, column_type } = mapping;
  if (found === undefined && /^(?:FixedString|Enum8|Enum16)$/.test(column_type)) {
    throw new PlanError(
      `column ${column_name} has type ${column_type} without its parameters, which only the table knows: ` +
        "create the table first, or write the full type",
    );
  }
  const text = found ?? (column_type === "DateTime64" ? "DateTime64(3)" : column_type);
  try {
    const type = parseType(text);
    return { type, typeText: found ?? formatType(type) };
  } catch (error) {
    if (!(error instanceof UnsupportedType)) throw error;
    throw new PlanError(
      `column ${column_name} has type ${text}, which cannot be written (${error.message}); leave it out of the mapping`,
      { cause: error },
    );
  }
}

function compareBytes(a: string, b: string): number {
  const x = new TextEncoder().encode(a), y = new TextEncoder().encode(b);
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}
