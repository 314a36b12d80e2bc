/**
 * The open buckets of this machine's pipelines. A bucket is forgotten when its pipeline is deleted, for the next pipeline
 * of that id has another one; one that could not be opened is tried again.
 */
import type { KV } from "@nats-io/kv";

export class Buckets {
  readonly #open = new Map<string, Promise<KV>>();

  constructor(readonly begin: (hash: string) => Promise<KV>) {}

  open(hash: string): Promise<KV> {
    const known = this.#open.get(hash);
    if (known) return known;
    const opening = this.begin(hash);
    this.#open.set(hash, opening);
    opening.catch(() => {
      if (this.#open.get(hash) === opening) this.#open.delete(hash);
    });
    return opening;
  }

  forget(hash: string): void {
    this.#open.delete(hash);
  }
}
