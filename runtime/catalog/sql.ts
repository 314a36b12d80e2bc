/**
 * The little of SQL drivers that the catalog needs; one for PGlite, one for PostgreSQL, the same statements on both.
 * Parameters are `$1…`; `json` columns arrive parsed; a failed statement throws `SqlError` or `CatalogUnavailable`.
 */

export type SqlRow = Record<string, unknown>;

export interface SqlSession {
  query(text: string, params?: readonly unknown[]): Promise<SqlRow[]>;
}

export interface SqlDatabase extends SqlSession {
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A statement the database refused. `state` is its SQLSTATE. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  constructor(readonly state: string, message: string, cause: unknown) {
    super(message, { cause });
  }
}

export const UNIQUE_VIOLATION = "23505";

/** The SQLSTATE of a driver's error, if it carries one. */
export function sqlState(error: unknown): string | null {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}
