/** Frozen baseline: every row is a message of its own, many in flight, each acknowledged by its receiver. */
import {
  AckPolicy,
  DiscardPolicy,
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";

const STREAM = "bench-rows";
const SUBJECT = "bench.rows";
const IN_FLIGHT = 512;

export class MessagePerRow {
  #received = 0;
  #expected = 0;
  #done: () => void = () => {};
  #stop: () => void = () => {};
  readonly #pump: Promise<void>;

  private constructor(
    readonly nc: NatsConnection,
    readonly js: JetStreamClient,
    readonly jsm: JetStreamManager,
    readonly row: Uint8Array,
  ) {
    this.#pump = this.#receive();
  }

  static async open(nc: NatsConnection, row: Uint8Array): Promise<MessagePerRow> {
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({
      name: STREAM,
      subjects: [SUBJECT],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
    });
    await jsm.consumers.add(STREAM, { durable_name: "bench", ack_policy: AckPolicy.Explicit, max_ack_pending: 10_000 });
    return new MessagePerRow(nc, jetstream(nc), jsm, row);
  }

  async send(count: number): Promise<{ events: number; bytes: number }> {
    this.#expected = count;
    this.#received = 0;
    const done = new Promise<void>((resolve) => this.#done = resolve);
    let left = count;
    const lines = Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) await this.js.publish(SUBJECT, this.row, { timeout: 30_000 });
    });
    await Promise.all([done, ...lines]);
    await this.nc.flush();
    return { events: count, bytes: count * this.row.length };
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#pump;
    await this.jsm.streams.delete(STREAM);
  }

  async #receive(): Promise<void> {
    const consumer = await this.js.consumers.get(STREAM, "bench");
    const messages = await consumer.consume({ max_messages: 2_000 });
    this.#stop = () => messages.stop();
    for await (const message of messages) {
      message.ack();
      if (++this.#received === this.#expected) this.#done();
    }
  }
}
