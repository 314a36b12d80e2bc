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

/** A table that takes the mapping, with a deduplication window; the order is the person's to choose. */
export function createTable(database: string, table: string, columns: readonly WantedColumn[]): string {
  const wanted = columns.map(({ column_name, column_type }) => `${quoted(column_name)} ${column_type}`).join(", ");
  return `CREATE TABLE ${quoted(database)}.${quoted(table)} (${wanted}) ENGINE = MergeTree ORDER BY tuple() ` +
    `SETTINGS non_replicated_deduplication_window = ${WANTED_WINDOW}`;
}

export function createDatabase(database: string): string {
  return `CREATE DATABASE ${quoted(database)}`;
}
