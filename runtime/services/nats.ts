/**
 * A `nats-server` of our own with JetStream on the loopback address.
 *
 * Promises: `startNatsServer` returns when clients can connect and JetStream has recovered its store; the server never
 * outlives this process; the same store folder can be used again after `stop`, `kill` or a crash; two servers never
 * share a store folder.
 */
import { join } from "node:path";
import { findNatsServer, type NatsBinary } from "./nats_binary.ts";
import { ended } from "./leftover.ts";
import { freePort, portIsFree } from "./ports.ts";
import { type Child, ChildExited, spawnChild } from "./process.ts";

export { findNatsServer, NATS_VERSION, type NatsBinary, NatsServerNotFound } from "./nats_binary.ts";

/**
 * When JetStream syncs files to disk. `durable`: before a publish is confirmed, so a power cut loses nothing.
 * `fast`: every two minutes; a crash of the process loses nothing, a power cut may lose confirmed messages.
 */
export type NatsProfile = "durable" | "fast";

export interface NatsOptions {
  /** Holds the store, the server's configuration file and a lock. Made when missing. */
  readonly storeDir: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly profile?: NatsProfile;
  /** Serves /healthz, /jsz and so on, on the loopback address, when given. */
  readonly monitoringPort?: number;
  readonly auth?: { readonly user: string; readonly password: string } | { readonly token: string };
  /** Bytes. Default 8 MiB. */
  readonly maxPayload?: number;
  /** Most bytes JetStream may keep on disk. Default: the server's own choice (¾ of what is free). */
  readonly maxStoreBytes?: number;
  /** Default: one that no other server has. */
  readonly serverName?: string;
  /** Default: found by `findNatsServer`. */
  readonly binary?: NatsBinary;
  readonly onLine?: (line: string) => void;
  readonly onStep?: (what: string) => void;
  readonly readyTimeoutMs?: number;
}

export interface NatsServer {
  /** `nats://127.0.0.1:<port>`, without credentials. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  readonly storeDir: string;
  readonly exited: Child["exited"];
  /** The server's last log lines. */
  lines(): string[];
  /** SIGTERM, wait, SIGKILL when it does not leave. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would be. */
  kill(): Promise<void>;
  /** The same server again on the same store and port, after `stop` or `kill` (stops it first when it runs). */
  restart(): Promise<NatsServer>;
}

/** Another server uses the port or the store folder. */
export class NatsAlreadyRunning extends Error {
  override readonly name = "NatsAlreadyRunning";
}

export class NatsStoreUnusable extends Error {
  override readonly name = "NatsStoreUnusable";
}

const LEAVING_MS = 15_000;
/** Ports tried when any will do: somebody may take one between the look and the server's start. */
const PORTS_TRIED = 5;

export async function startNatsServer(options: NatsOptions): Promise<NatsServer> {
  for (let left = PORTS_TRIED - 1;; left--) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (options.port !== undefined || left === 0 || !isPortTaken(error)) throw error;
    }
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof ChildExited && error.lines.some((line) => line.includes("address already in use"));
}

async function startOnce(options: NatsOptions): Promise<NatsServer> {
  const binary = options.binary ?? await findNatsServer(options.onStep);
  const port = options.port ?? freePort();
  if (!portIsFree(port)) {
    throw new NatsAlreadyRunning(`port ${port} on 127.0.0.1 is in use: stop what listens there or choose another port`);
  }
  await makeStore(options.storeDir);
  const lock = await lockStore(options.storeDir);
  const name = options.serverName ?? `glassflow-${crypto.randomUUID()}`;
  let child: Child | undefined;
  try {
    const configFile = join(options.storeDir, "nats-server.conf");
    const pidFile = join(options.storeDir, "nats-server.pid");
    // A server whose parent died a moment ago may still be leaving.
    if (!await ended(pidFile, configFile, LEAVING_MS)) throw storeInUse(options.storeDir);
    await Deno.writeTextFile(configFile, natsConfig({ ...options, serverName: name }, port), { mode: 0o600 });
    child = spawnChild({
      name: "nats-server",
      command: binary.path,
      args: ["--config", configFile, "--pid", pidFile],
      onLine: options.onLine,
      stopTimeoutMs: 20_000,
    });
    await child.ready(() => greeting(port, name), { timeoutMs: options.readyTimeoutMs ?? 60_000 });
  } catch (error) {
    await child?.kill();
    lock.close();
    throw error;
  }
  const running = child;
  running.exited.then(() => lock.close());
  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    port,
    pid: running.pid,
    version: binary.version,
    storeDir: options.storeDir,
    exited: running.exited,
    lines: () => running.lines(),
    stop: async () => void await running.stop(),
    kill: async () => void await running.kill(),
    restart: async () => {
      await running.stop();
      return await startNatsServer({ ...options, port, binary });
    },
  };
  return server;
}

/** The server's configuration file. JSON strings are valid strings in it. */
export function natsConfig(options: NatsOptions, port: number): string {
  const lines = [
    `server_name: ${JSON.stringify(options.serverName ?? "glassflow")}`,
    `listen: "127.0.0.1:${port}"`,
    `max_payload: ${options.maxPayload ?? 8 * 1024 * 1024}`,
    "jetstream {",
    `  store_dir: ${JSON.stringify(join(options.storeDir, "data"))}`,
    `  sync_interval: ${options.profile === "fast" ? '"2m"' : "always"}`,
  ];
  if (options.maxStoreBytes !== undefined) lines.push(`  max_file_store: ${options.maxStoreBytes}`);
  lines.push("}");
  if (options.monitoringPort !== undefined) lines.push(`http: "127.0.0.1:${options.monitoringPort}"`);
  if (options.auth !== undefined) {
    const entries = Object.entries(options.auth).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    lines.push(`authorization { ${entries.join(", ")} }`);
  }
  return lines.join("\n") + "\n";
}

async function makeStore(storeDir: string): Promise<void> {
  try {
    await Deno.mkdir(storeDir, { recursive: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NatsStoreUnusable(`the store ${storeDir} cannot be used (${why}): make it a folder that can be written`, {
      cause,
    });
  }
}

/** The kernel gives the lock back when this process ends, however it ends. */
async function lockStore(storeDir: string): Promise<Deno.FsFile> {
  const file = await Deno.open(join(storeDir, "lock"), { write: true, create: true });
  if (await file.tryLock(true)) return file;
  file.close();
  throw storeInUse(storeDir);
}

function storeInUse(storeDir: string): NatsAlreadyRunning {
  return new NatsAlreadyRunning(
    `the store ${storeDir} is used by another nats-server: stop it or choose another folder`,
  );
}

/**
 * A NATS server greets a client with INFO and JSON; it does so only once JetStream has recovered. Another server on the port
 * has another name.
 */
async function greeting(port: number, name: string): Promise<true | undefined> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let text = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  while (!text.includes("\r\n")) {
    const read = await connection.read(buffer);
    if (read === null) return undefined;
    text += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
  if (!text.startsWith("INFO {")) return undefined;
  const info: unknown = JSON.parse(text.slice("INFO ".length, text.indexOf("\r\n")));
  const { jetstream, server_name } = info as Record<string, unknown>;
  return jetstream === true && server_name === name ? true : undefined;
}
