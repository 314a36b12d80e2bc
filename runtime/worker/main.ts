/**
 * The generic worker process: reads its settings, checks its bundle against the digest, connects, and runs the stage until
 * it is told to drain (SIGTERM). It knows nothing of the pipeline; the bundle does.
 */
import type { NatsConnection } from "@nats-io/nats-core";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { isFencedOut, messageOf } from "../errors.ts";
import { armFailpoints } from "../failpoint.ts";
import { createLog } from "../log.ts";
import { Metrics } from "../metrics.ts";
import { connectNats } from "../nats/connect.ts";
import { sleep } from "../nats/publish.ts";
import { openBucket } from "../nats/streams.ts";
import type { Stage, WorkerContext, WorkerSettings } from "../stage.ts";
import { loadBundle } from "../bundle/load.ts";
import { serveWorker } from "./http.ts";
import { EXIT, SETTINGS_VARIABLE, statusLine, type WorkerStatus, worst } from "./protocol.ts";

const draining = new AbortController();

async function main(): Promise<number> {
  const text = Deno.env.get(SETTINGS_VARIABLE);
  if (!text) throw new Error(`a worker is started by its supervisor, which sets ${SETTINGS_VARIABLE}`);
  const settings = JSON.parse(text) as WorkerSettings;
  armFailpoints(settings.failpoints);
  const log = createLog(settings.stage, settings.logLevel, {
    pipeline_id: settings.pipelineId,
    replica: String(settings.replica),
  });
  const parts = new Map<string, WorkerStatus>();
  const report: WorkerContext["report"] = (part, status) => {
    const before = parts.get(part);
    if (before?.state === status.state && before.reason === status.reason) return;
    parts.set(part, { part, ...status });
    Deno.stdout.writeSync(encoder.encode(statusLine({ part, ...status })));
  };
  const metrics = new Metrics({ pipeline_id: settings.pipelineId, replica: String(settings.replica) });
  let stage: Stage;
  try {
    stage = await loadBundle(settings.bundle.path, settings.bundle.digest);
  } catch (error) {
    log.fatal({ err: error }, "the bundle cannot be loaded");
    return EXIT.unusable;
  }
  const server = serveWorker(settings.httpPort, {
    stage,
    metrics,
    status: () => worst(parts.values()),
    drain: () => draining.abort(),
  });
  const clients = settings.kafka ? await import("../kafka/mod.ts") : null;
  const registry = settings.registry ? await import("../schema_registry/mod.ts") : null;
  const engine = stage.stateful ? await import("../state/mod.ts") : null;
  const name = `${settings.stage}-${settings.pipelineId}-${settings.replica}`;
  const nc = await connectNats(settings.nats, name, CONNECT_WAIT_MS, draining.signal);
  try {
    const context: WorkerContext = {
      settings,
      nc,
      js: jetstream(nc),
      jsm: await jetstreamManager(nc),
      kv: await openBucket(nc, settings.hash),
      log,
      metrics,
      draining: draining.signal,
      // Loaded only where there is state: the SQLite engine is native code and needs permissions of its own.
      get state() {
        if (!engine) throw new Error("this stage keeps no state");
        return engine;
      },
      ...(clients ? { kafka: clients } : {}),
      ...(registry ? { registry } : {}),
      report,
    };
    await Promise.race([stage.run(context), lostForGood(nc)]);
    await flush(nc);
    report("worker", { state: "stopped" });
    return EXIT.drained;
  } catch (error) {
    if (draining.signal.aborted && error === draining.signal.reason) return EXIT.drained;
    const fenced = isFencedOut(error);
    log[fenced ? "warn" : "error"]({ err: error }, fenced ? "another owner took over" : "the worker fails");
    report("worker", { state: "stopped", reason: messageOf(error) });
    return fenced ? EXIT.fenced : EXIT.failed;
  } finally {
    await nc.close();
    await server.shutdown();
  }
}

/** Rejects when the client has given the connection up, as it does when its credentials are refused. */
async function lostForGood(nc: NatsConnection): Promise<never> {
  const error = await nc.closed();
  throw new Error(`the connection to NATS is closed for good: ${error ? messageOf(error) : "no reason given"}`);
}

/** Acknowledgements of what was handled last are on their way; without them it is delivered again, and trimmed. */
async function flush(nc: NatsConnection): Promise<void> {
  await Promise.race([nc.flush(), sleep(FLUSH_WAIT_MS)]);
}

const CONNECT_WAIT_MS = 120_000;
const FLUSH_WAIT_MS = 2_000;
const encoder = new TextEncoder();

for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => draining.abort());

if (import.meta.main) {
  let code: number;
  try {
    code = await main();
  } catch (error) {
    Deno.stderr.writeSync(encoder.encode(`worker: ${messageOf(error)}\n`));
    code = EXIT.failed;
  }
  Deno.exit(code);
}
