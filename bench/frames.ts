/**
 * Frames over a real nats-server: published to 8 shards in order and one in flight each, as a stage does, received through
 * 8 durable consumers, checked and acknowledged. Publisher and consumers share this process. In the durable profile
 * the server syncs before it confirms. `value`: rows per second, durable profile, frames of 256 KiB, until the last acknowledgement.
 */
import { jetstream, type JetStreamClient, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { join } from "node:path";
import { BlockWriter, StringWriter } from "../pipeline/native/mod.ts";
import { type EncodedFrame, encodeFrame } from "../runtime/frame.ts";
import { connectNats } from "../runtime/nats/connect.ts";
import { deliveries, type ShardConsumerOptions, takeOverConsumer } from "../runtime/nats/consumer.ts";
import { edgeSubject, streamName } from "../runtime/nats/names.ts";
import { OrderedPublisher } from "../runtime/nats/publish.ts";
import { deleteStream, edgeStream, ensureStream } from "../runtime/nats/streams.ts";
import { type NatsProfile, type NatsServer, startNatsServer } from "../runtime/services/nats.ts";
import { MessagePerRow } from "./baseline/message_per_row.ts";
import { type Measured, type Side, significant, takeTurns } from "./measure.ts";
import { Random } from "./random.ts";
import type { Bench } from "./result.ts";

const SHARDS = 8;
const ROW_BYTES = 300;
const KIB = 1024;
/** Per round: 48 MiB of frames, and single messages that take about as long. */
const ROUND_BYTES = 48 * KIB * KIB;
const BASELINE_ROWS: Record<NatsProfile, number> = { durable: 4_000, fast: 10_000 };
const HASH = "be9c0000";

export const bench: Bench = {
  about: "frames through nats-server against one message per row",
  async run(note) {
    const durable = await measureProfile("durable", note);
    const fast = await measureProfile("fast", note);
    const { large, single } = durable;
    return {
      value: Math.round(large.rate),
      unit: "rows/s",
      baseline: Math.round(single.rate),
      ratio: significant(large.rate / single.rate),
      cpu_seconds_per_million_events: {
        ours: large.perMillion("ours"),
        nats: large.perMillion("nats"),
        baseline: single.perMillion("ours"),
        baseline_nats: single.perMillion("nats"),
      },
      row_bytes: ROW_BYTES,
      durable: figures(durable),
      fast: figures(fast),
    };
  },
};

type ProfileFigures = Record<"large" | "medium" | "single", Measured>;

async function measureProfile(profile: NatsProfile, note: (text: string) => void): Promise<ProfileFigures> {
  const folder = await Deno.makeTempDir({ prefix: "glassflow-bench-" });
  let server: NatsServer | undefined;
  let nc: NatsConnection | undefined;
  try {
    server = await startNatsServer({ storeDir: join(folder, "nats"), profile });
    note(`nats-server ${server.version}, profile ${profile}`);
    nc = await connectNats({ servers: server.url }, "bench");
    const edge = await Edge.open(nc);
    const rows = await MessagePerRow.open(nc, rowBytes(1));
    const processes = { ours: [Deno.pid], nats: [server.pid] };
    const side = (frame: EncodedFrame): Side => {
      const count = Math.floor(ROUND_BYTES / frame.payload.length / SHARDS) * SHARDS;
      return { run: () => edge.send(frame, count), processes };
    };
    const measured = await takeTurns({
      large: side(makeFrame(256 * KIB)),
      medium: side(makeFrame(64 * KIB)),
      single: { run: () => rows.send(BASELINE_ROWS[profile]), processes },
    }, { rounds: 5, budgetMs: 20_000 });
    await edge.close();
    await rows.close();
    return measured;
  } finally {
    await nc?.close();
    await server?.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

function figures({ large, medium, single }: ProfileFigures): unknown {
  const one = (measured: Measured) => ({
    rows_per_second: Math.round(measured.rate),
    mib_per_second: significant(measured.mebibytesPerSecond),
    rows_per_cpu_second_with_nats: Math.round(measured.perCpuSecond("ours", "nats")),
    cpu_seconds_per_million: { ours: measured.perMillion("ours"), nats: measured.perMillion("nats") },
    ratio: significant(measured.rate / single.rate),
  });
  return { frames_256_kib: one(large), frames_64_kib: one(medium), single_messages: one(single) };
}

/** Text of one row; differs from row to row, so nothing can share it. */
function rowBytes(seed: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(new Random(seed).hex(ROW_BYTES));
}

/** A frame of about so many bytes. */
function makeFrame(bytes: number): EncodedFrame {
  const writer = new BlockWriter([{ name: "row", type: "String" }]);
  const column = writer.columns[0] as StringWriter;
  const rows = Math.floor(bytes / (ROW_BYTES + 2));
  for (let i = 0; i < rows; i++) column.putSlice(rowBytes(i + 1), 0, ROW_BYTES);
  return encodeFrame({
    layout: "bench",
    origin: "bench",
    prev: -1,
    watermark: rows - 1,
    committed: -1,
    time: 0,
    ...writer.finish(),
    positions: Array.from({ length: rows }, (_, i) => i),
    filtered: [],
    deduplicated: [],
    dead: [],
  });
}

/** One edge with a publisher and a consumer per shard. */
class Edge {
  readonly #stop = new AbortController();
  readonly #publishers: OrderedPublisher[];
  readonly #pumps: Promise<void>[];
  #expected = 0;
  #rows = 0;
  #received = 0;
  #done: () => void = () => {};

  private constructor(readonly nc: NatsConnection, js: JetStreamClient, readonly jsm: JetStreamManager) {
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
    this.#publishers = shards.map((shard) =>
      new OrderedPublisher(js, edgeSubject(HASH, "out", shard), this.#stop.signal)
    );
    this.#pumps = shards.map((shard) =>
      this.#receive({
        nc,
        js,
        jsm,
        stream: streamName(HASH, "out"),
        subject: edgeSubject(HASH, "out", shard),
        stage: "bench",
        shard,
        epoch: 1,
        ackWaitMs: 60_000,
      })
    );
  }

  static async open(nc: NatsConnection): Promise<Edge> {
    const jsm = await jetstreamManager(nc);
    await ensureStream(jsm, edgeStream(HASH, "out", { maxBytes: 1 << 30 }));
    return new Edge(nc, jetstream(nc), jsm);
  }

  /** Sends `count` frames over all shards; resolves when each is received and its acknowledgement has reached the server. */
  async send(frame: EncodedFrame, count: number): Promise<{ events: number; bytes: number }> {
    this.#expected = count;
    this.#received = this.#rows = 0;
    const done = new Promise<void>((resolve) => this.#done = resolve);
    const publishing = this.#publishers.map(async (publisher) => {
      for (let i = 0; i < count / SHARDS; i++) await publisher.publish(frame);
    });
    await Promise.race([Promise.all([done, ...publishing]), ...this.#pumps]);
    await this.nc.flush();
    return { events: this.#rows, bytes: count * frame.payload.length };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#pumps);
    await deleteStream(this.jsm, streamName(HASH, "out"));
  }

  async #receive(options: ShardConsumerOptions): Promise<void> {
    const consumer = await takeOverConsumer(options);
    for await (const delivery of deliveries(consumer, options, this.#stop.signal)) {
      this.#rows += delivery.frame.rows;
      delivery.ack();
      if (++this.#received === this.#expected) this.#done();
    }
  }
}
