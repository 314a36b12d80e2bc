/**
 * Schemas by id for a running source. An id's schema never changes, so it is asked for once; an id that is not there is asked
 * for again after a while. A registry that does not answer is waited for: nothing is decided without it.
 */
import type { RegisteredSchema } from "../../pipeline/formats/records.ts";
import { messageOf } from "../errors.ts";
import { sleep } from "../nats/publish.ts";
import type { SchemaRegistryClient } from "./client.ts";
import { RegistryRefused } from "./errors.ts";

const LONGEST_PAUSE_MS = 10_000;
const ABSENT_FOR_MS = 5_000;

export interface SchemaCacheOptions {
  readonly signal: AbortSignal;
  /** Why records wait; null: they do not. */
  readonly waiting: (reason: string | null, personMustAct: boolean) => void;
  readonly firstPauseMs?: number;
  /** How long an id counts as absent. */
  readonly absentForMs?: number;
}

export class SchemaCache {
  readonly #found = new Map<number, Promise<RegisteredSchema | string>>();
  /** Id → until when it is not asked for again. */
  readonly #absentUntil = new Map<number, number>();

  constructor(readonly registry: Pick<SchemaRegistryClient, "schema">, readonly options: SchemaCacheOptions) {}

  /** The schema, or why its records cannot be read. Rejects when the signal ends the wait. */
  get(id: number): Promise<RegisteredSchema | string> {
    const known = this.#found.get(id);
    if (known && performance.now() < (this.#absentUntil.get(id) ?? Infinity)) return known;
    const asked = this.#ask(id);
    this.#found.set(id, asked);
    asked.then((found) => {
      const until = performance.now() + (this.options.absentForMs ?? ABSENT_FOR_MS);
      if (typeof found === "string") this.#absentUntil.set(id, until);
      else this.#absentUntil.delete(id);
    }, () => this.#found.delete(id));
    return asked;
  }

  async #ask(id: number): Promise<RegisteredSchema | string> {
    const { signal, waiting, firstPauseMs = 500 } = this.options;
    for (let pause = firstPauseMs;; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const found = await this.registry.schema(id);
        waiting(null, false);
        return found ?? `schema not found: the registry has no schema with id ${id}`;
      } catch (error) {
        signal.throwIfAborted();
        waiting(messageOf(error), error instanceof RegistryRefused);
        await sleep(pause, signal);
      }
    }
  }
}
