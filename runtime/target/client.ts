/** A ClickHouse client for one target, and what its errors are. Addresses may be shown; credentials never. */
import { Agent } from "node:https";
import { type ClickHouseClient, ClickHouseError, createClient } from "@clickhouse/client";
import type { ClickHouseAddress } from "../stage.ts";

export function connectTarget(address: ClickHouseAddress, requestTimeoutMs = 120_000): ClickHouseClient {
  return createClient({
    url: address.url,
    username: address.username,
    password: address.password,
    request_timeout: requestTimeoutMs,
    application: "glassflow",
    max_open_connections: 4,
    keep_alive: { enabled: true, idle_socket_ttl: 1_500 },
    log: { level: 127 }, // errors come back to the caller, who knows what they mean
    ...(address.url.startsWith("https:") && address.skipCertificateVerification
      ? { http_agent: new Agent({ rejectUnauthorized: false, keepAlive: true }) }
      : {}),
  });
}

/** ClickHouse's error code, or null when the server gave no answer of its own. */
export function errorCode(error: unknown): number | null {
  if (error instanceof ClickHouseError) {
    const code = Number(error.code);
    return Number.isInteger(code) ? code : null;
  }
  return null;
}

/** The embedded engine names the file through which rows reach it. */
const ENGINE_FILE = /:? ?\(in file\/uri [^)]*\)/;

/** One line for a person: the server's words without its stack, or the network's. */
export function errorText(error: unknown, address: Pick<ClickHouseAddress, "url">): string {
  if (error instanceof ClickHouseError) {
    const type = error.type ? ` (${error.type})` : "";
    const said = error.message.split("\n")[0].replace(ENGINE_FILE, "").slice(0, 500);
    return `code: ${error.code}, message: ${said}${type}`;
  }
  const text = error instanceof Error ? (error.message || error.constructor.name) : String(error);
  return `cannot reach ClickHouse at ${address.url}: ${text.split("\n")[0].slice(0, 300)}`;
}
