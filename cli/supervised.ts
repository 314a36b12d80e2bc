/** A part of the system that must not be missing: when it ends by itself it is started again after a back-off. */
import { messageOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";

/** What a start function gives. */
export interface Part {
  readonly pid: number;
  readonly exited: Promise<unknown>;
  stop(): Promise<unknown>;
  kill(): Promise<unknown>;
}

const MIN_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;
/** A part that ran this long is tried again without a long wait. */
const STEADY_MS = 30_000;

export class Supervised {
  #stopped = false;
  #held = false;
  #wake: () => void = () => {};
  #part: Part;
  #watching: Promise<void>;

  private constructor(readonly name: string, readonly log: Log, readonly begin: () => Promise<Part>, part: Part) {
    this.#part = part;
    this.#watching = this.#watch();
  }

  /** Rejects when the first start fails; later failures are tried again. */
  static async start(name: string, log: Log, begin: () => Promise<Part>): Promise<Supervised> {
    return new Supervised(name, log, begin, await begin());
  }

  get pid(): number {
    return this.#part.pid;
  }

  /** The part is gone when this resolves, also one that was just being started again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#part.stop();
    await this.#watching;
  }

  /** SIGKILL; it comes back by itself. */
  async kill(): Promise<void> {
    await this.#part.kill();
  }

  /** Tests: takes the part away for as long as they need. */
  async hold(): Promise<void> {
    this.#held = true;
    await this.#part.stop();
  }

  /** It starts again at once. */
  release(): void {
    this.#held = false;
    this.#wake();
  }

  async #watch(): Promise<void> {
    for (let backoff = MIN_BACKOFF_MS; !this.#stopped;) {
      const began = performance.now();
      await this.#part.exited;
      if (this.#stopped) return;
      this.log.warn({ part: this.name }, "a part of the system ended; starting it again");
      if (this.#held) backoff = 0;
      else if (performance.now() - began > STEADY_MS) backoff = MIN_BACKOFF_MS;
      for (let running = false; !running && !this.#stopped;) {
        await this.#pause(backoff);
        while (this.#held && !this.#stopped) await this.#pause(MAX_BACKOFF_MS);
        if (this.#stopped) return;
        backoff = Math.min(Math.max(backoff * 2, MIN_BACKOFF_MS), MAX_BACKOFF_MS);
        running = await this.#begin();
      }
    }
  }

  /** Whether it runs. What was asked for while it started is done to it. */
  async #begin(): Promise<boolean> {
    try {
      this.#part = await this.begin();
    } catch (error) {
      this.log.error({ part: this.name, reason: messageOf(error) }, "it cannot be started");
      return false;
    }
    if (this.#stopped || this.#held) await this.#part.stop();
    return true;
  }

  async #pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((wake) => {
      this.#wake = wake;
      timer = setTimeout(wake, ms);
    });
    clearTimeout(timer);
  }
}
