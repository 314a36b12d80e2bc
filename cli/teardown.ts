/**
 * What a start has made so far, to be undone in reverse order. A start that is given up waits for nothing more, and what it
 * was just making is ended too.
 */
import { messageOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";

/** How long the end of a start waits for a part that is still being made. */
export const PATIENCE_MS = 10_000;

export class Teardown {
  readonly #steps: (() => Promise<unknown>)[] = [];

  constructor(readonly log: Log, readonly signal?: AbortSignal) {}

  push(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /**
   * Gives what is being made, or rejects with the signal's reason at once. `end` is called with it in any case, whenever it
   * comes; `unwind` waits for it only so long.
   */
  async keep<T>(making: Promise<T>, end: (made: T) => Promise<unknown>, patienceMs = PATIENCE_MS): Promise<T> {
    const ended = Promise.withResolvers<void>();
    const wanted = Promise.withResolvers<void>();
    // A failure to make it is the caller's to tell.
    making.then((made) => wanted.promise.then(() => end(made)), () => {}).then(() => ended.resolve(), ended.reject);
    this.#steps.push(async () => {
      wanted.resolve();
      await within(ended.promise, making, patienceMs);
    });
    return await unlessAborted(making, this.signal);
  }

  /** Undoes everything; an error of one step does not keep the others. */
  async unwind(): Promise<void> {
    for (let last = this.#steps.pop(); last; last = this.#steps.pop()) {
      try {
        await last();
      } catch (error) {
        this.log.error({ reason: messageOf(error) }, "a part could not be stopped in order");
      }
    }
  }
}

/** Waits for the end of what was made, or gives up on what is not made after `ms`. */
async function within(ended: Promise<void>, making: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(() => late.resolve("late"), ms);
  const made = await Promise.race([making.then(() => "made", () => "failed"), late.promise]);
  clearTimeout(timer);
  if (made === "late") ended.catch(() => {}); // what comes of it later is nobody's any more
  else await ended;
}

/** The work's result, or the signal's reason as soon as that is there. */
export async function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return await work;
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
