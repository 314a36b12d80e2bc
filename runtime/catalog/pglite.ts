/**
 * PGlite as the embedded database: PostgreSQL compiled to WebAssembly, its data in a directory or in memory.
 * Guarantees: one process at a time per directory (an advisory file lock, gone with the process).
 */
import { PGlite } from "@electric-sql/pglite";
import { CatalogCorrupt, CatalogLocked } from "./errors.ts";
import { type SqlDatabase, SqlError, type SqlRow, type SqlSession, sqlState } from "./sql.ts";

interface Queryable {
  query(text: string, params?: unknown[]): Promise<{ rows: unknown[] }>;
}

function session(on: Queryable): SqlSession {
  return {
    async query(text, params = []) {
      try {
        return (await on.query(text, [...params])).rows as SqlRow[];
      } catch (cause) {
        throw new SqlError(sqlState(cause) ?? "", cause instanceof Error ? cause.message : String(cause), cause);
      }
    },
  };
}

/** Opens the database in `dataDir` (created when missing), or a fresh one in memory when null. */
export async function openPglite(dataDir: string | null): Promise<SqlDatabase> {
  const lock = dataDir === null ? null : await lockDirectory(dataDir);
  let db: PGlite;
  try {
    // The directory itself holds the lock file, the database lives one level below.
    db = await PGlite.create(dataDir === null ? undefined : `${dataDir}/pg`);
    await db.query("select 1");
  } catch (cause) {
    lock?.close();
    throw new CatalogCorrupt(
      `the catalog in ${
        dataDir ?? "memory"
      } cannot be opened; restore it from a backup, or move the directory away to start empty`,
      { cause },
    );
  }
  return {
    ...session(db),
    transaction: async (work) => await db.transaction(async (tx) => await work(session(tx))),
    async close() {
      try {
        await db.close();
      } finally {
        lock?.close();
      }
    },
  };
}

async function lockDirectory(dataDir: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
    file = await Deno.open(`${dataDir}/catalog.lock`, { create: true, write: true });
  } catch (cause) {
    throw new CatalogCorrupt(
      `the catalog directory ${dataDir} cannot be written; check its owner and the disk`,
      { cause },
    );
  }
  if (await file.tryLock(true)) return file;
  file.close();
  throw new CatalogLocked(
    `the catalog directory ${dataDir} is in use by another process; stop that one, or use another directory or PostgreSQL`,
  );
}
