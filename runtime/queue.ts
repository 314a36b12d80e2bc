/** A bounded queue between one producer and one consumer: `push` waits for room, `take` waits for something. */
export class BoundedQueue<T> {
  #items: T[] = [];
  #weight = 0;
  #closed = false;
  #error: unknown = null;
  #wakeTaker: () => void = () => {};
  #wakePusher: () => void = () => {};

  /** `limit`: total weight (e.g. bytes) that may wait; one item always fits. */
  constructor(readonly limit: number, readonly weigh: (item: T) => number) {}

  /** False when the queue was closed, and the item not taken; rejects with the error it was closed with. */
  async push(item: T): Promise<boolean> {
    while (this.#weight > 0 && this.#weight + this.weigh(item) > this.limit && !this.#closed) {
      await new Promise<void>((wake) => this.#wakePusher = wake);
    }
    if (this.#error !== null) throw this.#error;
    if (this.#closed) return false;
    this.#items.push(item);
    this.#weight += this.weigh(item);
    this.#wakeTaker();
    return true;
  }

  /** Everything that waits, at most `max`, at least one; null when closed and empty. Rejects with the producer's error. */
  async take(max: number): Promise<T[] | null> {
    while (this.#items.length === 0) {
      if (this.#error !== null) throw this.#error;
      if (this.#closed) return null;
      await new Promise<void>((wake) => this.#wakeTaker = wake);
    }
    const taken = this.#items.splice(0, max);
    for (const item of taken) this.#weight -= this.weigh(item);
    this.#wakePusher();
    return taken;
  }

  /** Nothing more comes; with an error, `take` rejects with it once the queue is empty. The first error stands. */
  close(error: unknown = null): void {
    this.#closed = true;
    this.#error ??= error;
    this.#wakeTaker();
    this.#wakePusher();
  }

  /** Drops what waits and closes: the consumer's side has failed. */
  fail(error: unknown): void {
    this.#items = [];
    this.#weight = 0;
    this.close(error);
  }

  /** Fills the queue from an iterable until it ends, breaks, or the queue is closed. */
  async fill(items: AsyncIterable<T>): Promise<void> {
    try {
      for await (const item of items) if (!await this.push(item)) return;
      this.close();
    } catch (error) {
      this.close(error);
    }
  }
}
