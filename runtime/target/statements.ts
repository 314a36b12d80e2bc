/** Statements that a person can run to mend a target; names are quoted, whatever they hold. */
import { WANTED_WINDOW } from "./table.ts";

export interface WantedColumn {
  readonly column_name: string;
  readonly column_type: string;
}

/** An identifier in backticks. */
export function quoted(name: string): string {
  return "`" + name.replaceAll("\\", "\\\\").replaceAll("`", "\\`") + "`";
}

/**
 * A table that takes the mapping, with a deduplication window; the order is the person's to choose, and so is in `<>` what a
 * mapping may leave open of a type.
 */
export function createTable(database: string, table: string, columns: readonly WantedColumn[]): string {
  const wanted = columns.map(({ column_name, column_type }) => `${quoted(column_name)} ${whole(column_type)}`).join(
    ", ",
  );
  return `CREATE TABLE ${quoted(database)}.${quoted(table)} (${wanted}) ENGINE = MergeTree ORDER BY tuple() ` +
    `SETTINGS non_replicated_deduplication_window = ${WANTED_WINDOW}`;
}

function whole(type: string): string {
  if (type.includes("'")) return type; // has its labels
  return type.replaceAll(
    /\b(FixedString|Enum8|Enum16)\b(?!\s*\()/g,
    (name) => name === "FixedString" ? "FixedString(<bytes>)" : `${name}(<'label' = 1, …>)`,
  );
}

export function createDatabase(database: string): string {
  return `CREATE DATABASE ${quoted(database)}`;
}
