/**
 * The catalog's schema, as numbered steps that are never edited once released.
 * Guarantees: all missing steps are applied in one transaction, by one process at a time; a database that is ahead of
 * this software is left alone.
 */
import { CatalogTooNew } from "./errors.ts";
import type { SqlDatabase, SqlSession } from "./sql.ts";

export interface Migration {
  version: number;
  name: string;
  statements: readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "pipelines and their history",
    statements: [
      `create table glassflow.pipeline (
         ordinal    bigint generated always as identity,
         id         text primary key,
         name       text not null,
         status     text not null check (status in
                    ('Created','Running','Stopping','Stopped','Terminating','Resuming','Failed')),
         reason     text,
         config     json not null,
         metadata   json not null,
         resources  json not null,
         version    integer not null default 1,
         deleting   boolean not null default false,
         created_at timestamptz not null default clock_timestamp(),
         updated_at timestamptz not null default clock_timestamp()
       )`,
      `create table glassflow.pipeline_history (
         ordinal     bigint generated always as identity primary key,
         pipeline_id text not null references glassflow.pipeline (id) on delete cascade,
         type        text not null check (type in ('history','status','error')),
         at          timestamptz not null default clock_timestamp(),
         status      text not null,
         reason      text,
         config      json
       )`,
      `create index pipeline_history_by_pipeline on glassflow.pipeline_history (pipeline_id, ordinal)`,
    ],
  },
];

/** Any constant: taken for the length of the migrating transaction. */
const LOCK = 7_214_900_113;

/** Brings the schema to the newest step. */
export async function migrate(db: SqlDatabase, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await db.transaction(async (session) => {
    await session.query("select pg_advisory_xact_lock($1::bigint)", [LOCK]);
    const applied = await appliedVersions(session);
    const newest = Math.max(0, ...migrations.map((m) => m.version));
    const ahead = applied.filter((version) => version > newest);
    if (ahead.length > 0) {
      throw new CatalogTooNew(
        `the catalog has schema version ${Math.max(...ahead)}, this release knows ${newest}; run the newer release`,
      );
    }
    for (const migration of [...migrations].sort((a, b) => a.version - b.version)) {
      if (applied.includes(migration.version)) continue;
      for (const statement of migration.statements) await session.query(statement);
      await session.query("insert into glassflow.migration (version, name) values ($1, $2)", [
        migration.version,
        migration.name,
      ]);
    }
  });
}

async function appliedVersions(session: SqlSession): Promise<number[]> {
  // "if not exists" alone would ask for the right to create schemas even when there is nothing to create.
  const [{ known }] = await session.query("select to_regclass('glassflow.migration') is not null as known");
  if (!known) {
    const [{ present }] = await session.query("select to_regnamespace('glassflow') is not null as present");
    if (!present) await session.query("create schema glassflow");
    await session.query(
      `create table glassflow.migration (
         version integer primary key, name text not null, applied_at timestamptz not null default clock_timestamp()
       )`,
    );
    return [];
  }
  return (await session.query("select version from glassflow.migration")).map((row) => Number(row.version));
}
