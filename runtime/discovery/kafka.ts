/**
 * Looking at brokers on behalf of a client: whether they answer, which topics they have, and some records of one. Nothing is
 * written and no group is joined. Every broker's address is judged before it is connected to, also those that brokers name.
 */
import { Admin, type ClusterMetadata, Consumer } from "@platformatic/kafka";
import { decompress } from "../kafka/compression.ts";
import { KafkaUnavailable, KafkaUnusable } from "../kafka/errors.ts";
import { explain, isRefusal } from "../kafka/explain.ts";
import { type FetchAnswer, rawFetch } from "../kafka/raw_fetch.ts";
import { decodeRecords } from "../kafka/record_batch.ts";
import { hostAndPort, saslOptions, tlsWithName } from "../kafka/security.ts";
import type { KafkaAddress, RecordBatch } from "../kafka/source.ts";
import type { AllowList } from "./allow_list.ts";

export interface Cluster {
  readonly brokers: number;
  readonly topics: number;
}

export interface TopicSummary {
  readonly name: string;
  readonly partitions: number;
}

export interface SampleRequest {
  readonly topic: string;
  /** Default: the first partition with records. */
  readonly partition?: number;
  /** `next`: from `offset` on; `previous`: those before it. Without an offset from the topic's beginning, or its end. */
  readonly direction: "next" | "previous";
  readonly offset?: number;
  readonly limit: number;
}

export interface SampleEvent {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Null: none. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export interface Sample {
  readonly partition: number;
  readonly earliest: number;
  /** The offset that the next record will get. */
  readonly end: number;
  readonly events: readonly SampleEvent[];
}

const FETCH = 1;
const EARLIEST = -2n;
const LATEST = -1n;
const READ_COMMITTED = 1;
const FETCH_BYTES = 1 << 20;
const FETCH_WAIT_MS = 500;
/** Fetches for one sample: a compacted topic may have few records at many offsets. */
const MAX_FETCHES = 20;

export class KafkaDiscovery {
  constructor(readonly address: KafkaAddress, readonly allowed: AllowList, readonly timeoutMs: number) {}

  async cluster(): Promise<Cluster> {
    return await this.#with(async (client) => {
      const { brokers } = await this.#metadata(client, []);
      return { brokers: brokers.size, topics: (await this.#names(client)).length };
    });
  }

  /** Without the cluster's own topics. */
  async topics(): Promise<TopicSummary[]> {
    return await this.#with(async (client) => {
      const names = await this.#names(client);
      const { topics } = await this.#metadata(client, names);
      return names.map((name) => ({ name, partitions: topics.get(name)?.partitionsCount ?? 0 }));
    });
  }

  async sample(request: SampleRequest): Promise<Sample> {
    return await this.#with(async (client) => {
      const { topic } = request;
      const metadata = await this.#metadata(client, [topic]);
      const found = metadata.topics.get(topic);
      if (!found) throw new KafkaUnusable(`topic ${topic} does not exist`);
      if (request.partition !== undefined && request.partition >= found.partitionsCount) {
        throw new KafkaUnusable(`topic ${topic} has the partitions 0 to ${found.partitionsCount - 1}`);
      }
      const starts = await offsets(client, topic, EARLIEST);
      const ends = await offsets(client, topic, LATEST);
      const filled = starts.findIndex((start, partition) => ends[partition] > start);
      const partition = request.partition ?? Math.max(filled, 0);
      const earliest = starts[partition], end = ends[partition];
      const read = (from: number, to: number) =>
        this.#read(
          client,
          metadata,
          topic,
          partition,
          from,
          to,
          request.direction === "next" ? request.limit : Infinity,
        );
      return { partition, earliest, end, events: await around(request, earliest, end, read) };
    });
  }

  async #names(client: Consumer): Promise<string[]> {
    await this.#metadata(client, []);
    const admin = new Admin(this.#options("glassflow-discovery-topics"));
    try {
      return (await admin.listTopics()).filter((name) => !name.startsWith("__")).sort();
    } finally {
      await admin.close();
    }
  }

  /** Also judges what the brokers say where they are. */
  async #metadata(client: Consumer, topics: string[]): Promise<ClusterMetadata> {
    const metadata = await client.metadata({ topics });
    for (const { host } of metadata.brokers.values()) await this.allowed.check(host);
    return metadata;
  }

  /** The first `limit` records from `from` on and before `to`. */
  async #read(
    client: Consumer,
    metadata: ClusterMetadata,
    topic: string,
    partition: number,
    from: number,
    to: number,
    limit: number,
  ): Promise<SampleEvent[]> {
    const { id, partitions } = metadata.topics.get(topic)!;
    const { leader, leaderEpoch } = partitions[partition];
    const broker = metadata.brokers.get(leader);
    if (!broker) throw new KafkaUnavailable(`partition ${partition} of ${topic} has no leader now: try again`);
    const versions = (await client.listApis()).find(({ apiKey }) => apiKey === FETCH);
    const fetch = versions && rawFetch(versions.minVersion, versions.maxVersion);
    if (!fetch) throw new KafkaUnusable("samples need brokers of Kafka 3.1 or newer");
    const connection = await client.connections.get(broker);
    const events: SampleEvent[] = [];
    for (let fetches = 0; from < to && events.length < limit && fetches < MAX_FETCHES; fetches++) {
      const wanted = {
        partition,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset: BigInt(from),
        lastFetchedEpoch: -1,
        partitionMaxBytes: FETCH_BYTES,
      };
      const answer = await fetch.async(
        connection,
        ...[
          FETCH_WAIT_MS,
          1,
          FETCH_BYTES,
          READ_COMMITTED,
          0,
          -1,
          [{ topicId: id, partitions: [wanted] }],
          [],
          "",
        ] as const,
      );
      const [fetched] = (answer as FetchAnswer).partitions;
      if (!fetched || fetched.errorCode !== 0) {
        throw new KafkaUnavailable(`the broker refuses to read ${topic} (code ${fetched?.errorCode ?? "?"})`);
      }
      const { batches, nextOffset } = decodeRecords(fetched.records, from, fetched.aborted, decompress);
      for (const batch of batches) events.push(...eventsOf(batch, from, to));
      if (nextOffset === from) break;
      from = nextOffset;
    }
    return events.slice(0, limit);
  }

  #options(clientId: string) {
    const { address, timeoutMs } = this;
    const sasl = saslOptions(address);
    return {
      clientId,
      bootstrapBrokers: address.brokers.map(hostAndPort),
      ...tlsWithName(address),
      ...(sasl ? { sasl } : {}),
      connectTimeout: timeoutMs,
      timeout: timeoutMs,
      retries: 0,
    };
  }

  async #with<T>(use: (client: Consumer) => Promise<T>): Promise<T> {
    const { address, timeoutMs } = this;
    if (address.mechanism === "GSSAPI") {
      // That library is configured by the process, which serves many clients here.
      throw new KafkaUnusable("brokers with GSSAPI (Kerberos) cannot be looked at from here; a pipeline can read them");
    }
    for (const { host } of address.brokers.map(hostAndPort)) await this.allowed.check(host);
    if (address.oauth) await this.allowed.checkUrl(address.oauth.tokenEndpoint);
    const client = new Consumer({
      ...this.#options("glassflow-discovery"),
      groupId: "glassflow-discovery",
      autocommit: false,
    });
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new KafkaUnavailable(`no answer from ${address.brokers.join(", ")} in ${timeoutMs / 1_000} s`)),
      timeoutMs,
    );
    try {
      const used = use(client);
      used.catch(() => {}); // after the deadline nobody waits for it
      return await Promise.race([used, late.promise]);
    } catch (error) {
      if (error instanceof KafkaUnusable || error instanceof KafkaUnavailable) throw error;
      if (error instanceof Error && "code" in error && error.code === "ADDRESS_FORBIDDEN") throw error;
      const Told = isRefusal(error) ? KafkaUnusable : KafkaUnavailable;
      throw new Told(explain(error, address), { cause: error });
    } finally {
      clearTimeout(timer);
      await client.close(true).catch(() => {}); // nothing depends on it any more
    }
  }
}

async function offsets(client: Consumer, topic: string, timestamp: bigint): Promise<number[]> {
  return ((await client.listOffsets({ topics: [topic], timestamp })).get(topic) ?? []).map(Number);
}

type Read = (from: number, to: number) => Promise<SampleEvent[]>;

/** Backwards from a place: further back until there are enough, since offsets may have gaps. */
async function around(
  { direction, offset, limit }: SampleRequest,
  earliest: number,
  end: number,
  read: Read,
): Promise<SampleEvent[]> {
  if (direction === "next") return await read(Math.max(offset ?? earliest, earliest), end);
  const to = Math.min(offset ?? end, end);
  for (let span = limit;; span *= 8) {
    const from = Math.max(earliest, to - span);
    const events = await read(from, to);
    if (events.length >= limit || from === earliest || span > limit * 4_096) return events.slice(-limit);
  }
}

function eventsOf(
  { bytes, count, offsets, timestamps, keys, values }: RecordBatch,
  from: number,
  to: number,
): SampleEvent[] {
  const slice = (places: Int32Array, i: number) =>
    places[2 * i] < 0 ? null : bytes.slice(places[2 * i], places[2 * i + 1]);
  return Array.from({ length: count }, (_, i) => i)
    .filter((i) => offsets[i] >= from && offsets[i] < to)
    .map((i) => ({ offset: offsets[i], timestamp: timestamps[i], key: slice(keys, i), value: slice(values, i) }));
}
