/**
 * Two clients of the receiver: OpenTelemetry's own JavaScript exporter (protobuf), and plain HTTP (JSON, sometimes gzip).
 * Both send the same request again until it is accepted, as exporters do, for as long as the check allows.
 */
import { gzipSync } from "node:zlib";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from "@opentelemetry/sdk-logs";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { TimedOut } from "../client.ts";
import type { CheckEvent } from "./events.ts";

/** Why a request is sent again. `status` and `retryAfter`: of an answer to plain HTTP. */
export interface Refusal {
  readonly why: string;
  readonly status?: number;
  readonly retryAfter?: string | null;
}

export interface SendOptions {
  readonly otlpUrl: string;
  readonly pipelineId: string;
  /** Milliseconds since start after which sending gives up. */
  readonly deadlineMs: number;
  readonly batch: number;
  readonly onRetry?: (refusal: Refusal) => void;
  readonly pace?: () => Promise<void>;
}

/** Plain HTTP. */
export async function sendJson(events: readonly CheckEvent[], options: SendOptions): Promise<void> {
  let n = 0;
  for (const batch of batches(events, options.batch)) {
    const text = JSON.stringify({ resourceLogs: batch.map(resourceLog) });
    const gzip = n++ % 2 === 1;
    const body = gzip ? gzipSync(text) : new TextEncoder().encode(text);
    await untilAccepted(options, async () => {
      const response = await fetch(`${options.otlpUrl}/v1/logs`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-glassflow-pipeline-id": options.pipelineId,
          ...(gzip ? { "content-encoding": "gzip" } : {}),
        },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(10_000),
      });
      const answer = await response.text();
      const { status } = response;
      if (status === 429 || status >= 502) {
        return { why: `${status} ${answer.slice(0, 200)}`, status, retryAfter: response.headers.get("retry-after") };
      }
      if (!response.ok) throw new Error(`the receiver answers ${response.status}: ${answer.slice(0, 300)}`);
      return null;
    });
  }
}

function resourceLog(event: CheckEvent): unknown {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  return {
    resource: { attributes: [attribute("service.name", event.service)] },
    scopeLogs: [{
      scope: { name: "check" },
      logRecords: [{
        timeUnixNano: event.timeUnixNano,
        severityNumber: event.severityNumber,
        severityText: event.severityText,
        body: { stringValue: event.body },
        attributes: [attribute("event_id", event.id), attribute("amount", event.amount), attribute("note", event.note)],
      }],
    }],
  };
}

/** OpenTelemetry's exporter; one logger provider per service, since the service is an attribute of the resource. */
export async function sendProtobuf(events: readonly CheckEvent[], options: SendOptions): Promise<void> {
  const exporter = new OTLPLogExporter({
    url: `${options.otlpUrl}/v1/logs`,
    headers: { "x-glassflow-pipeline-id": options.pipelineId },
    timeoutMillis: 10_000,
  });
  for (const batch of batches(events, options.batch)) {
    const records = await logRecords(batch);
    await untilAccepted(options, () =>
      new Promise((done) => {
        exporter.export(records, ({ code, error }) =>
          done(code === 0 ? null : { why: error?.message ?? "export failed" }));
      }));
  }
  await exporter.shutdown();
}

type LogRecords = Parameters<LogRecordExporter["export"]>[0];

/** Log records as the SDK makes them. */
async function logRecords(events: readonly CheckEvent[]): Promise<LogRecords> {
  const made: LogRecords = [];
  const collector: LogRecordExporter = {
    export(records, done) {
      made.push(...records);
      done({ code: 0 });
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  for (const [service, own] of Map.groupBy(events, (event) => event.service)) {
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": service }),
      processors: [
        new BatchLogRecordProcessor({ exporter: collector, maxExportBatchSize: 512, maxQueueSize: events.length + 1 }),
      ],
    });
    const logger = provider.getLogger("check");
    for (const event of own) {
      const nanos = BigInt(event.timeUnixNano);
      logger.emit({
        timestamp: [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)],
        severityNumber: event.severityNumber,
        severityText: event.severityText,
        body: event.body,
        attributes: { event_id: event.id, amount: event.amount, note: event.note },
      });
    }
    await provider.forceFlush();
    await provider.shutdown();
  }
  return made;
}

/** `attempt` gives null when accepted, or why it has to be sent again. */
async function untilAccepted(options: SendOptions, attempt: () => Promise<Refusal | null>): Promise<void> {
  await options.pace?.();
  for (let pause = 50;; pause = Math.min(pause * 2, 1_000)) {
    let refusal: Refusal | null;
    try {
      refusal = await attempt();
    } catch (error) {
      // Refused connections and resets while the receiver is started again; anything else is a defect.
      if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
      refusal = { why: error.message };
    }
    if (refusal === null) return;
    options.onRetry?.(refusal);
    if (performance.now() + pause > options.deadlineMs) throw new TimedOut(`not accepted in time: ${refusal.why}`);
    await new Promise((done) => setTimeout(done, pause));
  }
}

function* batches<T>(items: readonly T[], size: number): Iterable<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
