/**
 * The chdb engine as a server needs it: many queries at once, each with settings, parameters, database and id of its
 * own, and none of them visible to the next.
 *
 * Every query runs in a session of its own (opening one takes a fraction of a millisecond), so nothing a statement sets
 * stays behind. The engine gives queries ids itself; the client's id travels in the setting `log_comment`, and
 * `system.processes` and `KILL QUERY` are answered with the client's ids (`processes.ts`). A query that still waits for
 * a slot is listed as running and can be killed: once it is not listed, it will not run.
 */
import { Buffer } from "node:buffer";
import { drainPending, isChdbFailure, Session } from "./chdb.ts";
import { asException, exception } from "./errors.ts";
import { commentFor, killedRows, type Listed, processesTable, rowsToKill } from "./processes.ts";
import { Queue } from "./queue.ts";
import { identifier, literal, setStatement } from "./sql_text.ts";
import type { InsertData, Kill, Plain, Statement } from "./statement.ts";

export interface EngineLimits {
  /** Queries that run at once; more wait. */
  readonly concurrency: number;
  /** Largest result, in the engine's uncompressed bytes. */
  readonly maxResultBytes: number;
}

export interface Query {
  readonly id: string;
  readonly statement: Statement;
  /** The file that holds an insert's rows. */
  readonly dataFile?: string;
  /** Receives the rows. The query is listed, and can be killed, from before this is called. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
  readonly database?: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Values as they travel over HTTP (tab-separated escapes). */
  readonly parameters: ReadonlyMap<string, string>;
  readonly defaultFormat: string;
  /** Gives up while the query waits; a query that runs is not interrupted. */
  readonly signal?: AbortSignal;
}

export interface QueryResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: string;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedSeconds: number;
}

/** The data directory cannot be opened. */
export class EngineNotOpened extends Error {
  override readonly name = "EngineNotOpened";
}

interface Running extends Listed {
  waiting: boolean;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class Engine {
  readonly version: string;
  readonly timezone: string;
  readonly #folder: string;
  readonly #base: Session;
  readonly #limits: EngineLimits;
  readonly #queries: Queue;
  /** Looking at queries and killing them must not wait behind them. */
  readonly #control = new Queue(2);
  readonly #running = new Map<string, Running>();
  #closing = false;

  private constructor(folder: string, base: Session, limits: EngineLimits, version: string, timezone: string) {
    this.#folder = folder;
    this.#base = base;
    this.#limits = limits;
    this.#queries = new Queue(limits.concurrency);
    this.version = version;
    this.timezone = timezone;
  }

  static async open(folder: string, limits: EngineLimits): Promise<Engine> {
    try {
      const base = new Session(folder);
      const result = await base.queryAsync("SELECT version(), timezone()", { format: "TSV" });
      const [version, timezone] = result.text().trim().split("\t");
      return new Engine(folder, base, limits, version, timezone);
    } catch (cause) {
      if (!isChdbFailure(cause)) throw cause;
      throw new EngineNotOpened(
        `the engine cannot open ${folder}: ${cause.message}. See its own message above; the folder must be writable, ` +
          "not used by another process, and written by this or an older version",
        { cause },
      );
    }
  }

  /** Runs one statement. Throws ClickHouseException. */
  async run(query: Query): Promise<QueryResult> {
    if (this.#closing) throw exception(236, "ABORTED", "The server is shutting down");
    if (this.#running.has(query.id)) {
      throw exception(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", `Query with id = ${query.id} is already running`);
    }
    const { statement } = query;
    const control = statement.kind === "kill" || (statement.kind === "plain" && statement.processes.length > 0);
    const finished = Promise.withResolvers<void>();
    const entry: Running = {
      id: query.id,
      text: statement.kind === "plain" ? statement.text : statement.kind === "insert" ? statement.target : "KILL QUERY",
      waiting: true,
      stop: new AbortController(),
      done: finished.promise,
    };
    this.#running.set(query.id, entry);
    let leave: (() => void) | undefined;
    try {
      const signals = query.signal === undefined ? [entry.stop.signal] : [entry.stop.signal, query.signal];
      const signal = AbortSignal.any(signals);
      await query.prepare?.(signal);
      leave = await (control ? this.#control : this.#queries).enter(signal);
      entry.waiting = false;
      return await this.#inSession((session) => this.#execute(session, query));
    } catch (error) {
      throw asException(error);
    } finally {
      leave?.();
      this.#running.delete(query.id);
      finished.resolve();
    }
  }

  /** Takes no new queries, waits for those that run, and closes the data directory. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(Array.from(this.#running.values(), (entry) => entry.done));
    this.#base.close();
    await drainPending();
  }

  async #inSession<T>(run: (session: Session) => Promise<T>): Promise<T> {
    const session = new Session(this.#folder);
    try {
      return await run(session);
    } finally {
      session.close();
    }
  }

  async #execute(session: Session, query: Query): Promise<QueryResult> {
    const settings = new Map(query.settings);
    settings.set("log_comment", commentFor(query.id, settings.get("log_comment") ?? ""));
    if (!settings.has("implicit_select")) settings.set("implicit_select", "0");
    if (query.statement.kind === "plain" && query.statement.readOnly) {
      const asked = Number(settings.get("max_result_bytes") ?? 0);
      const most = this.#limits.maxResultBytes;
      settings.set("max_result_bytes", String(asked > 0 && asked < most ? asked : most));
    }
    await session.queryAsync(setStatement(settings, query.parameters));
    if (query.database !== undefined) await session.queryAsync(`USE ${identifier(query.database)}`);
    switch (query.statement.kind) {
      case "insert":
        return await this.#insert(session, query.statement, query);
      case "kill":
        return await this.#kill(session, query.statement, query);
      case "plain":
        return await this.#plain(session, query.statement, query);
    }
  }

  #insert(session: Session, statement: InsertData, query: Query): Promise<QueryResult> {
    if (query.dataFile === undefined) throw new TypeError("an insert needs a data file");
    // The engine accepts these clauses in this order only.
    const sql = `${decoded(statement.target)} FROM INFILE ${literal(query.dataFile)} COMPRESSION 'none' ` +
      `${decoded(statement.settings)} FORMAT ${statement.format}`;
    return ask(session, sql, query.defaultFormat, "TabSeparated");
  }

  #plain(session: Session, statement: Plain, query: Query): Promise<QueryResult> {
    let text = statement.text;
    if (statement.processes.length > 0) {
      const table = encoded(processesTable(Array.from(this.#running.values())));
      for (const { start, end } of statement.processes.toReversed()) {
        text = text.slice(0, start) + table + text.slice(end);
      }
    }
    return ask(session, decoded(text), query.defaultFormat, statement.format ?? query.defaultFormat);
  }

  async #kill(session: Session, statement: Kill, query: Query): Promise<QueryResult> {
    const wanted = statement.literals.map((text) => this.#running.get(text)).filter((entry) => entry !== undefined);
    const killed: Listed[] = [];
    const ended: Promise<void>[] = [];
    for (const entry of wanted) {
      if (!entry.waiting || statement.mode === "test") continue;
      entry.stop.abort(exception(394, "QUERY_WAS_CANCELLED", "Query was cancelled before it started"));
      killed.push(entry);
      ended.push(entry.done);
    }
    const found = await session.queryAsync(rowsToKill(decoded(statement.condition)), { format: "JSONEachRow" });
    const rows = found.text().split("\n").filter((line) => line !== "").map(readRow);
    if (rows.length > 0 && statement.mode !== "test") {
      const ids = rows.map((row) => literal(row.engineId)).join(", ");
      await session.queryAsync(`KILL QUERY WHERE query_id IN (${ids}) ASYNC`);
    }
    for (const row of rows) {
      const entry = this.#running.get(row.id);
      if (entry !== undefined) ended.push(entry.done);
      killed.push(row);
    }
    // The engine's own KILL … SYNC never returns here, so waiting is ours.
    if (statement.mode === "sync") await Promise.all(ended);
    const format = statement.format ?? query.defaultFormat;
    return await ask(session, killedRows(killed, statement.mode === "sync" ? "finished" : "waiting"), format, format);
  }
}

async function ask(session: Session, sql: string, format: string, shownFormat: string): Promise<QueryResult> {
  const result = await session.queryAsync(sql, { format });
  return {
    bytes: new Uint8Array(result.bytes()),
    format: shownFormat,
    rowsRead: result.rowsRead,
    bytesRead: result.bytesRead,
    elapsedSeconds: result.elapsed,
  };
}

function readRow(line: string): Listed & { engineId: string } {
  const row: unknown = JSON.parse(line);
  if (typeof row !== "object" || row === null) throw new TypeError("the engine's list of queries is not JSON objects");
  const text = (name: string) => String(Reflect.get(row, name));
  return { id: text("query_id"), engineId: text("engine_query_id"), text: text("query"), waiting: false };
}

/** Statements are held with one character per byte; the engine takes UTF-8. */
function decoded(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

function encoded(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
