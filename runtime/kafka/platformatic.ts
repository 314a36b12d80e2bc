/**
 * The source on `@platformatic/kafka`: its group membership (cooperative, static), metadata and connections; fetching,
 * decoding and offsets are our own, for bytes without an object per record and for offsets that belong to a topic's id.
 */
import { type Broker, type ClusterMetadata, ConnectionPool, Consumer } from "@platformatic/kafka";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { sleep } from "../nats/publish.ts";
import { decompress } from "./compression.ts";
import { atMost } from "./at_most.ts";
import { KafkaUnavailable, KafkaUnusable } from "./errors.ts";
import { explain, isRefusal, isUnknownAddress } from "./explain.ts";
import { GroupOffsets } from "./group_offsets.ts";
import { type FetchAnswer, type FetchedPartition, rawFetch } from "./raw_fetch.ts";
import { decodeRecords, offsetBehind } from "./record_batch.ts";
import { hostAndPort, saslOptions, tlsWithName } from "./security.ts";
import type { KafkaSettings, KafkaSource, SourceListener } from "./source.ts";

const CLIENT_ID = "glassflow-consumer";
const SESSION_TIMEOUT_MS = 30_000;
const HEARTBEAT_MS = 3_000;
const REBALANCE_TIMEOUT_MS = 30_000;
/** How often topic id, partitions and leaders are looked at. */
const REFRESH_MS = 5_000;
const FETCH_WAIT_MS = 500;
const FETCH_BYTES = 8 << 20;
const PARTITION_BYTES = 1 << 20;
const CLOSE_WAIT_MS = 5_000;
const READ_COMMITTED = 1;

const OFFSET_OUT_OF_RANGE = 1;
const CORRUPT_MESSAGE = 2;
const TOPIC_AUTHORIZATION_FAILED = 29;
const FETCH_API = 1;

/** A partition that is read. */
interface Reading {
  readonly partition: number;
  position: number;
  leader: number;
  epoch: number;
  paused: boolean;
  /** Why nothing of it can be read until a person acts. */
  stuck: string | null;
  /** Its beginning is being looked up. */
  looking: boolean;
}

interface Session {
  readonly consumer: Consumer;
  readonly fetching: ConnectionPool;
  readonly offsets: GroupOffsets;
  readonly ended: AbortController;
  readonly failed: PromiseWithResolvers<never>;
  readonly loops: Map<number, Promise<void>>;
  readonly fetch: NonNullable<ReturnType<typeof rawFetch>>;
  /** Partitions the topic had when the group was joined last. */
  joinedWith: number;
}

export class PlatformaticSource implements KafkaSource {
  readonly #reading = new Map<number, Reading>();
  readonly #closing = new AbortController();
  #session: Session | null = null;
  #metadata: ClusterMetadata | null = null;
  #topicId = "";
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  /** Wakes the membership loop, and fetch loops without work. */
  #change = Promise.withResolvers<void>();

  constructor(readonly settings: KafkaSettings, readonly log: Log) {}

  run(listener: SourceListener): Promise<void> {
    this.#running = this.#sessions(listener);
    return this.#running;
  }

  pause(partition: number): void {
    const reading = this.#reading.get(partition);
    if (reading) reading.paused = true;
  }

  resume(partition: number): void {
    const reading = this.#reading.get(partition);
    if (!reading?.paused) return;
    reading.paused = false;
    this.#wake();
  }

  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const session = this.#session;
    if (!session) throw new KafkaUnavailable("offsets cannot be committed: no broker is connected");
    await session.offsets.commit(offsets, this.#topicId, this.#brokers());
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async close(): Promise<void> {
    this.stop();
    this.#closing.abort(new KafkaUnavailable("the source is closed"));
    await this.#running.catch(() => {}); // its caller has the error
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async #sessions(listener: SourceListener): Promise<void> {
    const closing = this.#closing.signal;
    for (let pause = 250; !closing.aborted; pause = Math.min(pause * 2, 5_000)) {
      const began = performance.now();
      try {
        await this.#run(listener);
      } catch (error) {
        if (closing.aborted) return;
        if (error instanceof KafkaUnusable || isUnknownAddress(error)) throw error;
        this.log.warn({ err: error }, "the Kafka session ends and starts again");
        listener.waiting(explain(error, this.settings), isRefusal(error));
        if (performance.now() - began > 10_000) pause = 250;
        await sleep(pause, closing).catch(() => {}); // closed meanwhile: the loop ends
      } finally {
        await this.#end(listener);
      }
    }
  }

  async #run(listener: SourceListener): Promise<void> {
    const session = this.#session = await this.#open();
    const { consumer, failed } = session;
    const closed = Promise.withResolvers<void>();
    this.#closing.signal.addEventListener("abort", () => closed.resolve(), { once: true });
    for (const event of ["consumer:group:join", "consumer:group:rebalance"] as const) {
      consumer.on(event, () => this.#wake());
    }
    consumer.on("error", (error: unknown) => failed.reject(error));
    consumer.topics.trackAll(this.settings.topic);
    session.joinedWith = (await this.#refresh(session)).partitionsCount;
    await consumer.joinGroup({});
    while (!this.#closing.signal.aborted) {
      const changed = this.#change.promise;
      await Promise.race([this.#reconcile(session, listener), failed.promise]);
      const timer = Promise.withResolvers<void>();
      const id = setTimeout(timer.resolve, REFRESH_MS);
      await Promise.race([changed, timer.promise, closed.promise, failed.promise]).finally(() => clearTimeout(id));
    }
  }

  async #open(): Promise<Session> {
    const { settings } = this;
    const sasl = saslOptions(settings);
    const security = { ...tlsWithName(settings), ...(sasl ? { sasl } : {}) };
    const consumer = new Consumer({
      ...security,
      clientId: CLIENT_ID,
      bootstrapBrokers: settings.brokers.map(hostAndPort),
      groupId: settings.groupId,
      groupInstanceId: settings.instanceId,
      protocols: [{ name: "cooperative-sticky", version: 3 }],
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      isolationLevel: READ_COMMITTED,
      autocommit: false,
      retries: 1,
      retryDelay: 250,
      metadataMaxAge: REFRESH_MS,
    });
    try {
      const apis = await consumer.listApis();
      const versions = apis.find(({ apiKey }) => apiKey === FETCH_API);
      const fetch = versions ? rawFetch(versions.minVersion, versions.maxVersion) : null;
      if (!fetch) {
        throw new KafkaUnusable(
          "the brokers are older than Kafka 3.1, which the client `platformatic` needs: choose the client `kafkajs`",
        );
      }
      return {
        consumer,
        fetch,
        // A long fetch would hold up whatever follows it on its connection.
        fetching: new ConnectionPool(CLIENT_ID, security),
        offsets: new GroupOffsets(consumer, new ConnectionPool(CLIENT_ID, security), settings.topic, apis),
        ended: new AbortController(),
        failed: unhandled(Promise.withResolvers<never>()),
        loops: new Map(),
        joinedWith: 0,
      };
    } catch (error) {
      await atMost(consumer.close(), CLOSE_WAIT_MS);
      throw error;
    }
  }

  /** What was read ends; the group is left when the source closes. */
  async #end(listener: SourceListener): Promise<void> {
    const session = this.#session;
    if (!session) return;
    session.ended.abort();
    this.#wake();
    await this.#revoke([...this.#reading.keys()], listener);
    this.#session = null;
    await atMost(
      Promise.allSettled([session.consumer.close(true), session.fetching.close(), session.offsets.close()]),
      CLOSE_WAIT_MS,
    );
    await atMost(Promise.allSettled(session.loops.values()), CLOSE_WAIT_MS);
  }

  async #refresh({ consumer }: Session) {
    const { topic } = this.settings;
    const metadata = this.#metadata = await consumer.metadata({ topics: [topic], forceUpdate: true });
    const found = metadata.topics.get(topic);
    if (!found) throw new KafkaUnavailable(`topic ${topic} does not exist: create it`);
    return found;
  }

  #brokers(): ReadonlyMap<number, Broker> {
    return this.#metadata?.brokers ?? new Map();
  }

  /** Makes what is read follow topic and group. */
  async #reconcile(session: Session, listener: SourceListener): Promise<void> {
    const { consumer } = session;
    const { topic } = this.settings;
    const found = await this.#refresh(session);
    const anew = this.#topicId !== "" && found.id !== this.#topicId;
    if (anew) {
      this.log.warn({ topic }, "the topic was made anew: it is read from its beginning");
      await this.#revoke([...this.#reading.keys()], listener);
    }
    this.#topicId = found.id;
    if (found.partitionsCount !== session.joinedWith) {
      session.joinedWith = found.partitionsCount;
      await consumer.joinGroup({});
    }
    const owned = new Set(consumer.assignments?.find((each) => each.topic === topic)?.partitions ?? []);
    const gone = [...this.#reading.keys()].filter((partition) => !owned.has(partition));
    if (gone.length > 0) await this.#revoke(gone, listener);
    const fresh = [...owned].filter((each) => !this.#reading.has(each) && each < found.partitionsCount);
    if (fresh.length > 0) await this.#assign(session, fresh, found.partitionsCount, anew, listener);
    for (const reading of this.#reading.values()) {
      const { leader, leaderEpoch } = found.partitions[reading.partition];
      reading.leader = leader;
      reading.epoch = leaderEpoch;
      if (!session.loops.has(leader) && this.#brokers().has(leader)) {
        session.loops.set(leader, this.#fetchLoop(session, leader, listener).catch(session.failed.reject));
      }
    }
    if (!session.ended.signal.aborted) this.#say(listener);
    this.#wakeLoops();
  }

  /** A partition that is stuck keeps the source blocked, whatever else flows. */
  #say(listener: SourceListener): void {
    const stuck = [...this.#reading.values()].find((reading) => reading.stuck !== null)?.stuck ?? null;
    listener.waiting(stuck, stuck !== null);
  }

  #wakeLoops(): void {
    this.#fetchChange.resolve();
    this.#fetchChange = Promise.withResolvers();
  }

  #fetchChange = Promise.withResolvers<void>();

  async #revoke(partitions: readonly number[], listener: SourceListener): Promise<void> {
    if (partitions.length === 0) return;
    for (const partition of partitions) this.#reading.delete(partition);
    await listener.revoked(partitions);
  }

  async #assign(
    session: Session,
    partitions: readonly number[],
    count: number,
    anew: boolean,
    listener: SourceListener,
  ): Promise<void> {
    const initial = anew ? "earliest" : this.settings.initial;
    const starts = await session.offsets.starts(partitions, count, this.#topicId, initial, this.#brokers());
    for (const [partition, position] of starts) {
      this.#reading.set(partition, {
        partition,
        position,
        leader: -1,
        epoch: -1,
        paused: false,
        stuck: null,
        looking: false,
      });
      listener.assigned({ partition, topicId: this.#topicId, offset: position });
    }
  }

  /** Fetches from one broker until the session ends: the next request is on its way while an answer is decoded. */
  async #fetchLoop(session: Session, node: number, listener: SourceListener): Promise<void> {
    let pending = this.#ask(session, node);
    for (let failures = 0;;) {
      let asked: Asked | null;
      try {
        asked = await pending;
        if (asked === null) return;
        if (failures > 0) this.#say(listener);
        failures = 0;
      } catch (error) {
        if (session.ended.signal.aborted) return;
        if (isUnknownAddress(error)) throw error;
        failures++;
        listener.waiting(explain(error, this.settings), isRefusal(error));
        this.#wake(); // leaders may have moved
        await sleep(Math.min(200 * 2 ** failures, 5_000), session.ended.signal).catch(() => {});
        pending = this.#ask(session, node);
        continue;
      }
      const arrived = this.#advance(asked, session, listener);
      pending = this.#ask(session, node);
      pending.catch(() => {}); // awaited in the next round
      if (session.ended.signal.aborted) return;
      for (const each of arrived) this.#deliver(each, listener);
    }
  }

  /** Null when the session or fetching has ended. */
  async #ask(session: Session, node: number): Promise<Asked | null> {
    for (;;) {
      if (session.ended.signal.aborted || this.#stopped) return null;
      const readings = [...this.#reading.values()].filter((each) =>
        each.leader === node && !each.paused && !each.looking && each.stuck === null
      );
      if (readings.length === 0) {
        const ended = Promise.withResolvers<void>();
        session.ended.signal.addEventListener("abort", () => ended.resolve(), { once: true });
        await Promise.race([this.#fetchChange.promise, this.#change.promise, ended.promise]);
        continue;
      }
      const broker = this.#brokers().get(node);
      if (!broker) throw new KafkaUnavailable(`broker ${node} is gone`);
      const connection = await session.fetching.get(broker);
      const positions = new Map(readings.map((reading) => [reading.partition, reading.position]));
      const topics = [{
        topicId: this.#topicId,
        partitions: readings.map(({ partition, position, epoch }) => ({
          partition,
          currentLeaderEpoch: epoch,
          fetchOffset: BigInt(position),
          lastFetchedEpoch: -1,
          partitionMaxBytes: PARTITION_BYTES,
        })),
      }];
      const answer = await session.fetch.async(
        connection,
        ...[FETCH_WAIT_MS, 1, FETCH_BYTES, READ_COMMITTED, 0, -1, topics, [], ""] as const,
      ) as FetchAnswer;
      if (answer.errorCode !== 0) {
        throw new KafkaUnavailable(`the broker refuses a fetch with code ${answer.errorCode}`);
      }
      return { answer, readings: new Map(readings.map((each) => [each.partition, each])), positions };
    }
  }

  /** Moves positions behind what came, and sorts out errors. */
  #advance({ answer, readings, positions }: Asked, session: Session, listener: SourceListener): Arrived[] {
    const arrived: Arrived[] = [];
    for (const fetched of answer.partitions) {
      const reading = readings.get(fetched.partition);
      const from = positions.get(fetched.partition);
      if (!reading || from === undefined || this.#reading.get(fetched.partition) !== reading) continue; // revoked
      if (fetched.errorCode !== 0) {
        this.#refused(reading, fetched, session, listener);
        continue;
      }
      reading.position = offsetBehind(fetched.records, from);
      arrived.push({ reading, fetched, from });
    }
    return arrived;
  }

  #refused(
    reading: Reading,
    { errorCode, partition }: FetchedPartition,
    session: Session,
    listener: SourceListener,
  ): void {
    switch (errorCode) {
      case OFFSET_OUT_OF_RANGE:
        reading.looking = true;
        return void this.#outOfRange(session, reading, listener).catch(session.failed.reject);
      case TOPIC_AUTHORIZATION_FAILED:
        return listener.waiting(
          `user ${this.settings.username} may not read topic ${this.settings.topic}: grant READ`,
          true,
        );
      case CORRUPT_MESSAGE:
        reading.stuck = `partition ${partition} is damaged at offset ${reading.position} on its broker`;
        return this.#say(listener);
      default:
        reading.leader = -1; // it moved, or the topic is gone: looked up again
        setTimeout(() => this.#wake(), 200);
    }
  }

  /** Retention may have removed what was to be read next; or the brokers lost what had been read. */
  async #outOfRange(session: Session, reading: Reading, listener: SourceListener): Promise<void> {
    const { partition, position } = reading;
    const begins = await session.offsets.earliest(partition);
    if (this.#reading.get(partition) !== reading) return;
    reading.looking = false;
    if (begins <= position) {
      const { topic } = this.settings;
      reading.stuck =
        `partition ${partition} of ${topic} ends before offset ${position}, up to which it was read: the ` +
        "brokers lost records. Reset the consumer group's offsets to go on";
      return this.#say(listener);
    }
    listener.lost(partition, position, begins);
    reading.position = begins;
    this.#wakeLoops();
  }

  #deliver({ reading, fetched, from }: Arrived, listener: SourceListener): void {
    if (this.#reading.get(reading.partition) !== reading) return;
    const { partition, records, aborted, highWatermark } = fetched;
    try {
      const { batches, nextOffset } = decodeRecords(records, from, aborted, decompress);
      listener.fetched({ partition, batches, nextOffset, highWatermark });
    } catch (error) {
      reading.stuck = `partition ${partition} cannot be read from offset ${from} on: ${messageOf(error)}`;
      this.log.error({ partition, offset: from, err: error }, "records cannot be decoded");
      this.#say(listener);
    }
  }
}

interface Asked {
  readonly answer: FetchAnswer;
  readonly readings: ReadonlyMap<number, Reading>;
  readonly positions: ReadonlyMap<number, number>;
}

interface Arrived {
  readonly reading: Reading;
  readonly fetched: FetchedPartition;
  readonly from: number;
}

/** One that nobody may be waiting for when it fails. */
function unhandled<T>(resolvers: PromiseWithResolvers<T>): PromiseWithResolvers<T> {
  resolvers.promise.catch(() => {});
  return resolvers;
}
