/**
 * The lane key: ownership, open plan, marks and ledger of a lane in ONE key, changed only by compare-and-set. A lane is the
 * group of shards that a sink inserts together.
 */
import { FencedOut, Unavailable } from "./errors.ts";
import type { CasRecord } from "./nats/record.ts";
import { sleep } from "./nats/publish.ts";

/** Row counts by fate. `accepted` = `written` + `filtered` + `deduplicated` + `deadLettered` whenever nothing is under way. */
export interface Ledger {
  readonly accepted: number;
  readonly written: number;
  readonly filtered: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
}

export const EMPTY_LEDGER: Ledger = { accepted: 0, written: 0, filtered: 0, deduplicated: 0, deadLettered: 0 };

export function addLedgers(a: Ledger, b: Ledger): Ledger {
  return {
    accepted: a.accepted + b.accepted,
    written: a.written + b.written,
    filtered: a.filtered + b.filtered,
    deduplicated: a.deduplicated + b.deduplicated,
    deadLettered: a.deadLettered + b.deadLettered,
  };
}

/** What a lane has durably handled. */
export interface Marks {
  /** Creation time of the stream the sequences belong to; other sequences are void. */
  readonly stream: string;
  /** Shard → last handled stream sequence. */
  readonly sequences: Readonly<Record<string, number>>;
  /** Origin → last handled position. */
  readonly positions: Readonly<Record<string, number>>;
}

/** A stretch of a plan's rows that is inserted as one block under one token. */
export interface PlanPart {
  readonly from: number;
  readonly to: number;
  readonly token: string;
  readonly done: boolean;
}

/** What is being inserted. Rows are derived again from the frames, trimmed by the marks beside the plan in the key. */
export interface Plan {
  readonly token: string;
  /** [shard, stream sequence] in the order in which rows stand in the block. */
  readonly frames: readonly (readonly [number, number])[];
  readonly table: string;
  readonly layout: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** One part, or the children of a bisection; disjoint and ascending. */
  readonly parts: readonly PlanPart[];
  /** Rows (index in the plan) that ClickHouse refuses even alone, with its reason. */
  readonly rejected: readonly (readonly [number, string])[];
}

export const LANE_VERSION = 1;

export interface LaneRecord {
  readonly version: typeof LANE_VERSION;
  readonly epoch: number;
  readonly owner: string;
  readonly beat: number;
  readonly plan: Plan | null;
  readonly marks: Marks;
  readonly ledger: Ledger;
}

const EMPTY_LANE: LaneRecord = {
  version: LANE_VERSION,
  epoch: 0,
  owner: "",
  beat: 0,
  plan: null,
  marks: { stream: "", sequences: {}, positions: {} },
  ledger: EMPTY_LEDGER,
};

/** The owner's view of a lane. All writes go one after the other through `change`. */
export class Lane {
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly record: CasRecord<LaneRecord>,
    public value: LaneRecord,
    public revision: number,
    readonly signal: AbortSignal,
  ) {}

  /** Takes the lane over: epoch + 1. The caller finishes the open plan next, then consumes. */
  static async claim(record: CasRecord<LaneRecord>, owner: string, signal: AbortSignal): Promise<Lane> {
    for (;;) {
      signal.throwIfAborted();
      try {
        const now = await record.read();
        const base = now?.value ?? EMPTY_LANE;
        if (base.version !== LANE_VERSION) {
          throw new FencedOut(`${record.key} has version ${base.version}; upgrade this worker`);
        }
        const value: LaneRecord = { ...base, epoch: base.epoch + 1, owner, beat: 0 };
        const written = await record.write(value, now?.revision ?? 0);
        if (written) return new Lane(record, written.value, written.revision, signal);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await sleep(500, signal);
      }
    }
  }

  /**
   * Writes the next state. Retries while NATS does not answer. Throws {@link FencedOut} when another owner wrote: what this
   * one held is then the other's to finish.
   */
  change(update: (now: LaneRecord) => LaneRecord): Promise<LaneRecord> {
    const next = this.#writing.then(() => this.#change(update), () => this.#change(update));
    this.#writing = next.catch(() => undefined); // the caller gets the error; the next writer starts anew
    return next;
  }

  async #change(update: (now: LaneRecord) => LaneRecord): Promise<LaneRecord> {
    const value = update(this.value);
    for (let pause = 50;; pause = Math.min(pause * 2, 2_000)) {
      try {
        const written = await this.record.write(value, this.revision);
        if (!written) throw new FencedOut(`${this.record.key} has a newer owner than epoch ${this.value.epoch}`);
        this.value = written.value;
        this.revision = written.revision;
        return written.value;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await sleep(pause, this.signal);
      }
    }
  }
}
