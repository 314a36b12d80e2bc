/**
 * The embedded ClickHouse: the chdb engine behind ClickHouse's HTTP interface, for `@clickhouse/client` and curl.
 *
 * Promises: the engine's results and error texts are passed on unchanged; an insert's rows reach the engine byte for
 * byte (they travel through a file, since the engine's binding takes text); a body beyond the limit, a full disk or a
 * wrong password is an error in ClickHouse's form. `/ping` answers while queries run.
 *
 * Not offered (refused, never ignored): sessions, external tables, files of the server, ClickHouse's own compression.
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { Engine, type EngineLimits, type QueryResult } from "./engine.ts";
import { asException, exception, httpStatus } from "./errors.ts";
import {
  authenticate,
  bodyStream,
  type Credentials,
  type Parameters,
  readBody,
  readParameters,
} from "./http_request.ts";
import { stopServer } from "../services/http_server.ts";
import { INSTANCE_HEADER } from "../services/instance.ts";
import { portIsFree } from "../services/ports.ts";
import { readStatement, StatementRefused } from "./statement.ts";

export interface ServerOptions extends Credentials {
  /** Holds the tables, bodies on their way into the engine, and a lock. */
  readonly dataDir: string;
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly hostname?: string;
  /** `/ping` answers with this name. */
  readonly instance?: string;
  /** Queries at once. Default 8. */
  readonly concurrency?: number;
  /** Default 512 MiB. */
  readonly maxBodyBytes?: number;
  /** Default 512 MiB. */
  readonly maxResultBytes?: number;
  /** How long to wait for another process to leave the data directory. Default 15 s. */
  readonly lockTimeoutMs?: number;
}

export interface EmbeddedServer {
  readonly port: number;
  /** Finishes running requests, then closes the data directory. */
  stop(): Promise<void>;
}

/** The server cannot start; the message says what to do. */
export class ServerNotStarted extends Error {
  override readonly name = "ServerNotStarted";
}

/** How long running requests may take at the end. */
const STOP_MS = 10_000;
const MIB = 1024 * 1024;

export async function startServer(options: ServerOptions): Promise<EmbeddedServer> {
  const limits: EngineLimits = {
    concurrency: options.concurrency ?? 8,
    maxResultBytes: options.maxResultBytes ?? 512 * MIB,
  };
  const hostname = options.hostname ?? "127.0.0.1";
  if (!portIsFree(options.port, hostname)) {
    throw new ServerNotStarted(
      `port ${options.port} on ${hostname} is in use: stop what listens there or choose another port`,
    );
  }
  const lock = await lockFolder(options.dataDir, options.lockTimeoutMs ?? 15_000);
  const incoming = join(options.dataDir, "incoming");
  await Deno.remove(incoming, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(incoming);
  const engine = await openEngine(join(options.dataDir, "engine"), limits, lock);
  const handler = new Handler(engine, incoming, options);
  const server = Deno.serve(
    { hostname, port: options.port, onListen: () => {} },
    (request) => handler.answer(request),
  );
  return {
    port: server.addr.port,
    stop: async () => {
      await stopServer(server, STOP_MS);
      await engine.close();
      lock.close();
    },
  };
}

class Handler {
  readonly #engine: Engine;
  readonly #incoming: string;
  readonly #credentials: Credentials;
  readonly #maxBodyBytes: number;
  readonly #instance: string | undefined;

  constructor(engine: Engine, incoming: string, options: ServerOptions) {
    this.#engine = engine;
    this.#incoming = incoming;
    this.#credentials = options;
    this.#instance = options.instance;
    this.#maxBodyBytes = options.maxBodyBytes ?? 512 * MIB;
  }

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/ping" || url.pathname === "/replicas_status") {
      const pong = text("Ok.\n");
      if (this.#instance) pong.headers.set(INSTANCE_HEADER, this.#instance);
      return pong;
    }
    if (url.pathname !== "/") return text(`There is no handle ${url.pathname}. Use / or /ping\n`, 404);
    const queryId = url.searchParams.get("query_id") || crypto.randomUUID();
    try {
      if (request.method === "GET" && !url.searchParams.has("query")) return text("Ok.\n");
      authenticate(request, url, this.#credentials);
      return await this.#query(request, readParameters(request, url), queryId);
    } catch (error) {
      return this.#failure(error, queryId);
    }
  }

  async #query(request: Request, parameters: Parameters, id: string): Promise<Response> {
    const body = bodyStream(request, this.#maxBodyBytes);
    const inUrl = Buffer.from(parameters.query, "utf8").toString("latin1");
    let statement = inUrl === "" ? undefined : readStatement(inUrl);
    let first: string;
    let rest: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
    if (statement?.kind === "insert") {
      first = inUrl.slice(statement.dataStart);
      rest = body;
    } else {
      // The statement is the URL's part and the body together; for an INSERT its rows follow in the body.
      const whole = inUrl + (await readBody(body)).toString("latin1");
      statement = readStatement(whole);
      first = statement.kind === "insert" ? whole.slice(statement.dataStart) : "";
    }
    if (request.method === "GET" && !(statement.kind === "plain" && statement.readOnly)) {
      throw exception(
        164,
        "READONLY",
        "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly: use POST",
      );
    }
    const query = { ...parameters, id, signal: request.signal };
    if (statement.kind !== "insert") return this.#success(await this.#engine.run({ ...query, statement }), id);
    const dataFile = join(this.#incoming, crypto.randomUUID());
    // The rows lie in a file of their own for as long as the insert runs.
    const prepare = async (signal: AbortSignal) => {
      await Deno.writeFile(dataFile, Buffer.from(first, "latin1"), { createNew: true, mode: 0o600 });
      if (rest !== undefined) await Deno.writeFile(dataFile, rest, { append: true, signal });
    };
    try {
      return this.#success(await this.#engine.run({ ...query, statement, dataFile, prepare }), id);
    } finally {
      await Deno.remove(dataFile).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
  }

  #headers(id: string): Headers {
    return new Headers({
      "X-ClickHouse-Query-Id": id,
      "X-ClickHouse-Timezone": this.#engine.timezone,
      "X-ClickHouse-Server-Display-Name": "glassflow-embedded",
      // Bodies go out as the engine made them.
      "Cache-Control": "no-transform",
    });
  }

  #success(result: QueryResult, id: string): Response {
    const headers = this.#headers(id);
    headers.set("X-ClickHouse-Format", result.format);
    headers.set("Content-Type", contentType(result.format));
    const summary = {
      read_rows: String(result.rowsRead),
      read_bytes: String(result.bytesRead),
      result_bytes: String(result.bytes.byteLength),
      elapsed_ns: String(Math.round(result.elapsedSeconds * 1e9)),
    };
    headers.set("X-ClickHouse-Summary", JSON.stringify(summary));
    return new Response(result.bytes, { headers });
  }

  #failure(error: unknown, id: string): Response {
    const found = error instanceof StatementRefused
      ? exception(error.code, error.type, error.message)
      : asException(error);
    const headers = this.#headers(id);
    headers.set("Content-Type", "text/plain; charset=UTF-8");
    headers.set("X-ClickHouse-Exception-Code", String(found.code));
    return new Response(`${found.message}\n`, { status: httpStatus(found.code), headers });
  }
}

function text(body: string, status = 200): Response {
  return new Response(body, { status, headers: { "Content-Type": "text/plain; charset=UTF-8" } });
}

function contentType(format: string): string {
  if (/^JSON(Compact|Strings|Columns|ObjectEachRow)?/.test(format)) return "application/json; charset=UTF-8";
  if (/^CSV/.test(format)) return "text/csv; charset=UTF-8; header=absent";
  if (/^(TSV|TabSeparated)/.test(format)) return "text/tab-separated-values; charset=UTF-8";
  if (/^(Pretty|Vertical|Markdown|Values|XML|SQLInsert|TSKV|LineAsString)/.test(format)) {
    return "text/plain; charset=UTF-8";
  }
  return "application/octet-stream";
}

async function openEngine(folder: string, limits: EngineLimits, lock: Deno.FsFile): Promise<Engine> {
  try {
    return await Engine.open(folder, limits);
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** One process per data directory. The kernel gives the lock back when its holder ends, however it ends. */
async function lockFolder(dataDir: string, timeoutMs: number): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
    file = await Deno.open(join(dataDir, "lock"), { write: true, create: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServerNotStarted(`the data directory ${dataDir} cannot be written (${why}): choose another`, { cause });
  }
  const deadline = performance.now() + timeoutMs;
  while (!await file.tryLock(true)) {
    if (performance.now() > deadline) {
      file.close();
      throw new ServerNotStarted(
        `the data directory ${dataDir} is used by another embedded ClickHouse: stop it or choose another directory`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return file;
}
