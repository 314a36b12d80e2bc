/** Publishes what is committed, verbatim and in order, behind the commits; remembers how far it came. */
import { failpoint } from "../../runtime/failpoint.ts";
import type { OrderedPublisher } from "../../runtime/nats/publish.ts";
import { BoundedQueue } from "../../runtime/queue.ts";
import type { PendingFrame } from "../../runtime/state/mod.ts";

export interface OutboxListener {
  /** Everything added so far is stored on the output edge, up to this sequence. */
  idle(published: number): void;
  /** Publishing has ended for good, for instance because the shard was lost. */
  failed(error: unknown): void;
}

export class Outbox {
  readonly #queue: BoundedQueue<PendingFrame>;
  readonly #ended: Promise<void>;
  #published = 0;
  #waiting = 0;

  /** `limit`: committed bytes that may wait for the output edge before the stage stops taking input. */
  constructor(readonly publisher: OrderedPublisher, limit: number, readonly listener: OutboxListener) {
    this.#queue = new BoundedQueue(limit, (frame) => frame.payload.length);
    this.#ended = this.#run();
    this.#ended.catch((error) => {
      this.#queue.fail(error);
      listener.failed(error);
    });
  }

  /** Highest sequence that is stored on the output edge. */
  get published(): number {
    return this.#published;
  }

  /** Waits while too much waits; rejects when publishing ended for good. */
  async add(frame: PendingFrame): Promise<void> {
    this.#waiting++;
    if (!await this.#queue.push(frame)) throw new TypeError("the outbox has ended");
  }

  /** Resolves when everything added is published. */
  async end(): Promise<void> {
    this.#queue.close();
    await this.#ended;
  }

  /** Resolves when nothing is published any more; the publisher's signal must have been aborted, or `end` called. */
  async stopped(): Promise<void> {
    this.#queue.close();
    await Promise.allSettled([this.#ended]); // its error went to the listener
  }

  async #run(): Promise<void> {
    for (let frames; (frames = await this.#queue.take(1)) !== null;) {
      const [frame] = frames;
      await this.publisher.publish(frame);
      failpoint("transform.after_publish");
      this.#published = frame.seq;
      if (--this.#waiting === 0) this.listener.idle(frame.seq);
    }
  }
}
