/**
 * The whole system on one machine, supervised: nats-server, catalog, ClickHouse, API, receiver, and the pipelines' workers.
 * Parts start in the order in which they need each other and stop in the reverse one; a part that ends by itself is
 * started again on the same data.
 */
import { join } from "node:path";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { createApi } from "../handlers/api/mod.ts";
import { stopBundler } from "../runtime/bundle/bundle.ts";
import { pipelineHash } from "../pipeline/config/mod.ts";
import { type Catalog, loadEncryptionKey, openCatalog } from "../runtime/catalog/mod.ts";
import { startEmbeddedClickHouse } from "../runtime/clickhouse/mod.ts";
import { DlqNotFound, DlqReader } from "../runtime/dlq/mod.ts";
import { messageOf } from "../runtime/errors.ts";
import { Buckets } from "../runtime/local/buckets.ts";
import { LocalOrchestrator } from "../runtime/local/orchestrator.ts";
import type { LocalEnvironment } from "../runtime/local/pipeline_runner.ts";
import { createLog, type Log } from "../runtime/log.ts";
import { Metrics } from "../runtime/metrics.ts";
import { connectNats } from "../runtime/nats/connect.ts";
import { openBucket } from "../runtime/nats/streams.ts";
import { findNatsServer, startNatsServer } from "../runtime/services/nats.ts";
import type { ClickHouseAccount } from "./client.ts";
import { stopServer } from "../runtime/services/http_server.ts";
import { natsAddress } from "./addresses.ts";
import { startReceiver } from "./receiver.ts";
import { scrapeAll } from "./scrape.ts";
import { takeDataDir } from "./data_dir.ts";
import { checkPorts } from "./ports.ts";
import { Supervised } from "./supervised.ts";
import { Teardown, unlessAborted } from "./teardown.ts";
import { otelEnvironment, reachable } from "../tools/otel.mjs";
import type { SystemSettings } from "./settings.ts";

/** How long servers of a system that crashed may take to leave their ports. */
const LEAVING_MS = 15_000;

/** The embedded ClickHouse's account. It listens on loopback only. */
export const CLICKHOUSE_USER = "default";

/** How often consumed dead letters are looked through. */
const SWEEP_MS = 3_600_000;

/** Tests arm failpoints and hear of them. */
export interface SystemHooks {
  readonly failpoints?: LocalEnvironment["failpoints"];
  readonly receiverFailpoints?: (start: number) => Readonly<Record<string, number>>;
  /** A process was killed there; `pipeline` is the worker's, the receiver has none. */
  readonly onFailpoint?: (name: string, pipeline?: string) => void;
  readonly onStep?: (what: string) => void;
  /** Gives the start up: nothing is waited for any more, and what is there is ended. */
  readonly signal?: AbortSignal;
}

/** The key is not the one that the catalog's secrets were stored with. */
export class WrongKey extends Error {
  override readonly name = "WrongKey";
}

export interface System {
  readonly apiUrl: string;
  readonly otlpUrl: string;
  readonly natsUrl: string;
  readonly clickhouse: ClickHouseAccount;
  readonly orchestrator: LocalOrchestrator;
  readonly nc: NatsConnection;
  /** Embedded parts, for tests that stop and kill them. */
  readonly parts: {
    readonly nats: Supervised | null;
    readonly clickhouse: Supervised | null;
    readonly receiver: Supervised;
  };
  readonly log: Log;
  stop(): Promise<void>;
}

export async function startSystem(settings: SystemSettings, hooks: SystemHooks = {}): Promise<System> {
  const log = createLog("glassflow", settings.logLevel);
  const { signal } = hooks;
  const teardown = new Teardown(log, signal);
  teardown.push(stopBundler);
  const step = hooks.onStep ?? (() => {});
  try {
    const dataDir = await takeDataDir(settings.dataDir);
    teardown.push(() => dataDir.release());
    await checkPorts(settings, dataDir.crashed ? LEAVING_MS : 1_000, signal);
    const password = await localPassword(settings.dataDir);
    const encryptionKey = await loadEncryptionKey((name) => Deno.env.get(name), Deno.readFile);

    let nats: Supervised | null = null;
    if (!settings.natsUrl) {
      const binary = await unlessAborted(findNatsServer(step, signal), signal);
      const starting = Supervised.start("nats-server", log, () =>
        startNatsServer({
          storeDir: join(settings.dataDir, "nats"),
          port: settings.natsPort,
          profile: settings.natsProfile,
          binary,
        }));
      nats = await teardown.keep(starting, (part) => part.stop());
    }
    const natsUrl = settings.natsUrl ?? `nats://127.0.0.1:${settings.natsPort}`;
    const natsServers = natsAddress(natsUrl);

    let clickhouse: Supervised | null = null;
    if (!settings.clickhouseUrl) {
      step("starting the embedded ClickHouse");
      const starting = Supervised.start("clickhouse", log, () =>
        startEmbeddedClickHouse({
          dataDir: join(settings.dataDir, "clickhouse"),
          port: settings.clickhousePort,
          user: CLICKHOUSE_USER,
          password,
        }));
      clickhouse = await teardown.keep(starting, (part) => part.stop());
    }
    const account = settings.clickhouseUrl
      ? { user: settings.clickhouseUser, password: settings.clickhousePassword }
      : { user: CLICKHOUSE_USER, password };
    const clickhouseUrl = settings.clickhouseUrl ?? `http://127.0.0.1:${settings.clickhousePort}`;

    if (settings.natsUrl) step(`connecting to NATS at ${natsServers.servers}`);
    const connecting = connectNats(natsServers, "glassflow", settings.dependencyWaitMs, signal);
    const nc = await teardown.keep(connecting, (made) => made.close(), 0);
    step("opening the catalog");
    const opening = openCatalog({
      ...(settings.databaseUrl ? { url: settings.databaseUrl } : { dataDir: join(settings.dataDir, "catalog") }),
      encryptionKey,
      connectForMs: settings.dependencyWaitMs,
      ...(signal ? { signal } : {}),
      onProblem: (message, error) => log.warn({ err: error }, message),
    });
    const catalog = await teardown.keep(opening, (made) => made.close(), settings.databaseUrl ? 0 : undefined);
    await refuseWrongKey(catalog, encryptionKey !== null);

    const otlpUrl = `http://${reachable(settings.hostname)}:${settings.otlpPort}`;
    const orchestrator = new LocalOrchestrator(
      {
        jsm: await managerOf(nc, natsServers.servers),
        nats: natsServers,
        buckets: new Buckets((hash) => openBucket(nc, hash)),
        dataDir: settings.dataDir,
        log,
        logLevel: settings.logLevel,
        kafkaClient: settings.kafkaClient,
        streamMaxBytes: settings.streamMaxBytes,
        workerEnv: (service) => settings.ownLogs ? otelEnvironment(otlpUrl, service) : {},
        ...(hooks.failpoints ? { failpoints: hooks.failpoints } : {}),
        onFailpoint: (pipeline, name) => hooks.onFailpoint?.(name, pipeline),
      },
      catalog,
    );
    const dlq = new DlqReader(nc);
    const sweeping = setInterval(() => void sweepDeadLetters(catalog, dlq, log), SWEEP_MS);
    teardown.push(() => Promise.resolve(clearInterval(sweeping)));
    const servers = serveApi(settings, otlpUrl, catalog, orchestrator, nc, dlq);
    teardown.push(() => Promise.all(servers.map((server) => stopServer(server))));
    const apiUrl = `http://${reachable(settings.hostname)}:${settings.apiPorts[0]}`;

    let starts = 0;
    const starting = Supervised.start("otlp-receiver", log, () =>
      startReceiver({
        settings: {
          hostname: settings.hostname,
          port: settings.otlpPort,
          nats: natsServers,
          apiUrl,
          logLevel: settings.logLevel,
          directoryTtlMs: settings.directoryTtlMs,
          failpoints: hooks.receiverFailpoints?.(starts++) ?? {},
        },
        env: settings.ownLogs ? otelEnvironment(otlpUrl, "glassflow-receiver") : {},
        ...(hooks.onFailpoint ? { onFailpoint: hooks.onFailpoint } : {}),
      }));
    const receiver = await teardown.keep(starting, (part) => part.stop());
    teardown.push(() => orchestrator.close());
    await orchestrator.resumeAll();
    // The receiver ends before the workers: what it has accepted is in the streams.
    teardown.push(() => receiver.stop());

    return {
      apiUrl,
      otlpUrl,
      natsUrl: natsServers.servers,
      clickhouse: { url: clickhouseUrl, ...account },
      orchestrator,
      nc,
      parts: { nats, clickhouse, receiver },
      log,
      stop: () => teardown.unwind(),
    };
  } catch (error) {
    await teardown.unwind();
    throw error;
  }
}

/** A server without JetStream answers, and can do nothing for us. */
export class NoJetStream extends Error {
  override readonly name = "NoJetStream";
}

async function managerOf(nc: NatsConnection, servers: string): Promise<JetStreamManager> {
  try {
    return await jetstreamManager(nc);
  } catch (cause) {
    throw new NoJetStream(
      `NATS at ${servers} offers no JetStream (${
        messageOf(cause)
      }): start nats-server with -js or a jetstream block in ` +
        "its configuration, and let this account use it, or set GLASSFLOW_NATS_URL to another server",
      { cause },
    );
  }
}

/** With another key nothing stored could be used, and what is stored now could not be read later. */
async function refuseWrongKey(catalog: Catalog, given: boolean): Promise<void> {
  if (await catalog.keyFits()) return;
  throw new WrongKey(
    `the catalog's passwords were encrypted with ${
      given ? "another" : "a"
    } key: set GLASSFLOW_ENCRYPTION_KEY, or the ` +
      "file that GLASSFLOW_ENCRYPTION_KEY_PATH names, to the key that they were stored with" +
      (given ? "" : " (there is no key now)"),
  );
}

/** Dead letters that were taken out long ago are kept only as identities; in a while they go. */
async function sweepDeadLetters(catalog: Catalog, dlq: DlqReader, log: Log): Promise<void> {
  try {
    for (const { id } of await catalog.list()) await dlq.sweep(pipelineHash(id));
  } catch (error) {
    if (!(error instanceof DlqNotFound)) log.warn({ err: error }, "dead letters could not be swept");
  }
}

function serveApi(
  settings: SystemSettings,
  otlpUrl: string,
  catalog: Catalog,
  orchestrator: LocalOrchestrator,
  nc: NatsConnection,
  dlq: DlqReader,
): Deno.HttpServer[] {
  const metrics = new Metrics();
  const api = createApi({
    catalog,
    orchestrator,
    dlq,
    log: createLog("api", settings.logLevel),
    metrics,
    readiness: { nats: () => nc.flush() },
  });
  return settings.apiPorts.map((port) =>
    Deno.serve(
      { hostname: settings.hostname, port, onListen: () => {} },
      async (request, info) => {
        if (request.method !== "GET" || URL.parse(request.url)?.pathname !== "/metrics") {
          return await api.fetch(request, info);
        }
        const ports = [...orchestrator.workers()].flatMap((stage) => stage.metricsPorts);
        const workers = ports.map((port) => `http://127.0.0.1:${port}`);
        return new Response(await scrapeAll(metrics, [otlpUrl, ...workers]), {
          headers: { "content-type": "text/plain; version=0.0.4" },
        });
      },
    )
  );
}

/** A password of this installation's own, for the embedded ClickHouse. */
async function localPassword(dataDir: string): Promise<string> {
  const path = join(dataDir, "clickhouse-password");
  try {
    const password = (await Deno.readTextFile(path)).trim();
    if (password !== "") return password;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new Error(`cannot read ${path} (${messageOf(error)}): make it readable, or move it away and start again`);
    }
  }
  const password = crypto.randomUUID().replaceAll("-", "");
  await Deno.writeTextFile(path, password + "\n", { mode: 0o600 });
  return password;
}
