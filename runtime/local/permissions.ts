/**
 * The Deno permissions of a worker: exactly the addresses, files, variables and system calls its stage needs. Hardening, not
 * a wall: the SQLite engine of stateful stages and the system's Kerberos library are native code and outside the sandbox.
 */
import { fileURLToPath } from "node:url";
import { dirname } from "node:path";
import type { WorkerSettings } from "../stage.ts";
import { SETTINGS_VARIABLE } from "../worker/protocol.ts";

/** Of a process without TMPDIR. */
const TEMPORARY = "/tmp";

/** `brokers`: `host:port` of those that an ingest worker may have to connect to. */
export function workerPermissions(
  settings: WorkerSettings,
  stateful: boolean,
  brokers: readonly string[] = [],
): string[] {
  const net = [
    ...settings.nats.servers.split(",").map(hostAndPort),
    `127.0.0.1:${settings.httpPort}`,
    ...(settings.clickhouse ? [hostAndPort(settings.clickhouse.url)] : []),
    ...(settings.registry ? [hostAndPort(settings.registry.url)] : []),
    ...brokers,
  ];
  const flags = [
    `--allow-net=${net.join(",")}`,
    // NODE_V8_COVERAGE is looked up by the logger's loader.
    // A Kafka client's logger lists all variables, of which a worker is given few.
    settings.kafka ? "--allow-env" : `--allow-env=${SETTINGS_VARIABLE},NODE_V8_COVERAGE`,
    `--allow-sys=hostname${stateful ? ",cpus" : ""}`,
  ];
  const read = [settings.bundle.path];
  if (settings.kafka) read.push(codecFile());
  if (settings.kafka?.kerberos) {
    // Keytab and configuration are files while a login lasts.
    read.push(TEMPORARY);
    // Structures for native code cannot be made with leave for one library alone.
    flags.push(`--allow-write=${TEMPORARY}`, "--allow-ffi");
  }
  if (stateful && settings.stateDir && settings.stateEngine) {
    read.push(settings.stateDir, dirname(dirname(settings.stateEngine)));
    flags.push(`--allow-write=${settings.stateDir}`, `--allow-ffi=${settings.stateEngine}`);
  }
  flags.push(`--allow-read=${read.join(",")}`);
  return flags;
}

/** `host:port` of an address, with the scheme's default port. */
export function hostAndPort(address: string): string {
  const url = new URL(address.includes("://") ? address : `nats://${address}`);
  const port = url.port || { "http:": "80", "https:": "443", "nats:": "4222", "tls:": "4222" }[url.protocol] || "";
  return `${url.hostname}:${port}`;
}

/** WebAssembly of the Kafka client's codecs. */
function codecFile(): string {
  return fileURLToPath(new URL("native.wasm", import.meta.resolve("@platformatic/wasm-utils")));
}

/** The one native file that stateful stages load. */
export function sqliteBinding(): string {
  const entry = fileURLToPath(import.meta.resolve("better-sqlite3"));
  const root = entry.slice(0, entry.lastIndexOf("better-sqlite3") + "better-sqlite3".length);
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const musl = Deno.build.os === "linux" && Deno.build.target.includes("musl") ? "musl" : "";
  return `${root}/prebuilds/${Deno.build.os}${musl}-${arch}.node`;
}
