/**
 * The whole system on one machine, supervised: nats-server, catalog, ClickHouse, API, receiver, and the pipelines' workers.
 * Parts start in the order in which they need each other and stop in the reverse one; a part that ends by itself is
 * started again on the same data.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { createApi } from "../handlers/api/mod.ts";
import { urlHost } from "../pipeline/config/mod.ts";
import { RECEIVER_VARIABLE, type ReceiverSettings } from "../otlp/settings.ts";
import { stopBundler } from "../runtime/bundle/bundle.ts";
import { pipelineHash } from "../pipeline/config/mod.ts";
import { type Catalog, loadEncryptionKey, openCatalog } from "../runtime/catalog/mod.ts";
import { startEmbeddedClickHouse } from "../runtime/clickhouse/mod.ts";
import { DlqNotFound, DlqReader } from "../runtime/dlq/mod.ts";
import { messageOf } from "../runtime/errors.ts";
import { FAILPOINT_LINE } from "../runtime/failpoint.ts";
import { Buckets } from "../runtime/local/buckets.ts";
import { LocalOrchestrator } from "../runtime/local/orchestrator.ts";
import type { LocalEnvironment } from "../runtime/local/pipeline_runner.ts";
import { hostAndPort } from "../runtime/local/permissions.ts";
import { createLog, type Log } from "../runtime/log.ts";
import { Metrics } from "../runtime/metrics.ts";
import { connectNats } from "../runtime/nats/connect.ts";
import { openBucket } from "../runtime/nats/streams.ts";
import { startNatsServer } from "../runtime/services/nats.ts";
import { type Child, spawnChild } from "../runtime/services/process.ts";
import { scrapeAll } from "./scrape.ts";
import { takeDataDir } from "./data_dir.ts";
import { checkPorts } from "./ports.ts";
import { Supervised } from "./supervised.ts";
import { otelEnvironment } from "../tools/otel.mjs";
import type { SystemSettings } from "./settings.ts";

/** How long servers of a system that crashed may take to leave their ports. */
const LEAVING_MS = 15_000;
/** One look at whether the receiver answers. */
const PROBE_MS = 2_000;

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
}

export interface System {
  readonly apiUrl: string;
  readonly otlpUrl: string;
  readonly natsUrl: string;
  readonly clickhouse: { readonly url: string; readonly user: string; readonly password: string };
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
  const undo: (() => Promise<void>)[] = [stopBundler];
  const step = hooks.onStep ?? (() => {});
  try {
    const dataDir = await takeDataDir(settings.dataDir);
    undo.push(() => dataDir.release());
    await checkPorts(settings, dataDir.crashed ? LEAVING_MS : 1_000);
    const password = await localPassword(settings.dataDir);

    let nats: Supervised | null = null;
    if (!settings.natsUrl) {
      nats = await Supervised.start("nats-server", log, () =>
        startNatsServer({
          storeDir: join(settings.dataDir, "nats"),
          port: settings.natsPort,
          profile: settings.natsProfile,
          onStep: step,
        }));
      undo.push(() => nats!.stop());
    }
    const natsUrl = settings.natsUrl ?? `nats://127.0.0.1:${settings.natsPort}`;

    let clickhouse: Supervised | null = null;
    if (!settings.clickhouseUrl) {
      step("starting the embedded ClickHouse");
      clickhouse = await Supervised.start("clickhouse", log, () =>
        startEmbeddedClickHouse({
          dataDir: join(settings.dataDir, "clickhouse"),
          port: settings.clickhousePort,
          user: CLICKHOUSE_USER,
          password,
        }));
      undo.push(() => clickhouse!.stop());
    }
    const account = settings.clickhouseUrl
      ? { user: settings.clickhouseUser, password: settings.clickhousePassword }
      : { user: CLICKHOUSE_USER, password };
    const clickhouseUrl = settings.clickhouseUrl ?? `http://127.0.0.1:${settings.clickhousePort}`;

    if (settings.natsUrl) step(`connecting to NATS at ${hostAndPort(natsUrl.split(",")[0])}`);
    const nc = await connectNats({ servers: natsUrl }, "glassflow", settings.dependencyWaitMs);
    undo.push(() => nc.close());
    step("opening the catalog");
    const catalog = await openCatalog({
      ...(settings.databaseUrl ? { url: settings.databaseUrl } : { dataDir: join(settings.dataDir, "catalog") }),
      encryptionKey: await loadEncryptionKey((name) => Deno.env.get(name), Deno.readFile),
      connectForMs: settings.dependencyWaitMs,
      onProblem: (message, error) => log.warn({ err: error }, message),
    });
    undo.push(() => catalog.close());

    const otlpUrl = `http://${reachable(settings.hostname)}:${settings.otlpPort}`;
    const orchestrator = new LocalOrchestrator(
      {
        jsm: await jetstreamManager(nc),
        nats: { servers: natsUrl },
        buckets: new Buckets((hash) => openBucket(nc, hash)),
        dataDir: settings.dataDir,
        log,
        logLevel: settings.logLevel,
        streamMaxBytes: settings.streamMaxBytes,
        workerEnv: (service) => settings.ownLogs ? otelEnvironment(otlpUrl, service) : {},
        ...(hooks.failpoints ? { failpoints: hooks.failpoints } : {}),
        onFailpoint: (pipeline, name) => hooks.onFailpoint?.(name, pipeline),
      },
      catalog,
    );
    const dlq = new DlqReader(nc);
    const sweeping = setInterval(() => void sweepDeadLetters(catalog, dlq, log), SWEEP_MS);
    undo.push(() => Promise.resolve(clearInterval(sweeping)));
    const servers = serveApi(settings, catalog, orchestrator, nc, dlq);
    undo.push(async () => void await Promise.all(servers.map((server) => server.shutdown())));
    const apiUrl = `http://${reachable(settings.hostname)}:${settings.apiPorts[0]}`;

    let starts = 0;
    const receiver = await Supervised.start("otlp-receiver", log, () =>
      startReceiver(
        {
          hostname: settings.hostname,
          port: settings.otlpPort,
          nats: { servers: natsUrl },
          apiUrl,
          logLevel: settings.logLevel,
          directoryTtlMs: settings.directoryTtlMs,
          failpoints: hooks.receiverFailpoints?.(starts++) ?? {},
        },
        settings.ownLogs ? otelEnvironment(otlpUrl, "glassflow-receiver") : {},
        hooks.onFailpoint,
      ));
    undo.push(() => receiver.stop());
    undo.push(() => orchestrator.close());
    await orchestrator.resumeAll();
    // The receiver ends before the workers: what it has accepted is in the streams.
    undo.push(() => receiver.stop());

    return {
      apiUrl,
      otlpUrl,
      natsUrl,
      clickhouse: { url: clickhouseUrl, ...account },
      orchestrator,
      nc,
      parts: { nats, clickhouse, receiver },
      log,
      stop: () => unwind(undo, log),
    };
  } catch (error) {
    await unwind(undo, log);
    throw error;
  }
}

/** Undoes in reverse order; an error of one does not keep the others. */
async function unwind(undo: (() => Promise<void>)[], log: Log): Promise<void> {
  for (let last = undo.pop(); last; last = undo.pop()) {
    try {
      await last();
    } catch (error) {
      log.error({ err: error }, "a part could not be stopped in order");
    }
  }
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
        return new Response(await scrapeAll(metrics, [settings.otlpPort, ...ports]), {
          headers: { "content-type": "text/plain; version=0.0.4" },
        });
      },
    )
  );
}

/** Where this machine reaches what listens on `hostname`. */
function reachable(hostname: string): string {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  return hostname === "::" ? "[::1]" : urlHost(hostname);
}

/** The receiver as a sandboxed child; ready when it answers. */
async function startReceiver(
  settings: ReceiverSettings,
  env: Readonly<Record<string, string>>,
  onFailpoint?: (name: string) => void,
): Promise<Child> {
  const net = [
    `${settings.hostname}:${settings.port}`,
    ...settings.nats.servers.split(",").map(hostAndPort),
    hostAndPort(settings.apiUrl),
  ];
  const child = spawnChild({
    name: "otlp-receiver",
    command: Deno.execPath(),
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--quiet",
      `--allow-net=${net.join(",")}`,
      `--allow-env=${RECEIVER_VARIABLE},NODE_V8_COVERAGE`,
      "--allow-sys=hostname",
      fileURLToPath(new URL("../otlp/main.ts", import.meta.url)),
    ],
    env: {
      ...env,
      [RECEIVER_VARIABLE]: JSON.stringify(settings),
      NO_COLOR: "1",
      HOME: Deno.env.get("HOME") ?? "/",
      ...(Deno.env.get("DENO_DIR") ? { DENO_DIR: Deno.env.get("DENO_DIR")! } : {}),
    },
    clearEnv: true,
    onLine: (line, stream) => {
      if (stream === "stdout" && line.startsWith(FAILPOINT_LINE)) {
        child.signal("SIGKILL");
        onFailpoint?.(line.slice(FAILPOINT_LINE.length).trim());
      } else if (line) {
        Deno.stderr.writeSync(encoder.encode(line + "\n"));
      }
    },
  });
  try {
    await child.ready(async () => {
      const url = `http://${reachable(settings.hostname)}:${settings.port}/readyz`;
      const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
      await response.body?.cancel();
      return response.ok ? true : undefined;
    });
  } catch (error) {
    await child.kill();
    throw error;
  }
  return child;
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

const encoder = new TextEncoder();
