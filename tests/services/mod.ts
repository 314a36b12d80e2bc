/**
 * Real servers for tests. `withNats`, `withClickHouse` and `withPostgres` lend one to a function: by default a shared
 * one, started on first use and ended with the test file; with `isolated` one of its own, which the test may kill.
 *
 *     Deno.test("publishes", () => withNats(async ({ url }) => { … }));
 *
 * A test that needs what this machine may lack is declared with `serviceTest`: it is skipped by name with the reason,
 * and with CI=true it fails instead.
 */
import { createClient } from "@clickhouse/client";
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from "../../runtime/clickhouse/mod.ts";
import { findNatsServer } from "../../runtime/services/nats_binary.ts";
import { type NatsOptions, type NatsServer, startNatsServer } from "../../runtime/services/nats.ts";
import { findPostgres, type Postgres, startPostgres } from "../../runtime/services/postgres.ts";
import { findKafka } from "./kafka_artifacts.ts";
import { findKdc } from "./kdc.ts";

export interface Isolation {
  /** A server of its own, on an empty store. */
  readonly isolated?: boolean;
}

export interface ClickHouseForTest {
  readonly url: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** An empty database that only this function uses; dropped afterwards. */
  readonly database: string;
  readonly server: EmbeddedClickHouse;
  /** For a restart of an isolated server after `server.kill()`: the same folder and port. */
  restart(): Promise<ClickHouseForTest>;
}

export type ServiceName = "nats" | "postgres" | "kafka" | "kdc";

const FINDERS: Readonly<Record<ServiceName, () => Promise<unknown>>> = {
  nats: findNatsServer,
  postgres: findPostgres,
  kafka: findKafka,
  kdc: findKdc,
};

const sharedEnds: (() => void)[] = [];
globalThis.addEventListener("unload", () => {
  for (const end of sharedEnds) end();
});

/** Lends a NATS server with JetStream. The shared one does not sync to disk at each message. */
export async function withNats<T>(
  use: (server: NatsServer) => Promise<T>,
  options: Isolation & Partial<Omit<NatsOptions, "storeDir">> = {},
): Promise<T> {
  const { isolated, ...own } = options;
  if (!isolated) {
    if (Object.keys(own).length > 0) throw new TypeError("options of the server need `isolated: true`");
    return await use(await sharedNats());
  }
  const storeDir = await Deno.makeTempDir({ prefix: "nats-" });
  const server = await startNatsServer({ ...own, storeDir });
  try {
    return await use(server);
  } finally {
    await endAndRemove(server, storeDir);
  }
}

/** Lends the embedded ClickHouse with an empty database. */
export async function withClickHouse<T>(
  use: (server: ClickHouseForTest) => Promise<T>,
  options: Isolation = {},
): Promise<T> {
  if (!options.isolated) return await inDatabase(await sharedClickHouse(), use);
  const folder = await Deno.makeTempDir({ prefix: "clickhouse-" });
  const first = await openClickHouse(folder);
  let latest = first;
  const follow = (lent: ClickHouseForTest): ClickHouseForTest => ({
    ...lent,
    restart: async () => {
      latest = await openClickHouse(folder, latest.server.port);
      return follow({ ...lent, server: latest.server });
    },
  });
  try {
    return await inDatabase(first, (lent) => use(follow(lent)), false);
  } finally {
    await latest.server.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Lends a PostgreSQL cluster. */
export async function withPostgres<T>(use: (server: Postgres) => Promise<T>, options: Isolation = {}): Promise<T> {
  if (!options.isolated) return await use(await sharedPostgres());
  const server = await startPostgres();
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

/** Why a service cannot be had here; undefined when it can. */
export async function missing(service: ServiceName): Promise<string | undefined> {
  try {
    await FINDERS[service]();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Declares a test that needs services. Without them it is skipped, its name says why; with CI=true it fails. */
export function serviceTest(name: string, services: readonly ServiceName[], run: () => Promise<void>): void {
  Deno.test(name, async (test) => {
    for (const service of services) {
      const reason = await missing(service);
      if (reason === undefined) continue;
      if (Deno.env.get("CI") === "true") throw new Error(`${service} is needed and cannot be had: ${reason}`);
      const shown = reason.split("\n").map((line) => line.trim()).join(" ");
      await test.step({ name: `skipped, no ${service}: ${shown}`, ignore: true, fn: () => {} });
      return;
    }
    await run();
  });
}

let nats: Promise<NatsServer> | undefined;
function sharedNats(): Promise<NatsServer> {
  nats ??= (async () => {
    const storeDir = await Deno.makeTempDir({ prefix: "nats-" });
    const server = await startNatsServer({ storeDir, profile: "fast" });
    endWithFile(server, storeDir);
    return server;
  })();
  return nats;
}

interface OpenClickHouse {
  readonly server: EmbeddedClickHouse;
  readonly user: string;
  readonly password: string;
}

const USER = "glassflow";
const PASSWORD = crypto.randomUUID();

let clickhouse: Promise<OpenClickHouse> | undefined;
function sharedClickHouse(): Promise<OpenClickHouse> {
  clickhouse ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "clickhouse-" });
    const open = await openClickHouse(folder);
    endWithFile(open.server, folder);
    return open;
  })();
  return clickhouse;
}

async function openClickHouse(dataDir: string, port?: number): Promise<OpenClickHouse> {
  const server = await startEmbeddedClickHouse({ dataDir, port, user: USER, password: PASSWORD });
  return { server, user: USER, password: PASSWORD };
}

let databases = 0;
async function inDatabase<T>(
  open: OpenClickHouse,
  use: (lent: ClickHouseForTest) => Promise<T>,
  drop = true,
): Promise<T> {
  const { server, user, password } = open;
  const database = `test_${Deno.pid}_${databases++}`;
  const client = createClient({ url: server.url, username: user, password });
  try {
    await client.command({ query: `CREATE DATABASE ${database}` });
    const restart = () => Promise.reject(new TypeError("a restart needs `isolated: true`"));
    const result = await use({ url: server.url, port: server.port, user, password, database, server, restart });
    if (drop) await client.command({ query: `DROP DATABASE ${database}` });
    return result;
  } finally {
    await client.close();
  }
}

let postgres: Promise<Postgres> | undefined;
function sharedPostgres(): Promise<Postgres> {
  postgres ??= (async () => {
    const server = await startPostgres();
    endWithFile(server, server.folder);
    return server;
  })();
  return postgres;
}

async function endAndRemove(server: NatsServer, folder: string): Promise<void> {
  await server.stop();
  await Deno.remove(folder, { recursive: true });
}

/** Shared servers end with the test file; only synchronous work can be done then. */
function endWithFile(server: { readonly pid: number; readonly exited: Promise<unknown> }, folder: string): void {
  let running = true;
  server.exited.then(() => running = false);
  sharedEnds.push(() => {
    if (running) Deno.kill(server.pid, "SIGKILL");
    for (let left = 50;; left--) {
      try {
        return Deno.removeSync(folder, { recursive: true });
      } catch (error) {
        // The process may still be writing its last file: look again.
        if (left === 0) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  });
}
