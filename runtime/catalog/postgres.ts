/**
 * PostgreSQL as the catalog's database, over a small `pg` pool.
 * Guarantees: no session state and no named statements (safe behind a transaction-mode pooler); a connection that
 * failed is never reused; errors name neither the URL nor its password.
 */
import pg from "pg";
import { sleep } from "../nats/publish.ts";
import { CatalogError, CatalogUnavailable } from "./errors.ts";
import { type SqlDatabase, SqlError, type SqlRow, type SqlSession, sqlState } from "./sql.ts";

export interface PostgresOptions {
  url: string;
  applicationName: string;
  /** How long to keep trying to connect at start. */
  connectForMs: number;
  /** Ends the waiting at start. */
  signal?: AbortSignal;
  /** Told of every failed attempt and of idle connections that broke. */
  onProblem: (message: string, error: unknown) => void;
}

const POOL_SIZE = 5;
const CONNECTION_LIFETIME_S = 300;
const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 15_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** SQLSTATE classes and codes that mean "not now": connection trouble, shutdown, too many connections. */
function unavailable(state: string | null): boolean {
  return state === null || state.startsWith("08") || state.startsWith("57P") || state === "53300";
}

function wrap(cause: unknown): Error {
  const state = sqlState(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  if (!unavailable(state)) return new SqlError(state ?? "", message, cause);
  return new CatalogUnavailable(`PostgreSQL does not answer: ${message || "connection refused"}`, { cause });
}

function session(on: pg.Pool | pg.PoolClient): SqlSession {
  return {
    async query(text, params = []) {
      try {
        return (await on.query<SqlRow>(text, [...params])).rows;
      } catch (cause) {
        throw wrap(cause);
      }
    },
  };
}

/** Connects, retrying for `connectForMs`. Throws `CatalogUnavailable`, or `CatalogError` when trying again is useless. */
export async function openPostgres(options: PostgresOptions): Promise<SqlDatabase> {
  let pool: pg.Pool;
  try {
    pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: POOL_SIZE,
      maxLifetimeSeconds: CONNECTION_LIFETIME_S,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
    });
  } catch {
    throw new CatalogError(
      "GLASSFLOW_DATABASE_URL is not a PostgreSQL URL (postgres://user:password@host:port/database)",
    );
  }
  pool.on("error", (error) => options.onProblem("an idle catalog connection broke", error));
  const all = session(pool);
  await connect(all, options).catch(async (error) => {
    await pool.end();
    throw error;
  });
  return {
    ...all,
    async transaction(work) {
      let client: pg.PoolClient;
      try {
        client = await pool.connect();
      } catch (cause) {
        throw wrap(cause);
      }
      const one = session(client);
      let broken: Error | undefined;
      try {
        await one.query("begin");
        const result = await work(one);
        await one.query("commit");
        return result;
      } catch (error) {
        await one.query("rollback").catch((cause) => broken = cause);
        throw error;
      } finally {
        client.release(broken);
      }
    },
    close: async () => await pool.end(),
  };
}

async function connect(session: SqlSession, options: PostgresOptions): Promise<void> {
  const deadline = performance.now() + options.connectForMs;
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    options.signal?.throwIfAborted();
    try {
      await session.query("select 1");
      return;
    } catch (error) {
      if (error instanceof SqlError) {
        throw new CatalogError(`PostgreSQL refuses the connection: ${error.message}; check GLASSFLOW_DATABASE_URL`, {
          cause: error,
        });
      }
      if (performance.now() + pause > deadline) {
        throw new CatalogUnavailable(
          "PostgreSQL cannot be reached; check GLASSFLOW_DATABASE_URL and that the server runs",
          { cause: error },
        );
      }
      options.onProblem(`PostgreSQL cannot be reached, next attempt in ${pause} ms`, error);
      await sleep(pause, options.signal);
    }
  }
}
