/** What of a partition is sent and not in the table yet; from it follows the offset that may be committed. Pure. */
import type { Cut } from "./partition_framer.ts";

interface Waiting {
  readonly watermark: number;
  readonly timestamp: number;
  /** Origins that must reach the watermark. */
  origins: string[];
}

export class Unconfirmed {
  readonly #waiting: Waiting[] = [];
  #offset: number;

  /** `offset`: everything before it is confirmed. */
  constructor(offset: number) {
    this.#offset = offset;
  }

  /** To be called before a cut's frames are published. */
  add({ watermark, timestamp, frames }: Cut): void {
    this.#waiting.push({ watermark, timestamp, origins: frames.map(({ frame }) => frame.origin) });
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** Timestamp of the oldest record that is not confirmed; null when there is none. */
  get oldest(): number | null {
    return this.#waiting[0]?.timestamp ?? null;
  }

  /**
   * The next offset to be read if this member died now. `marks`: by origin, the last position that is in the table.
   * `position`: the offset behind everything that was framed, which counts when nothing waits: also what is no record
   * (markers of transactions) can be behind it.
   */
  confirm(marks: Readonly<Record<string, number>>, position: number): number {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0];
      first.origins = first.origins.filter((origin) => (marks[origin] ?? -1) < first.watermark);
      if (first.origins.length > 0) return this.#offset;
      this.#offset = first.watermark + 1;
      this.#waiting.shift();
    }
    return this.#offset = Math.max(this.#offset, position);
  }
}
