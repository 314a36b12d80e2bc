/** Publishes what is committed, verbatim and in order, behind the commits; remembers how far it came. */
import { failpoint } from "../../runtime/failpoint.ts";
import type { OrderedPublisher } from "../../runtime/nats/publish.ts";
import { BoundedQueue } from "../../runtime/queue.ts";
import type { PendingFrame } from "../../runtime/state/mod.ts";

/** Committed bytes that may wait for the output edge before the stage stops taking input. */
const MAX_WAITING_BYTES = 32 << 20;

export class Outbox {
  readonly #queue = new BoundedQueue<PendingFrame>(MAX_WAITING_BYTES, (frame) => frame.payload.length);
  readonly #ended: Promise<void>;
  #published = 0;
  #waiting = 0;

  constructor(readonly publisher: OrderedPublisher, readonly onIdle: (published: number) => void) {
    this.#ended = this.#run();
    // Whoever awaits `end` gets the error; until then it must not count as unhandled.
    this.#ended.catch((error) => this.#queue.close(error));
  }

  /** Highest sequence that is stored on the output edge. */
  get published(): number {
    return this.#published;
  }

  /** Waits while too much waits; rejects when publishing ended for good. */
  async add(frame: PendingFrame): Promise<void> {
    this.#waiting++;
    await Promise.race([this.#queue.push(frame), this.#ended]);
  }

  /** Resolves when everything added is published. */
  async end(): Promise<void> {
    this.#queue.close();
    await this.#ended;
  }

  async #run(): Promise<void> {
    for (let frames; (frames = await this.#queue.take(1)) !== null;) {
      const [frame] = frames;
      await this.publisher.publish(frame);
      failpoint("transform.after_publish");
      this.#published = frame.seq;
      if (--this.#waiting === 0) this.onIdle(frame.seq);
    }
  }
}
