/** A counting semaphore, first come first served, whose waiters can give up. */
export class Queue {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves with a function that gives the slot back; rejects with the signal's reason when it gives up first. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<void>();
    const giveUp = () => {
      this.#waiting.splice(this.#waiting.indexOf(go), 1);
      turn.reject(signal.reason);
    };
    const go = () => {
      signal.removeEventListener("abort", giveUp);
      turn.resolve();
    };
    signal.addEventListener("abort", giveUp, { once: true });
    this.#waiting.push(go);
    return turn.promise;
  }
}
