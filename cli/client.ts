/** The few requests the command line makes of its own system. */
import { messageOf } from "../runtime/errors.ts";

/** Rejects with the status and body of any answer but 2xx. */
export async function apiRequest(apiUrl: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(apiUrl + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** An address that takes no packets would keep a request for minutes. */
const STATEMENT_MS = 30_000;

/** ClickHouse's HTTP interface and an account there. */
export interface ClickHouseAccount {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** The sink's `connection_params` for it. */
export function connectionParams({ url, user, password }: ClickHouseAccount): Record<string, unknown> {
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === "https:";
  return {
    host: hostname,
    port: secure ? "9440" : "9000",
    http_port: port || (secure ? "443" : "80"),
    database: "default",
    username: user,
    password,
    secure,
  };
}

/** One statement; the answer's text. */
export async function runSql({ url, user, password }: ClickHouseAccount, sql: string): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: "POST",
      body: sql,
      headers: { "X-ClickHouse-User": user, "X-ClickHouse-Key": password },
      signal: AbortSignal.timeout(STATEMENT_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw new ClickHouseUnreachable(`cannot reach ClickHouse at ${url}: ${messageOf(cause)}`, { cause });
  }
  if (!response.ok) throw new Error(`ClickHouse at ${url} answers ${response.status} ${text.slice(0, 500).trim()}`);
  return text;
}

/** It does not answer; it may in a while. */
export class ClickHouseUnreachable extends Error {
  override readonly name = "ClickHouseUnreachable";
}

/** Something did not happen in the time it was given. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/** @throws {TimedOut} */
export async function waitFor<T>(
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  timeoutMs: number,
  what: string,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (performance.now() > until) {
      throw new TimedOut(`waited ${Math.round(timeoutMs)} ms for ${what}; it is ${JSON.stringify(value)}`);
    }
    await new Promise((next) => setTimeout(next, 50));
  }
}
