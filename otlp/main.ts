/**
 * The receiver process: OTLP/HTTP on one port, JetStream behind it. Stateless; any number may run. SIGTERM: refuses new
 * requests with 503, answers those inside, then ends.
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { messageOf } from "../runtime/errors.ts";
import { armFailpoints, failpoint } from "../runtime/failpoint.ts";
import { type EncodedFrame, encodeFrame, ONCE } from "../runtime/frame.ts";
import { createLog } from "../runtime/log.ts";
import { Metrics } from "../runtime/metrics.ts";
import { connectNats } from "../runtime/nats/connect.ts";
import { stopServer } from "../runtime/services/http_server.ts";
import { INSTANCE_HEADER } from "../runtime/services/instance.ts";
import { publish } from "../runtime/nats/publish.ts";
import { ApiDirectory } from "./api_directory.ts";
import { CachedDirectory } from "./directory.ts";
import { Receiver } from "./receiver.ts";
import { RECEIVER_VARIABLE, type ReceiverSettings } from "./settings.ts";

/** How often NATS is asked whether it is there, and how old an answer may be. */
const PROBE_MS = 5_000;
const HEALTHY_MS = 15_000;
/** Shorter than the receiver's patience, so that a lost answer can be tried again. */
const PUBLISH_TIMEOUT_MS = 2_000;

async function main(): Promise<number> {
  const text = Deno.env.get(RECEIVER_VARIABLE);
  if (!text) throw new Error(`the receiver is started by its supervisor, which sets ${RECEIVER_VARIABLE}`);
  const settings = JSON.parse(text) as ReceiverSettings;
  armFailpoints(settings.failpoints);
  const log = createLog("otlp-receiver", settings.logLevel);
  const nc = await connectNats(settings.nats, "otlp-receiver");
  const js = jetstream(nc);
  const jsm = await jetstreamManager(nc);
  let confirmed = performance.now();
  const probe = setInterval(() => {
    jsm.getAccountInfo().then(() => confirmed = performance.now(), (error) => log.warn({ err: error }, "NATS is away"));
  }, PROBE_MS);
  const receiver = new Receiver<EncodedFrame>({
    directory: new CachedDirectory(new ApiDirectory(settings.apiUrl), { ttlMs: settings.directoryTtlMs ?? 60_000 }),
    publisher: {
      async publish(subject, frame, messageId) {
        failpoint("receiver.before_publish");
        await publish(js, subject, frame, { messageId, timeoutMs: PUBLISH_TIMEOUT_MS });
        failpoint("receiver.after_publish");
      },
    },
    encode: ({ rows, block, columnLengths }, pipeline, receivedAt) =>
      encodeFrame({
        layout: pipeline.layoutDigest,
        origin: ONCE,
        prev: -1,
        watermark: -1,
        committed: -1,
        time: receivedAt,
        rows,
        block,
        columnLengths,
        positions: [],
        filtered: [],
        deduplicated: [],
        dead: [],
      }),
    metrics: new Metrics(),
    healthy: () => performance.now() - confirmed < HEALTHY_MS,
    limits: settings.limits,
    onError: (error, pipelineId) => log.error({ pipeline_id: pipelineId, err: error }, "a request fails"),
  });
  const stop = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.resolve());
  const server = Deno.serve(
    { hostname: settings.hostname, port: settings.port, onListen: () => {} },
    async (request) => {
      const response = await receiver.fetch(request);
      if (request.url.endsWith("/readyz")) response.headers.set(INSTANCE_HEADER, settings.instance);
      return response;
    },
  );
  log.info({ port: settings.port }, "receiving OTLP logs over HTTP");
  await stop.promise;
  clearInterval(probe);
  await receiver.close();
  await stopServer(server);
  await nc.drain();
  return 0;
}

if (import.meta.main) {
  let code = 1;
  try {
    code = await main();
  } catch (error) {
    console.error(`otlp-receiver: ${messageOf(error)}`);
  }
  Deno.exit(code);
}
