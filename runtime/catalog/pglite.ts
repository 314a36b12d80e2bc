/**
 * PGlite as the embedded database: PostgreSQL compiled to WebAssembly, its data in a directory or in memory.
 * Guarantees: one process at a time per directory (an advisory file lock, gone with the process).
 */
import { PGlite } from "@electric-sql/pglite";
import { CatalogCorrupt, CatalogLocked, CatalogUnavailable } from "./errors.ts";
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
  const fresh = dataDir !== null && !await exists(`${dataDir}/pg`);
  let db: PGlite;
  try {
    // The directory itself holds the lock file, the database lives one level below.
    db = await PGlite.create(dataDir === null ? undefined : `${dataDir}/pg`);
    await db.query("select 1");
  } catch (cause) {
    const full = dataDir !== null && await diskIsFull(dataDir);
    // A database that was not finished is no catalog; the next start makes it anew.
    if (fresh) await Deno.remove(`${dataDir}/pg`, { recursive: true }).catch(ignoreLeftovers);
    lock?.close();
    if (full) {
      const message = `no space left on the disk for the catalog in ${dataDir}: free some and start again`;
      throw new CatalogUnavailable(message, { cause });
    }
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

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The embedded database does not say why it fails; a file of a megabyte does. */
async function diskIsFull(dataDir: string): Promise<boolean> {
  const path = `${dataDir}/space`;
  try {
    await Deno.writeFile(path, new Uint8Array(1 << 20));
    return false;
  } catch (error) {
    return error instanceof Error && /os error (?:28|122)\b/.test(error.message);
  } finally {
    await Deno.remove(path).catch(ignoreLeftovers);
  }
}

/** The start has failed already, for a reason that matters more. */
function ignoreLeftovers(): void {}

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
