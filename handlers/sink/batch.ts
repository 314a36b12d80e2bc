/**
 * Collects the deliveries of a lane's shards into batches: full at `maxRows`, due `maxDelayMs` after the first row. Bounded:
 * `push` waits while the held bytes are over the limit.
 */
import type { Delivery } from "../../runtime/nats/consumer.ts";

export interface BatchLimits {
  readonly maxRows: number;
  readonly maxDelayMs: number;
  /** Bytes of frames that may be held, waiting included. */
  readonly maxBytes: number;
  /** Frames in one plan: its references must fit into one key. */
  readonly maxFrames: number;
}

export class Batcher {
  #held: Delivery[] = [];
  #rows = 0;
  #bytes = 0;
  #firstAt = 0;
  #wake: () => void = () => {};
  #room: () => void = () => {};
  #closed = false;

  constructor(readonly limits: BatchLimits, readonly now: () => number = () => performance.now()) {}

  /** Adds a delivery; resolves when there is room for the next. */
  async push(delivery: Delivery): Promise<void> {
    if (this.#held.length === 0) this.#firstAt = this.now();
    this.#held.push(delivery);
    this.#rows += delivery.frame.rows;
    this.#bytes += delivery.bytes;
    this.#wake();
    while (this.#bytes > this.limits.maxBytes && !this.#closed) {
      await new Promise<void>((room) => this.#room = room);
    }
  }

  /** No more deliveries will come; what is held is due at once. */
  close(): void {
    this.#closed = true;
    this.#wake();
    this.#room();
  }

  /** The next batch, in order of arrival; null when closed and empty. */
  async take(): Promise<Delivery[] | null> {
    for (;;) {
      if (this.#held.length === 0 && this.#closed) return null;
      const due = this.#held.length === 0 ? Infinity : this.#firstAt + this.limits.maxDelayMs - this.now();
      const full = this.#rows >= this.limits.maxRows || this.#held.length >= this.limits.maxFrames ||
        this.#bytes >= this.limits.maxBytes / 2;
      if (this.#held.length > 0 && (full || this.#closed || due <= 0)) return this.#cut();
      await this.#sleep(due);
    }
  }

  #cut(): Delivery[] {
    let rows = 0;
    let count = 0;
    while (count < this.#held.length && count < this.limits.maxFrames) {
      const more = this.#held[count].frame.rows;
      if (count > 0 && rows + more > this.limits.maxRows) break;
      rows += more;
      count++;
    }
    const batch = this.#held.splice(0, count);
    this.#rows -= rows;
    for (const delivery of batch) this.#bytes -= delivery.bytes;
    this.#firstAt = this.now();
    this.#room();
    return batch;
  }

  async #sleep(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((wake) => {
      this.#wake = wake;
      if (Number.isFinite(ms)) timer = setTimeout(wake, Math.max(ms, 1));
    });
    clearTimeout(timer);
  }
}
