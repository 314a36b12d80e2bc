/**
 * The pipeline catalog: `openCatalog` gives one on PostgreSQL when there is a URL, else on an embedded PGlite.
 */
import type { Catalog } from "./catalog.ts";
import { migrate } from "./migrations.ts";
import { openPglite } from "./pglite.ts";
import { openPostgres } from "./postgres.ts";
import { SecretBox } from "./secrets.ts";
import { SqlCatalog } from "./sql_catalog.ts";

export * from "./catalog.ts";
export * from "./errors.ts";
export * from "./status.ts";
export { configOf, stored } from "./stored_config.ts";
export { loadEncryptionKey, SECRET_FIELDS } from "./secrets.ts";

export interface CatalogOptions {
  /** `postgres://…`; when absent the embedded database is used. */
  url?: string;
  /** Directory of the embedded database; null keeps it in memory. */
  dataDir?: string | null;
  /** 32 bytes, or null for no encryption of secrets at rest. */
  encryptionKey?: Uint8Array | null;
  /** `application_name` as the server shows it. */
  applicationName?: string;
  /** How long to keep trying to reach PostgreSQL. */
  connectForMs?: number;
  /** Ends the waiting for PostgreSQL. */
  signal?: AbortSignal;
  onProblem?: (message: string, error: unknown) => void;
}

const CONNECT_FOR_MS = 120_000;

/** Opens the catalog and brings its schema up to date. */
export async function openCatalog(options: CatalogOptions = {}): Promise<Catalog> {
  const onProblem = options.onProblem ?? ((message, error) => console.error(message, error));
  const secrets = new SecretBox(options.encryptionKey ?? null);
  const db = options.url
    ? await openPostgres({
      url: options.url,
      applicationName: options.applicationName ?? "glassflow_api",
      connectForMs: options.connectForMs ?? CONNECT_FOR_MS,
      signal: options.signal,
      onProblem,
    })
    : await openPglite(options.dataDir ?? null);
  try {
    await migrate(db);
  } catch (error) {
    await db.close();
    throw error;
  }
  return new SqlCatalog(db, secrets, onProblem);
}
