/**
 * A JSON record under one key of a KV bucket, changed only by compare-and-set. A write whose answer was lost is settled by
 * reading the record again: every write carries a nonce.
 */
import type { KV } from "@nats-io/kv";
import { JetStreamApiError } from "@nats-io/jetstream";
import { Unavailable } from "../errors.ts";

export interface Versioned<T> {
  readonly value: T;
  readonly revision: number;
}

interface Envelope<T> {
  readonly nonce: string;
  readonly value: T;
}

export class CasRecord<T> {
  /** Nonces of own writes whose outcome is unknown. */
  readonly #unsettled = new Set<string>();

  constructor(readonly kv: KV, readonly key: string) {}

  /** The record as it is now; null when there is none. Throws {@link Unavailable}. */
  async read(): Promise<Versioned<T> | null> {
    const entry = await this.#read();
    return entry ? { value: entry.value.value, revision: entry.revision } : null;
  }

  /** Writes over `revision` (0 = must not exist). Null = somebody else wrote first. Throws {@link Unavailable}: unknown. */
  async write(value: T, revision: number): Promise<Versioned<T> | null> {
    const envelope: Envelope<T> = { nonce: crypto.randomUUID(), value };
    const data = JSON.stringify(envelope);
    try {
      const next = revision === 0
        ? await this.kv.create(this.key, data)
        : await this.kv.update(this.key, data, revision);
      this.#unsettled.clear();
      return { value, revision: next };
    } catch (cause) {
      // Refused, or no answer: in both cases the record itself says whether this very write is what it holds.
      this.#unsettled.add(envelope.nonce);
      const now = await this.#read();
      if (now?.value.nonce === envelope.nonce) return { value, revision: now.revision };
      // An earlier write of this owner landed after all: this one goes on top of it.
      if (now && this.#unsettled.has(now.value.nonce)) return await this.write(value, now.revision);
      if (cause instanceof JetStreamApiError) return null;
      if (now && now.revision !== revision) return null;
      throw new Unavailable(`NATS did not confirm the write of ${this.key}`, { cause });
    }
  }

  async #read(): Promise<Versioned<Envelope<T>> | null> {
    try {
      const entry = await this.kv.get(this.key);
      if (!entry || entry.operation !== "PUT") return null;
      return { value: entry.json<Envelope<T>>(), revision: entry.revision };
    } catch (cause) {
      throw new Unavailable(`NATS did not answer the read of ${this.key}`, { cause });
    }
  }
}
