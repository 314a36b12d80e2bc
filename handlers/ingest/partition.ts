/**
 * A partition that is read: framed, published in order, one frame in flight per shard, and remembered until it is confirmed.
 * Reading pauses while too much waits for the edge.
 */
import type { SchemaBook } from "../../pipeline/formats/records.ts";
import { encodeFrame } from "../../runtime/frame.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import type { AssignedPartition, FetchedRecords } from "../../runtime/kafka/source.ts";
import type { OrderedPublisher } from "../../runtime/nats/publish.ts";
import type { IngestProgram } from "../../pipeline/compile/program.ts";
import { type Cut, PartitionFramer, type ShardFrame } from "./partition_framer.ts";
import { Unconfirmed } from "./unconfirmed.ts";

/** Frames that wait for the edge before reading pauses; half of it, and it goes on. */
const MAX_WAITING_BYTES = 8 << 20;
/** How long records wait for others to share a frame with: longer when the brokers have more of them. */
const LINGER_MS = 10;
const LINGER_BEHIND_MS = 150;

export interface PartitionListener {
  pause(partition: number): void;
  resume(partition: number): void;
  framed(partition: number, cut: Cut): void;
  /** Publishing has ended for good. */
  failed(error: unknown): void;
}

export class Partition {
  readonly #framer: PartitionFramer;
  readonly #unconfirmed: Unconfirmed;
  /** Shard → what is published behind each other. */
  readonly #chains = new Map<number, Promise<void>>();
  readonly #publishers = new Map<number, OrderedPublisher>();
  #waitingBytes = 0;
  #paused = false;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #position: number;
  #committed: number;
  #highWatermark: number;
  #lastTimestamp = 0;

  constructor(
    program: IngestProgram,
    readonly assigned: AssignedPartition,
    readonly publisherOf: (shard: number) => OrderedPublisher,
    readonly listener: PartitionListener,
  ) {
    this.#framer = new PartitionFramer(program, assigned);
    this.#unconfirmed = new Unconfirmed(assigned.offset);
    this.#position = this.#committed = this.#highWatermark = assigned.offset;
  }

  /** Of records that bear the id of their schema. */
  get schemas(): SchemaBook | undefined {
    return this.#framer.schemas;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Whether something is sent, or waits to be, that is not in the table. */
  get busy(): boolean {
    return this.#unconfirmed.count > 0 || this.#framer.waiting > 0;
  }

  /** Records that are not committed, and the age in seconds of the oldest; as far as is known. */
  lag(now: number): { records: number; seconds: number } {
    const records = Math.max(0, this.#highWatermark - this.#committed);
    const oldest = this.#unconfirmed.oldest ?? (this.#highWatermark > this.#position ? this.#lastTimestamp : null);
    return { records, seconds: oldest === null || records === 0 ? 0 : Math.max(0, (now - oldest) / 1_000) };
  }

  take({ batches, nextOffset, highWatermark }: FetchedRecords, now: number): void {
    if (this.#ended) return;
    this.#highWatermark = highWatermark;
    for (const batch of batches) {
      this.#lastTimestamp = batch.timestamps[batch.count - 1];
      for (const cut of this.#framer.accept(batch, now)) this.#send(cut);
    }
    this.#position = nextOffset;
    if (this.#framer.waiting === 0) return;
    const linger = nextOffset < highWatermark ? LINGER_BEHIND_MS : LINGER_MS;
    this.#linger ??= setTimeout(() => this.flush(Date.now()), linger);
  }

  /** Sends what waits for others. */
  flush(now: number): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    if (this.#ended) return;
    const cut = this.#framer.cut(now);
    if (cut) this.#send(cut);
  }

  /** The offset that may be committed, by what is in the table; null when it is committed already. */
  committable(marks: Readonly<Record<string, number>>): number | null {
    const waits = this.#framer.waiting > 0;
    const offset = this.#unconfirmed.confirm(marks, waits ? this.#committed : this.#position);
    return offset > this.#committed ? offset : null;
  }

  committed(offset: number): void {
    this.#committed = Math.max(this.#committed, offset);
  }

  /** Nothing more is taken or sent; the frame that is under way may still arrive, which does no harm. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#linger);
  }

  /** Resolves when everything that was sent so far is stored. */
  async stored(): Promise<void> {
    await Promise.all(this.#chains.values());
  }

  #send(cut: Cut): void {
    this.#unconfirmed.add(cut);
    this.listener.framed(this.assigned.partition, cut);
    for (const frame of cut.frames) this.#enqueue(frame);
    if (!this.#paused && this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#paused = true;
      this.listener.pause(this.assigned.partition);
    }
  }

  #enqueue({ shard, frame }: ShardFrame): void {
    const bytes = frame.block.length + frame.dead.reduce((sum, { original }) => sum + original.length, 256);
    this.#waitingBytes += bytes;
    let publisher = this.#publishers.get(shard);
    if (!publisher) this.#publishers.set(shard, publisher = this.publisherOf(shard));
    const own = publisher;
    const before = this.#chains.get(shard) ?? Promise.resolve();
    const sent = before.then(async () => {
      if (this.#ended) return;
      failpoint("ingest.before_publish");
      await own.publish(encodeFrame(frame));
      failpoint("ingest.after_publish");
      this.#stored(bytes);
    });
    sent.catch((error) => this.#ended || this.listener.failed(error));
    this.#chains.set(shard, sent);
  }

  #stored(bytes: number): void {
    this.#waitingBytes -= bytes;
    if (!this.#paused || this.#ended || this.#waitingBytes > MAX_WAITING_BYTES / 2) return;
    this.#paused = false;
    this.listener.resume(this.assigned.partition);
  }
}
