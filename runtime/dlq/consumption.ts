/**
 * What has been taken out of a dead-letter stream, as one record under one key of the pipeline's KV bucket.
 *
 * Entries stay in the stream after they are consumed, because their subject is their identity; so "consumed" is a fact
 * beside the stream. Keeping it in one compare-and-set record (instead of a consumer's acknowledgements) makes consume,
 * discard and purge atomic: an entry is handed to exactly one caller, also with several API processes.
 */
import type { KV } from "@nats-io/kv";
import { CasRecord, type Versioned } from "../nats/record.ts";
import { type Range, SequenceSet } from "./sequence_set.ts";

export const CONSUMPTION_KEY = "dlq";

interface StoredConsumption {
  format: 1;
  /** Creation time of the stream the sequences belong to. */
  incarnation: string;
  taken: readonly Range[];
  hidden: readonly Range[];
  lastConsumedAt: string | null;
}

export interface Consumption {
  /** Entries no longer offered: consumed, discarded or purged. */
  readonly taken: SequenceSet;
  /** Those of `taken` that count as removed: discarded or purged. */
  readonly hidden: SequenceSet;
  readonly lastConsumedAt: string | null;
}

/** The record has grown beyond what it may hold. */
export class TooManyGaps extends Error {
  override readonly name = "TooManyGaps";
}

/** About 24 bytes each in a value of at most 1 MiB. */
const MOST_RANGES = 30_000;
const NOTHING: Consumption = { taken: SequenceSet.empty, hidden: SequenceSet.empty, lastConsumedAt: null };

export class ConsumptionRecord {
  readonly #record: CasRecord<StoredConsumption>;
  #seen: Versioned<StoredConsumption> | null = null;

  constructor(kv: KV, private readonly incarnation: string) {
    this.#record = new CasRecord(kv, CONSUMPTION_KEY);
  }

  async read(): Promise<Consumption> {
    this.#seen = await this.#record.read();
    const value = this.#seen?.value;
    if (!value || value.incarnation !== this.incarnation) return NOTHING;
    return {
      taken: SequenceSet.of(value.taken),
      hidden: SequenceSet.of(value.hidden),
      lastConsumedAt: value.lastConsumedAt,
    };
  }

  /** Writes over what `read` saw last; false when somebody else wrote since. */
  async write(next: Consumption): Promise<boolean> {
    if (next.taken.ranges.length + next.hidden.ranges.length > MOST_RANGES) {
      throw new TooManyGaps("too many single entries were discarded; consume or purge the queue first");
    }
    const stored: StoredConsumption = {
      format: 1,
      incarnation: this.incarnation,
      taken: next.taken.ranges,
      hidden: next.hidden.ranges,
      lastConsumedAt: next.lastConsumedAt,
    };
    const written = await this.#record.write(stored, this.#seen?.revision ?? 0);
    return written !== null;
  }
}
