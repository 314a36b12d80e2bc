/**
 * Reads ClickHouse's HTTP interface: who asks, which parameters, and the body.
 *
 * Parameters of the interface itself are listed here; every other URL parameter is a setting, and `param_x` a value for
 * `{x:Type}`. What this server does not offer is refused by name, never ignored.
 */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { exception } from "./errors.ts";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface Parameters {
  readonly query: string;
  readonly queryId?: string;
  readonly database?: string;
  readonly defaultFormat: string;
  readonly settings: Map<string, string>;
  readonly parameters: Map<string, string>;
}

/** Parameters of the interface that change nothing here. */
const WITHOUT_EFFECT = new Set([
  "user",
  "password",
  "quota_key",
  "client_protocol_version",
  "stacktrace",
  "wait_end_of_query",
  "buffer_size",
  "enable_http_compression",
  "http_zlib_compression_level",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "cancel_http_readonly_queries_on_client_close",
  "close_session",
  "session_timeout",
  "session_check",
]);

const NOT_OFFERED: Readonly<Record<string, string>> = {
  session_id: "sessions: send each statement with its own settings",
  compress: "ClickHouse's own compression of responses",
  decompress: "ClickHouse's own compression of requests: use Content-Encoding: gzip",
  role: "roles",
};

/** Throws code 516 unless the request bears the right user and password, in any of ClickHouse's three ways. */
export function authenticate(request: Request, url: URL, expected: Credentials): void {
  const given = credentials(request, url);
  const same = [sameText(given.user, expected.user), sameText(given.password, expected.password)];
  if (same.every(Boolean)) return;
  throw exception(
    516,
    "AUTHENTICATION_FAILED",
    `${given.user}: Authentication failed: password is incorrect, or there is no user with such name`,
  );
}

function credentials(request: Request, url: URL): Credentials {
  const { headers } = request;
  if (headers.has("x-clickhouse-user") || headers.has("x-clickhouse-key")) {
    return {
      user: headers.get("x-clickhouse-user") ?? "default",
      password: headers.get("x-clickhouse-key") ?? "",
    };
  }
  const basic = /^basic\s+(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, "base64").toString("utf8");
    const colon = text.indexOf(":");
    return { user: colon < 0 ? text : text.slice(0, colon), password: colon < 0 ? "" : text.slice(colon + 1) };
  }
  return { user: url.searchParams.get("user") ?? "default", password: url.searchParams.get("password") ?? "" };
}

/** Takes the same time whatever the texts hold. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

export function readParameters(request: Request, url: URL): Parameters {
  const settings = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (name === "query" || name === "query_id" || name === "database" || name === "default_format") continue;
    if (WITHOUT_EFFECT.has(name)) continue;
    if (Object.hasOwn(NOT_OFFERED, name)) {
      const off = value === "" || value === "0";
      if (off) continue;
      throw exception(48, "NOT_IMPLEMENTED", `The embedded server does not offer ${NOT_OFFERED[name]}`);
    }
    if (name.startsWith("param_")) parameters.set(name.slice("param_".length), value);
    else settings.set(name, value);
  }
  const text = (name: string, header: string) => url.searchParams.get(name) || request.headers.get(header) || undefined;
  return {
    query: url.searchParams.get("query") ?? "",
    queryId: url.searchParams.get("query_id") || undefined,
    database: text("database", "x-clickhouse-database"),
    defaultFormat: formatName(text("default_format", "x-clickhouse-format") ?? "TabSeparated"),
    settings,
    parameters,
  };
}

function formatName(name: string): string {
  if (/^[A-Za-z0-9_]+$/.test(name)) return name;
  throw exception(73, "UNKNOWN_FORMAT", `Unknown format ${JSON.stringify(name)}`);
}

/** The body, uncompressed, cut off with an error beyond `maxBytes`. */
export function bodyStream(request: Request, maxBytes: number): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
  if (request.headers.get("content-type")?.startsWith("multipart/")) {
    throw exception(48, "NOT_IMPLEMENTED", "The embedded server does not take multipart bodies (external tables)");
  }
  if (request.body === null) return undefined;
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  let body: ReadableStream<Uint8Array<ArrayBuffer>> = request.body;
  if (encoding === "gzip" || encoding === "deflate") body = body.pipeThrough(new DecompressionStream(encoding));
  else if (encoding !== "identity" && encoding !== "") {
    throw exception(48, "NOT_IMPLEMENTED", `Content-Encoding ${encoding} is not known here: send gzip or plain`);
  }
  let bytes = 0;
  return body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) {
          const message = `The request body is larger than ${maxBytes} bytes: send less at once, or raise the limit`;
          throw exception(307, "TOO_MANY_BYTES", message);
        }
        controller.enqueue(chunk);
      },
    }),
  );
}

/** A whole body in memory. */
export async function readBody(stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined): Promise<Buffer> {
  if (stream === undefined) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
