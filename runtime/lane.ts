/**
 * The lane key: ownership, open plan, marks and ledger of a lane in ONE key, changed only by compare-and-set. A lane is the
 * group of shards that a sink inserts together.
 */
import { FencedOut, PipelineError, Unavailable } from "./errors.ts";
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
  /**
   * What is still to be inserted, disjoint and ascending: one part, or what a bisection left. A part is taken off before
   * the next one is sent, so only the first can be in doubt.
   */
  readonly parts: readonly PlanPart[];
  /** Rows (index in the plan) that ClickHouse refuses even alone, with its reason; their dead letters may be missing. */
  readonly rejected: readonly (readonly [number, string])[];
  /** Rows that were in `rejected` and whose dead letters are stored. */
  readonly deadLettered: number;
  /** A person's word on whether the first part is in the table, where nothing else could tell. */
  readonly decision?: PlanDecision;
}

/** `insert`: write it again (its rows may then be there twice). `skip`: take it as written (its rows may then be missing). */
export type PlanDecision = "insert" | "skip";

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

export interface ClaimOptions {
  readonly owner: string;
  /** Ends the attempt to take the lane. */
  readonly claiming: AbortSignal;
  /** Ends the ownership: from then on nothing is written any more. Draining is no reason for it. */
  readonly owning: AbortSignal;
  /** Told while NATS does not store the lane's state; null = it does again. */
  readonly onWait?: (error: Unavailable | null) => void;
}

/** The owner's view of a lane. All writes go one after the other through `change`. */
export class Lane {
  #writing: Promise<unknown> = Promise.resolve();
  #confirmedAt: number;

  private constructor(
    readonly record: CasRecord<LaneRecord>,
    public value: LaneRecord,
    public revision: number,
    confirmedAt: number,
    readonly options: ClaimOptions,
  ) {
    this.#confirmedAt = confirmedAt;
  }

  /** Takes the lane over: epoch + 1. The caller finishes the open plan next, then consumes. */
  static async claim(record: CasRecord<LaneRecord>, options: ClaimOptions): Promise<Lane> {
    const { owner, claiming, onWait } = options;
    for (let waited = false;;) {
      claiming.throwIfAborted();
      try {
        const began = performance.now();
        const now = await record.read();
        const base = now?.value ?? EMPTY_LANE;
        if (base.version !== LANE_VERSION) throw new LaneTooNew(record.key, base.version);
        const value: LaneRecord = { ...base, epoch: base.epoch + 1, owner, beat: 0 };
        const written = await record.write(value, now?.revision ?? 0);
        if (!written) continue;
        if (waited) onWait?.(null);
        return new Lane(record, written.value, written.revision, began, options);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        onWait?.(error);
        waited = true;
        await sleep(500, claiming);
      }
    }
  }

  /**
   * Writes the next state. Retries while NATS does not answer. Throws {@link FencedOut} when another owner wrote: what this
   * one held is then the other's to finish.
   */
  change(update: (now: LaneRecord) => LaneRecord): Promise<LaneRecord> {
    const next = this.#writing.then(() => this.#change(update));
    this.#writing = next.catch(() => undefined); // the caller gets the error; the next writer starts anew
    return next;
  }

  /**
   * Proves the ownership by a write unless that was done within `maxAgeMs`. An owner that stood still, or was cut off from
   * NATS, learns here whether it was replaced, before it sends anything; it waits for NATS rather than give up.
   */
  async confirm(maxAgeMs: number): Promise<void> {
    if (performance.now() - this.#confirmedAt <= maxAgeMs) return;
    await this.change((now) => ({ ...now, beat: now.beat + 1 }));
  }

  /** Renews until the signal aborts. Rejects with {@link FencedOut} when the lane is lost. */
  async keep(signal: AbortSignal, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      try {
        await sleep(everyMs, signal);
      } catch {
        return; // the lane is given up in order
      }
      await this.confirm(everyMs / 2);
    }
  }

  async #change(update: (now: LaneRecord) => LaneRecord): Promise<LaneRecord> {
    const { owning, onWait } = this.options;
    const value = update(this.value);
    let waited = false;
    for (let pause = 50;; pause = Math.min(pause * 2, 2_000)) {
      owning.throwIfAborted();
      try {
        const began = performance.now();
        const written = await this.record.write(value, this.revision);
        if (!written) throw new FencedOut(`${this.record.key} has a newer owner than epoch ${this.value.epoch}`);
        this.value = written.value;
        this.revision = written.revision;
        this.#confirmedAt = began;
        if (waited) onWait?.(null);
        return written.value;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        onWait?.(error);
        waited = true;
        await sleep(pause, owning);
      }
    }
  }
}

/** The lane key was written by a newer release. */
export class LaneTooNew extends PipelineError {
  override readonly name = "LaneTooNew";
  readonly code = "LANE_TOO_NEW";
  readonly retryable = false;
  constructor(key: string, version: number) {
    super(`${key} has version ${version}, this release reads ${LANE_VERSION}; run the newer release again`);
  }
}

/**
 * Writes a person's decision on the batch in doubt into the lane key. The present owner is fenced by it; its successor finds
 * the decision. False when the lane has no open plan.
 */
export async function decideOpenPlan(record: CasRecord<LaneRecord>, decision: PlanDecision): Promise<boolean> {
  for (;;) {
    const now = await record.read();
    if (!now?.value.plan) return false;
    const { value, revision } = now;
    const plan = { ...now.value.plan, decision };
    if (await record.write({ ...value, epoch: value.epoch + 1, owner: "repair", beat: 0, plan }, revision)) return true;
  }
}
