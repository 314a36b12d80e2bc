/**
 * A JSON record under one key of a KV bucket, changed only by compare-and-set. A write whose answer was lost is settled by
 * reading the record again: every write carries a nonce.
 */
import type { KV, KvEntry } from "@nats-io/kv";
import { messageOf, Unavailable } from "../errors.ts";
import { apiErrorCode } from "./api_error.ts";

export interface Versioned<T> {
  readonly value: T;
  readonly revision: number;
}

interface Envelope<T> {
  readonly nonce: string;
  readonly value: T;
}

/** JetStream's "wrong last sequence": the only refusal that says that somebody else wrote. */
const OUTWRITTEN = new Set([10071, 10164]);

/** Reads and writes tried in a row before a record that keeps changing counts as unavailable. */
const ATTEMPTS = 8;

/** What a record needs of a bucket. */
export interface RecordStore {
  get(key: string): Promise<Pick<KvEntry, "operation" | "revision" | "json"> | null>;
  create: KV["create"];
  update: KV["update"];
}

export class CasRecord<T> {
  /** Nonces of own writes whose outcome is unknown. */
  readonly #unsettled = new Set<string>();

  constructor(readonly kv: RecordStore, readonly key: string) {}

  /** The record as it is now; null when there is none. Throws {@link Unavailable}. */
  async read(): Promise<Versioned<T> | null> {
    const entry = await this.#read();
    return entry ? { value: entry.value.value, revision: entry.revision } : null;
  }

  /**
   * Writes over `revision` (0 = must not exist). Null = somebody else wrote first. Throws {@link Unavailable} when the
   * outcome is unknown or the server cannot store it now: the same write may be tried again.
   */
  async write(value: T, revision: number): Promise<Versioned<T> | null> {
    let base = revision;
    let cause: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const envelope: Envelope<T> = { nonce: crypto.randomUUID(), value };
      const data = JSON.stringify(envelope);
      try {
        const next = base === 0 ? await this.kv.create(this.key, data) : await this.kv.update(this.key, data, base);
        this.#unsettled.clear();
        return { value, revision: next };
      } catch (error) {
        cause = error;
      }
      // Refused, or no answer: in both cases the record itself says whether this very write is what it holds.
      const outwritten = OUTWRITTEN.has(apiErrorCode(cause) ?? 0);
      if (!outwritten) this.#unsettled.add(envelope.nonce);
      const now = await this.#read();
      if (now?.value.nonce === envelope.nonce) {
        this.#unsettled.clear();
        return { value, revision: now.revision };
      }
      const found = now?.revision ?? 0;
      if (now && this.#unsettled.has(now.value.nonce)) {
        base = found; // an earlier write of this owner landed after all: this one goes on top of it
      } else if (found > base || (found === 0 && base > 0)) {
        return null; // overwritten, or the key was deleted
      } else {
        break; // nothing landed (yet), or a replica answered the read with what was
      }
    }
    throw new Unavailable(`NATS did not confirm the write of ${this.key}: ${messageOf(cause)}`, { cause });
  }

  async #read(): Promise<Versioned<Envelope<T>> | null> {
    try {
      const entry = await this.kv.get(this.key);
      if (!entry || entry.operation !== "PUT") return null;
      return { value: entry.json<Envelope<T>>(), revision: entry.revision };
    } catch (cause) {
      throw new Unavailable(`NATS did not answer the read of ${this.key}: ${messageOf(cause)}`, { cause });
    }
  }
}
