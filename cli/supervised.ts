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

const MAX_BACKOFF_MS = 10_000;

export class Supervised {
  #stopped = false;
  #held = false;
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

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
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

  release(): void {
    this.#held = false;
  }

  async #watch(): Promise<void> {
    for (let backoff = 200; !this.#stopped;) {
      const began = performance.now();
      await this.#part.exited;
      while (this.#held && !this.#stopped) await pause(50);
      if (this.#stopped) return;
      if (performance.now() - began > 30_000) backoff = 200;
      this.log.warn({ part: this.name }, "a part of the system ended; starting it again");
      while (!this.#stopped) {
        await pause(backoff);
        backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
        try {
          this.#part = await this.begin();
          break;
        } catch (error) {
          this.log.error({ part: this.name, reason: messageOf(error) }, "it cannot be started");
        }
      }
    }
  }
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
