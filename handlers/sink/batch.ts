/**
 * Collects the deliveries of a lane's shards into batches: full at `maxRows`, due `maxDelayMs` after its first delivery.
 * Bounded: `push` waits while the held bytes are over the limit; any number of shards may push at once.
 */
import type { Delivery } from "../../runtime/nats/consumer.ts";

export interface BatchLimits {
  readonly maxRows: number;
  readonly maxDelayMs: number;
  /** Bytes of frames that may be held, waiting included; a batch has at most half of it. */
  readonly maxBytes: number;
  /** Frames in one plan: its references must fit into one key. */
  readonly maxFrames: number;
}

/** What the batcher looks at. */
export type Batchable = Pick<Delivery, "bytes"> & { readonly frame: { readonly rows: number } };

export class Batcher<D extends Batchable = Delivery> {
  #held: { readonly delivery: D; readonly at: number }[] = [];
  #rows = 0;
  #bytes = 0;
  #wake: () => void = () => {};
  #room: (() => void)[] = [];
  #closed = false;
  #error: unknown = null;

  constructor(readonly limits: BatchLimits, readonly now: () => number = () => performance.now()) {}

  /** Adds a delivery; resolves when there is room for the next. */
  async push(delivery: D): Promise<void> {
    if (this.#closed) return;
    this.#held.push({ delivery, at: this.now() });
    this.#rows += delivery.frame.rows;
    this.#bytes += delivery.bytes;
    this.#wake();
    while (this.#bytes > this.limits.maxBytes && !this.#closed) {
      await new Promise<void>((room) => this.#room.push(room));
    }
  }

  /** No more deliveries will come; what is held is due at once. With an error, `take` rejects with it after that. */
  close(error: unknown = null): void {
    this.#closed = true;
    this.#error ??= error;
    this.#wake();
    this.#makeRoom();
  }

  /** Drops what is held: `take` rejects with the error. */
  fail(error: unknown): void {
    this.#held = [];
    this.#rows = this.#bytes = 0;
    this.close(error);
  }

  /** The next batch, in order of arrival; null when closed and empty. */
  async take(): Promise<D[] | null> {
    for (;;) {
      if (this.#held.length === 0 && this.#error !== null) throw this.#error;
      if (this.#held.length === 0 && this.#closed) return null;
      const due = this.#held.length === 0 ? Infinity : this.#held[0].at + this.limits.maxDelayMs - this.now();
      if (this.#held.length > 0 && (this.#full() || this.#closed || due <= 0)) return this.#cut();
      await this.#sleep(due);
    }
  }

  #full(): boolean {
    const { maxRows, maxFrames, maxBytes } = this.limits;
    return this.#rows >= maxRows || this.#held.length >= maxFrames || this.#bytes >= maxBytes / 2;
  }

  #cut(): D[] {
    const { maxRows, maxFrames, maxBytes } = this.limits;
    let rows = 0;
    let bytes = 0;
    let count = 0;
    for (; count < this.#held.length && count < maxFrames; count++) {
      const { delivery } = this.#held[count];
      if (count > 0 && (rows + delivery.frame.rows > maxRows || bytes + delivery.bytes > maxBytes / 2)) break;
      rows += delivery.frame.rows;
      bytes += delivery.bytes;
    }
    const batch = this.#held.splice(0, count).map(({ delivery }) => delivery);
    this.#rows -= rows;
    this.#bytes -= bytes;
    this.#makeRoom();
    return batch;
  }

  #makeRoom(): void {
    for (const room of this.#room.splice(0)) room();
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
