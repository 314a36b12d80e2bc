/**
 * Who owns a shard: a record with an epoch, taken over by compare-and-set. Taking it is always safe, since everything an
 * older owner could still do is void: its consumer is deleted, its state file and its lane key refuse it.
 */
import { FencedOut, Unavailable } from "./errors.ts";
import { sleep } from "./nats/publish.ts";
import type { CasRecord } from "./nats/record.ts";

export interface OwnerRecord {
  readonly epoch: number;
  /** The process that holds it, for people. */
  readonly owner: string;
  /** Counts renewals: a record that changes is alive. */
  readonly beat: number;
  /** The state file of this shard: the next owner must find this one, or say so, never start empty in silence. */
  readonly fileId?: string;
}

/** Milliseconds a lease counts as alive without being renewed. */
export const LEASE_MS = 15_000;

/** Claims the next epoch. Retries while NATS does not answer. */
export async function claim(record: CasRecord<OwnerRecord>, owner: string, signal: AbortSignal): Promise<Lease> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const now = await record.read();
      const value: OwnerRecord = { ...now?.value, epoch: (now?.value.epoch ?? 0) + 1, owner, beat: 0 };
      const written = await record.write(value, now?.revision ?? 0);
      if (written) return new Lease(record, value, written.revision);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await sleep(500, signal);
    }
  }
}

/**
 * A held shard: renewed by a write, lost when that write is refused. A process that stood still, or was cut off from NATS,
 * learns at its next write whether it was replaced. What it may send before that is harmless: its consumer is deleted, its
 * state file refuses it, and rows it publishes twice are trimmed by position.
 */
export class Lease {
  #writing: Promise<void> = Promise.resolve();

  constructor(readonly record: CasRecord<OwnerRecord>, public value: OwnerRecord, public revision: number) {}

  get epoch(): number {
    return this.value.epoch;
  }

  /** Adds facts to the record. Throws {@link FencedOut}, or {@link Unavailable} (the caller starts again). */
  note(facts: Partial<Pick<OwnerRecord, "fileId">>): Promise<void> {
    return this.#write((now) => ({ ...now, ...facts }));
  }

  /** Proves the ownership. Throws {@link FencedOut} when the shard is lost, {@link Unavailable} when NATS is away. */
  renew(): Promise<void> {
    return this.#write((now) => ({ ...now, beat: now.beat + 1 }));
  }

  /** Renews until the signal aborts. Rejects with {@link FencedOut} when the shard is lost. */
  async keep(signal: AbortSignal, leaseMs = LEASE_MS): Promise<void> {
    while (!signal.aborted) {
      try {
        await sleep(leaseMs / 5, signal);
      } catch {
        return; // the shard is given up in order
      }
      try {
        await this.renew();
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error; // while NATS is away nothing can be sent either
      }
    }
  }

  /** Writes go one after the other: each builds on the revision of the one before. */
  #write(update: (now: OwnerRecord) => OwnerRecord): Promise<void> {
    const next = this.#writing.then(async () => {
      const value = update(this.value);
      const written = await this.record.write(value, this.revision);
      if (!written) throw new FencedOut(`${this.record.key} has a newer owner than epoch ${this.epoch}`);
      this.value = value;
      this.revision = written.revision;
    });
    this.#writing = next.catch(() => undefined); // the caller gets the error
    return next;
  }
}
