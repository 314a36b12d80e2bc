/**
 * The source on `kafkajs`, for brokers older than Kafka 3.1 and for comparison: its own protocol, decoding and group
 * (every rebalance takes all partitions away, no static membership). Topic ids and metadata come from the other client, which
 * knows the versions that bear them; without them a topic made anew cannot be told from its predecessor.
 */
import { Buffer } from "node:buffer";
import kafkajs, { type Batch, type Consumer, type KafkaMessage } from "kafkajs";
import { Base } from "@platformatic/kafka";
import type { Log } from "../log.ts";
import { sleep } from "../nats/publish.ts";
import { decompress } from "./compression.ts";
import { atMost } from "./at_most.ts";
import { KafkaUnavailable, KafkaUnusable } from "./errors.ts";
import { explain, isRefusal, isUnknownAddress } from "./explain.ts";
import { hostAndPort, saslOf, saslOptions, tlsOptions, tlsWithName } from "./security.ts";
import { kafkaJsSasl } from "./security/kafkajs_sasl.ts";
import { startOffsets, TOPIC_MARK, topicIdOf } from "./start_offsets.ts";
import type { KafkaSettings, KafkaSource, RecordBatch, SourceListener } from "./source.ts";

const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = kafkajs;

const REFRESH_MS = 5_000;
const FETCH_BYTES = 8 << 20;
const PARTITION_BYTES = 1 << 20;
const CLOSE_WAIT_MS = 5_000;

for (const codec of [CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD] as const) {
  CompressionCodecs[codec] = () => ({
    compress: () => Promise.reject(new TypeError("this client only reads")),
    decompress: (bytes: Buffer) => {
      const plain = decompress(codec, bytes);
      return Promise.resolve(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength));
    },
  });
}

export class KafkaJsSource implements KafkaSource {
  /** Partitions whose start is known. */
  readonly #reading = new Set<number>();
  readonly #paused = new Set<number>();
  readonly #closing = new AbortController();
  #consumer: Consumer | null = null;
  #topicId = "";
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(readonly settings: KafkaSettings, readonly log: Log) {}

  run(listener: SourceListener): Promise<void> {
    this.#running = this.#sessions(listener);
    return this.#running;
  }

  pause(partition: number): void {
    this.#paused.add(partition);
    this.#consumer?.pause([{ topic: this.settings.topic, partitions: [partition] }]);
  }

  resume(partition: number): void {
    this.#paused.delete(partition);
    if (!this.#stopped) this.#consumer?.resume([{ topic: this.settings.topic, partitions: [partition] }]);
  }

  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    if (!this.#consumer) throw new KafkaUnavailable("offsets cannot be committed: no broker is connected");
    const { topic } = this.settings;
    await this.#consumer.commitOffsets(
      [...offsets].map(([partition, offset]) => ({
        topic,
        partition,
        offset: String(offset),
        metadata: TOPIC_MARK + this.#topicId,
      })),
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#consumer?.pause([{ topic: this.settings.topic }]);
  }

  async close(): Promise<void> {
    this.stop();
    this.#closing.abort(new KafkaUnavailable("the source is closed"));
    await this.#running.catch(() => {}); // its caller has the error
  }

  async #sessions(listener: SourceListener): Promise<void> {
    const closing = this.#closing.signal;
    for (let pause = 250; !closing.aborted; pause = Math.min(pause * 2, 5_000)) {
      const began = performance.now();
      const metadata = this.#metadataClient();
      try {
        await this.#session(metadata, listener);
      } catch (error) {
        if (closing.aborted) return;
        if (error instanceof KafkaUnusable || isUnknownAddress(error)) throw error;
        this.log.warn({ err: error }, "the Kafka session ends and starts again");
        listener.waiting(explain(error, this.settings), isRefusal(error));
        if (performance.now() - began > 10_000) pause = 250;
        await sleep(pause, closing).catch(() => {}); // closed meanwhile: the loop ends
      } finally {
        await this.#revoke(listener);
        const consumer = this.#consumer;
        this.#consumer = null;
        await atMost(Promise.allSettled([consumer?.disconnect(), metadata.close()]), CLOSE_WAIT_MS);
      }
    }
  }

  #metadataClient(): Base {
    const sasl = saslOptions(this.settings);
    return new Base({
      clientId: "glassflow-consumer",
      bootstrapBrokers: this.settings.brokers.map(hostAndPort),
      ...tlsWithName(this.settings),
      ...(sasl ? { sasl } : {}),
      retries: 1,
      retryDelay: 250,
    });
  }

  async #topic(metadata: Base) {
    const { topic } = this.settings;
    const found = (await metadata.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic);
    if (!found) throw new KafkaUnavailable(`topic ${topic} does not exist: create it`);
    return found;
  }

  async #session(metadata: Base, listener: SourceListener): Promise<void> {
    const { settings } = this;
    const { topic } = settings;
    const found = await this.#topic(metadata);
    const anew = this.#topicId !== "" && this.#topicId !== found.id;
    this.#topicId = found.id;
    const kafka = this.#client();
    const consumer = this.#consumer = kafka.consumer({
      groupId: settings.groupId,
      sessionTimeout: 30_000,
      heartbeatInterval: 3_000,
      rebalanceTimeout: 30_000,
      metadataMaxAge: REFRESH_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      maxBytesPerPartition: PARTITION_BYTES,
      maxWaitTimeInMs: 500,
      readUncommitted: false,
      retry: { retries: 2, restartOnFailure: () => Promise.resolve(false) },
    });
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {}); // raced below
    const closed = Promise.withResolvers<void>();
    this.#closing.signal.addEventListener("abort", () => closed.resolve(), { once: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => failed.reject(payload.error));
    consumer.on(consumer.events.REBALANCING, () => void this.#revoke(listener));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const partitions = payload.memberAssignment[topic] ?? [];
      // Nothing is read until its start is known.
      consumer.pause([{ topic, partitions }]);
      this.#assign(kafka, consumer, partitions, anew, listener).catch(failed.reject);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: ({ batch }) => Promise.resolve(this.#deliver(batch, listener)),
    });
    while (!this.#closing.signal.aborted) {
      const timer = Promise.withResolvers<void>();
      const id = setTimeout(timer.resolve, REFRESH_MS);
      await Promise.race([timer.promise, closed.promise, failed.promise]).finally(() => clearTimeout(id));
      if (this.#closing.signal.aborted) return;
      const now = await this.#topic(metadata);
      if (now.id !== this.#topicId) {
        throw new KafkaUnavailable("the topic was made anew: it is read from its beginning");
      }
    }
  }

  #client(): InstanceType<typeof Kafka> {
    const { settings } = this;
    const tls = tlsOptions(settings);
    const sasl = saslOf(settings);
    return new Kafka({
      clientId: "glassflow-consumer",
      brokers: settings.brokers.map((broker) => {
        const { host, port } = hostAndPort(broker);
        return `${host}:${port}`;
      }),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 5_000,
      retry: { retries: 2 },
      ...(tls ? { ssl: tls } : {}),
      ...(sasl ? { sasl: clientSasl(sasl) } : {}),
    });
  }

  async #assign(
    kafka: InstanceType<typeof Kafka>,
    consumer: Consumer,
    partitions: readonly number[],
    anew: boolean,
    listener: SourceListener,
  ): Promise<void> {
    const { topic, groupId } = this.settings;
    const admin = kafka.admin();
    try {
      await admin.connect();
      const [fetched] = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: false });
      const committed = new Map(
        (fetched?.partitions ?? []).filter(({ offset }) => Number(offset) >= 0).map((each) => [each.partition, {
          offset: Number(each.offset),
          topicId: topicIdOf(each.metadata),
        }]),
      );
      const initial = anew ? "earliest" : this.settings.initial;
      const { known, missing, place } = startOffsets(partitions, committed, this.#topicId, initial);
      const starts = new Map(known);
      if (missing.length > 0) {
        const ends = await admin.fetchTopicOffsets(topic);
        for (const { partition, low, high } of ends) {
          if (missing.includes(partition)) starts.set(partition, Number(place === "earliest" ? low : high));
        }
        await this.commit(new Map(missing.map((partition) => [partition, starts.get(partition)!])));
      }
      for (const [partition, offset] of starts) {
        consumer.seek({ topic, partition, offset: String(offset) });
        this.#reading.add(partition);
        listener.assigned({ partition, topicId: this.#topicId, offset });
        if (!this.#stopped) consumer.resume([{ topic, partitions: [partition] }]);
      }
      listener.waiting(null);
    } finally {
      await admin.disconnect();
    }
  }

  async #revoke(listener: SourceListener): Promise<void> {
    const partitions = [...this.#reading];
    this.#reading.clear();
    this.#paused.clear();
    if (partitions.length > 0) await listener.revoked(partitions);
  }

  #deliver(batch: Batch, listener: SourceListener): void {
    const { partition } = batch;
    if (!this.#reading.has(partition)) return; // its start is not known yet: it is sought afterwards
    listener.fetched({
      partition,
      batches: [...byBuffer(batch.messages)].map(toBatch),
      nextOffset: Number(batch.lastOffset()) + 1,
      highWatermark: Number(batch.highWatermark),
    });
  }
}

/** Runs of messages whose values lie in one buffer. */
function* byBuffer(messages: readonly KafkaMessage[]): Iterable<readonly KafkaMessage[]> {
  let run: KafkaMessage[] = [];
  let buffer: ArrayBufferLike | null = null;
  for (const message of messages) {
    const own: ArrayBufferLike | null = message.value?.buffer ?? buffer;
    if (own !== buffer && buffer !== null && run.length > 0) {
      yield run;
      run = [];
    }
    buffer = own;
    run.push(message);
  }
  if (run.length > 0) yield run;
}

function toBatch(messages: readonly KafkaMessage[]): RecordBatch {
  const count = messages.length;
  const offsets = new Float64Array(count);
  const timestamps = new Float64Array(count);
  const keys = new Int32Array(count * 2).fill(-1);
  const values = new Int32Array(count * 2).fill(-1);
  let bytes = new Uint8Array(0);
  messages.forEach(({ offset, timestamp, key, value }, i) => {
    offsets[i] = Number(offset);
    timestamps[i] = Number(timestamp);
    if (value === null) return;
    if (bytes.buffer !== value.buffer) bytes = new Uint8Array(value.buffer as ArrayBuffer);
    values[2 * i] = value.byteOffset;
    values[2 * i + 1] = value.byteOffset + value.length;
    if (key === null || key.buffer !== value.buffer) return;
    keys[2 * i] = key.byteOffset;
    keys[2 * i + 1] = key.byteOffset + key.length;
  });
  return { bytes, count, offsets, timestamps, keys, values };
}

function clientSasl(sasl: NonNullable<ReturnType<typeof saslOf>>) {
  if ("exchange" in sasl) return kafkaJsSasl(sasl);
  const { username, password } = sasl;
  switch (sasl.mechanism) {
    case "PLAIN":
      return { mechanism: "plain" as const, username, password };
    case "SCRAM-SHA-256":
      return { mechanism: "scram-sha-256" as const, username, password };
    case "SCRAM-SHA-512":
      return { mechanism: "scram-sha-512" as const, username, password };
  }
}
