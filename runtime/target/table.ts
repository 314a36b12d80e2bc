/** What the target table really looks like, and whether replays of an insert are safe on it. */
import type { ClickHouseClient } from "@clickhouse/client";

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  /** Empty, `DEFAULT`, `MATERIALIZED`, `ALIAS` or `EPHEMERAL`. */
  readonly default_kind: string;
  readonly position: number;
}

export interface TableDescription {
  readonly engine: string;
  readonly columns: readonly TableColumn[];
  /** What weakens exactly-once on this table, each with the statement that mends it. */
  readonly warnings: readonly string[];
}

/** Parts a table must remember so that a replayed insert is recognised after the longest outage that is expected. */
export const WANTED_WINDOW = 1_000;

/** Null when the table does not exist. Rejects with the client's error when the server does not answer or refuses. */
export async function describeTable(
  client: ClickHouseClient,
  database: string,
  table: string,
): Promise<TableDescription | null> {
  const tables = await rows<{ engine: string; engine_full: string }>(
    client,
    "SELECT engine, engine_full FROM system.tables WHERE database = {database:String} AND name = {table:String}",
    { database, table },
  );
  if (tables.length === 0) return null;
  const columns = await rows<TableColumn>(
    client,
    "SELECT name, type, default_kind, toInt32(position) AS position FROM system.columns " +
      "WHERE database = {database:String} AND table = {table:String} ORDER BY position",
    { database, table },
  );
  const warnings = await windowWarnings(client, database, table, tables[0]);
  const views = await rows<{ database: string; name: string; engine_full: string; engine: string }>(
    client,
    "SELECT database, name, engine, engine_full FROM system.tables WHERE (database, name) IN (" +
      "SELECT arrayJoin(arrayZip(dependencies_database, dependencies_table)) FROM system.tables " +
      "WHERE database = {database:String} AND name = {table:String})",
    { database, table },
  );
  for (const view of views) {
    warnings.push(
      `materialized view ${view.database}.${view.name} reads from ${database}.${table}: ` +
        "its target table needs a deduplication window of its own, or a replayed insert is counted twice there",
    );
  }
  return { engine: tables[0].engine, columns, warnings };
}

/** Why rows cannot be inserted into a table of this engine at all; null when they can. */
export function refusesInserts(engine: string): string | null {
  if (
    !/^(?:View|LiveView|WindowView|Merge|Dictionary|Loop|Values|Numbers|Zeros|GenerateSeries|System.*)$/.test(engine)
  ) {
    return null;
  }
  return `has engine ${engine}, which takes no rows: name the table behind it in sink.table`;
}

/** Whether the user sees such a database. */
export async function databaseExists(client: ClickHouseClient, database: string): Promise<boolean> {
  const found = await rows(client, "SELECT name FROM system.databases WHERE name = {database:String}", { database });
  return found.length > 0;
}

async function windowWarnings(
  client: ClickHouseClient,
  database: string,
  table: string,
  { engine, engine_full }: { engine: string; engine_full: string },
): Promise<string[]> {
  if (engine === "Distributed") {
    return [
      `${database}.${table} is a Distributed table: writing is at-least-once there; write to the local table instead`,
    ];
  }
  if (engine === "Null") return [`${database}.${table} has engine Null: it keeps no rows`];
  if (!engine.endsWith("MergeTree")) {
    return [
      `engine ${engine} cannot recognise a replayed insert: after a crash rows may be doubled; use a MergeTree table`,
    ];
  }
  const setting = engine.startsWith("Replicated") || engine.startsWith("Shared")
    ? "replicated_deduplication_window"
    : "non_replicated_deduplication_window";
  const own = new RegExp(`\\b${setting} = (\\d+)`).exec(engine_full);
  const window = own ? Number(own[1]) : await defaultWindow(client, setting);
  if (window >= WANTED_WINDOW) return [];
  return [
    `${database}.${table} remembers ${window} inserts; for exactly-once run: ` +
    `ALTER TABLE \`${database}\`.\`${table}\` MODIFY SETTING ${setting} = ${WANTED_WINDOW}`,
  ];
}

async function defaultWindow(client: ClickHouseClient, setting: string): Promise<number> {
  const found = await rows<{ value: string }>(
    client,
    "SELECT value FROM system.merge_tree_settings WHERE name = {setting:String}",
    { setting },
  );
  return Number(found[0]?.value ?? 0);
}

async function rows<T>(client: ClickHouseClient, query: string, query_params: Record<string, string>): Promise<T[]> {
  const result = await client.query({ query, query_params, format: "JSONEachRow" });
  return await result.json<T>();
}
