/**
 * Frozen baseline, run as a process of its own: OTLP/JSON in, JSON.parse, a JSON message per event on a stream, JSON.parse
 * again, duplicates dropped by a set, and INSERT … FORMAT JSONEachRow. It does in one process what the product's stages
 * do in several, and keeps its set in memory only.
 */
import { createClient } from "@clickhouse/client";
import {
  AckPolicy,
  type ConsumerMessages,
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { eventTexts } from "./events_as_json.ts";

export interface NaiveSettings {
  readonly port: number;
  readonly natsUrl: string;
  readonly clickhouse: { readonly url: string; readonly user: string; readonly password: string };
  readonly table: string;
}

export const NAIVE_VARIABLE = "GLASSFLOW_BENCH_NAIVE";
const STREAM = "bench-naive";
const SUBJECT = "bench.naive";
const BATCH_ROWS = 5_000;
const BATCH_MS = 500;

interface Event {
  readonly timestamp: string;
  readonly severity_number: number;
  readonly severity_text: string;
  readonly body: string;
  readonly trace_id: string;
  readonly span_id: string;
  readonly resource_attributes: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
}

async function main(settings: NaiveSettings): Promise<void> {
  const nc = await connect({ servers: settings.natsUrl });
  await createStream(nc);
  const js = jetstream(nc);
  const encoder = new TextEncoder();
  const consumer = await js.consumers.get(STREAM, "naive");
  const writing = write(await consumer.consume({ max_messages: BATCH_ROWS * 2 }), settings);
  const server = Deno.serve({ hostname: "127.0.0.1", port: settings.port, onListen: () => {} }, async (request) => {
    if (request.method !== "POST") return new Response("ready");
    const texts = eventTexts(JSON.parse(await request.text()));
    await Promise.all(texts.map((text) => js.publish(SUBJECT, encoder.encode(text), { timeout: 30_000 })));
    return new Response("{}");
  });
  Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
  await Promise.race([writing, server.finished]);
}

async function createStream(nc: NatsConnection): Promise<void> {
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({
    name: STREAM,
    subjects: [SUBJECT],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
  });
  await jsm.consumers.add(STREAM, {
    durable_name: "naive",
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: BATCH_ROWS * 4,
  });
}

/** Batches by size and by time; acknowledged when written. */
async function write(messages: ConsumerMessages, { clickhouse, table }: NaiveSettings): Promise<void> {
  const client = createClient({ url: clickhouse.url, username: clickhouse.user, password: clickhouse.password });
  const seen = new Set<string>();
  let waiting: JsMsg[] = [];
  let inserting: Promise<void> = Promise.resolve();
  const flush = () => {
    if (waiting.length === 0) return inserting;
    const batch = waiting;
    waiting = [];
    inserting = inserting.then(async () => {
      const rows: unknown[] = [];
      for (const message of batch) {
        const event = message.json<Event>();
        const id = event.attributes.event_id;
        if (seen.has(id)) continue;
        seen.add(id);
        rows.push(toRow(id, event));
      }
      await client.insert({ table, values: rows, format: "JSONEachRow" });
      for (const message of batch) message.ack();
    });
    return inserting;
  };
  setInterval(() => void flush(), BATCH_MS);
  for await (const message of messages) {
    waiting.push(message);
    if (waiting.length >= BATCH_ROWS) await flush();
  }
}

function toRow(event_id: string, event: Event): unknown {
  const nanos = BigInt(event.timestamp);
  const whole = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19).replace("T", " ");
  return {
    event_id,
    timestamp: `${whole}.${String(nanos % 1_000_000_000n).padStart(9, "0")}`,
    severity_number: event.severity_number,
    severity_text: event.severity_text,
    service: event.resource_attributes["service.name"],
    body: event.body,
    trace_id: event.trace_id,
    span_id: event.span_id,
    resource_attributes: event.resource_attributes,
    attributes: event.attributes,
  };
}

if (import.meta.main) await main(JSON.parse(Deno.env.get(NAIVE_VARIABLE)!));
