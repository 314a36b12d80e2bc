/** The fields that a schema gives a source, and whether records of another schema have them too. */
import type { FieldType } from "../scan/mod.ts";

export interface FormatField {
  /** Dots lead into nested records. */
  readonly name: string;
  /** Type of the column. */
  readonly type: FieldType;
  /** As shown to clients: `int32`, `bytes` … */
  readonly spelling: string;
  /** A record may lack it, or have null. */
  readonly nullable: boolean;
}

/** Fields of one schema; more than any table has columns. */
export const MAX_FIELDS = 5_000;
/** Records inside records that are looked into; deeper ones are one field, as JSON text. */
export const MAX_LEVELS = 32;

export type WantedField = Pick<FormatField, "name" | "type" | "nullable"> & {
  /** A number whose text is wanted. */
  readonly exact?: boolean;
};

/** What keeps records of a schema with the fields `found` from being rows; null: nothing. All of it is told. */
export function incompatibility(wanted: readonly WantedField[], found: readonly FormatField[]): string | null {
  const byName = new Map(found.map((field) => [field.name, field]));
  const problems = wanted.flatMap(({ name, type }) => {
    const other = byName.get(name);
    if (!other) return [`field ${name} from previous schema is missing in the new schema`];
    return other.type === type || (type === "float" && other.type === "int")
      ? []
      : [`field ${name} type changed: previous schema has ${type}, new schema has ${other.type}`];
  });
  return problems.length === 0 ? null : problems.join("; ");
}
