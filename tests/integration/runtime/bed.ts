/** A pipeline's streams and bucket on a real server, frames made by hand, and ways to wait without counting time. */
import { jetstream, type JetStreamClient, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { BlockWriter, FixedWriter, StringWriter } from "../../../pipeline/native/mod.ts";
import { type DeadRow, encodeFrame, type Frame } from "../../../runtime/frame.ts";
import { connectNats } from "../../../runtime/nats/connect.ts";
import { bucketName, dlqStream, type Edge, edgeSubject, streamName } from "../../../runtime/nats/names.ts";
import { publish } from "../../../runtime/nats/publish.ts";
import { deadLetterStream, deleteStream, edgeStream, ensureStream, openBucket } from "../../../runtime/nats/streams.ts";
import type { NatsServer } from "../../../runtime/services/nats.ts";

export interface Pipeline {
  readonly hash: string;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly kv: KV;
  /** Publishes a frame on a shard of an edge; its sequence. */
  send(edge: Edge, shard: number, frame: Frame): Promise<number>;
  /** Messages that the edge still holds. */
  depth(edge: Edge): Promise<number>;
}

/** Streams `in`, `out` and the DLQ, made for one test and deleted after it (unless `keep`: the server goes anyway). */
export async function withPipeline<T>(
  server: NatsServer,
  use: (pipeline: Pipeline) => Promise<T>,
  limits: Partial<Record<Edge | "dlq", number>> & { readonly keep?: boolean } = {},
): Promise<T> {
  const hash = crypto.randomUUID().slice(0, 8);
  const nc = await connectNats({ servers: server.url }, `test-${hash}`);
  const js = jetstream(nc);
  const jsm = await jetstreamManager(nc);
  for (const edge of ["in", "out"] as const) {
    await ensureStream(jsm, edgeStream(hash, edge, { maxBytes: limits[edge] ?? -1 }));
  }
  await ensureStream(jsm, deadLetterStream(hash, { maxBytes: limits.dlq ?? -1 }));
  const pipeline: Pipeline = {
    hash,
    nc,
    js,
    jsm,
    kv: await openBucket(nc, hash),
    send: async (edge, shard, frame) => (await publish(js, edgeSubject(hash, edge, shard), encodeFrame(frame))).seq,
    depth: async (edge) => (await jsm.streams.info(streamName(hash, edge))).state.messages,
  };
  try {
    return await use(pipeline);
  } finally {
    const names = [streamName(hash, "in"), streamName(hash, "out"), dlqStream(hash), `KV_${bucketName(hash)}`];
    if (!limits.keep) { for (const name of names) await deleteStream(jsm, name); }
    await nc.close();
  }
}

export const LAYOUT = "rows-1";
export const COLUMNS = [{ name: "id", type: "Int64" }, { name: "text", type: "String" }] as const;

export interface FrameOptions {
  readonly origin?: string;
  /** Position of the first row. */
  readonly from: number;
  /** Position of each row: `from` + index, left out where filtered or dead. */
  readonly rows: number;
  readonly prev?: number;
  readonly committed?: number;
  readonly dead?: readonly number[];
  readonly filtered?: readonly number[];
  /** The text of a row; default `row <position>`. */
  readonly text?: (position: number) => string;
}

/** A frame over positions `from` … `from + rows − 1`; the id of a row is its position. */
export function frameOf(options: FrameOptions): Frame {
  const { origin = "o", from, rows, dead = [], filtered = [], text = (position) => `row ${position}` } = options;
  const all = Array.from({ length: rows }, (_, i) => from + i);
  const positions = all.filter((position) => !dead.includes(position) && !filtered.includes(position));
  const writer = new BlockWriter(COLUMNS);
  const [ids, texts] = writer.columns;
  if (!(ids instanceof FixedWriter) || !(texts instanceof StringWriter)) throw new TypeError("other columns");
  for (const position of positions) {
    ids.putBigInt(BigInt(position));
    texts.putText(text(position));
  }
  const { block, columnLengths } = writer.finish();
  return {
    layout: LAYOUT,
    origin,
    prev: options.prev ?? from - 1,
    watermark: from + rows - 1,
    committed: options.committed ?? -1,
    time: 1_700_000_000_000,
    rows: positions.length,
    block: positions.length === 0 ? new Uint8Array() : block,
    columnLengths: positions.length === 0 ? [] : columnLengths,
    positions,
    filtered,
    deduplicated: [],
    dead: dead.map((position): DeadRow => ({
      position,
      component: "dedup",
      reason: "transform_error",
      error: "dead when it came",
      original: new TextEncoder().encode(`{"id":${position}}`),
    })),
  };
}

/** Looks until the condition holds; the test's own time-out is the runner's. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let left = 1_000; !await condition(); left--) {
    if (left === 0) throw new Error(`it did not come about that ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
