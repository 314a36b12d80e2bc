/**
 * Holds a partition's records until the schemas that they name are known, in their order; other partitions go on. Records
 * whose schemas are known, nearly all, pass at once.
 */
import type { SchemaBook } from "../../pipeline/formats/records.ts";
import type { RegisteredSchema } from "../../pipeline/formats/records.ts";
import type { FetchedRecords } from "../../runtime/kafka/source.ts";

/** A partition as far as it is needed here. */
export interface Holding {
  readonly schemas: SchemaBook | undefined;
  take(records: FetchedRecords, now: number): void;
}

export interface SchemaWaitOptions {
  lookUp(id: number): Promise<RegisteredSchema | string>;
  pause(partition: number): void;
  resume(partition: number): void;
  failed(error: unknown): void;
}

export class SchemaWait {
  readonly #held = new Map<Holding, FetchedRecords[]>();

  constructor(readonly options: SchemaWaitOptions) {}

  pass(partition: Holding, records: FetchedRecords): void {
    const held = this.#held.get(partition);
    if (held) {
      held.push(records);
      this.options.pause(records.partition);
    } else if (missing(partition, records).length === 0) partition.take(records, Date.now());
    else {
      this.#held.set(partition, [records]);
      this.options.pause(records.partition);
      this.#release(partition, records.partition).catch(this.options.failed);
    }
  }

  async #release(partition: Holding, number: number): Promise<void> {
    const held = this.#held.get(partition)!;
    try {
      for (let next = held.shift(); next; next = held.shift()) {
        const absent: number[] = [];
        for (const id of missing(partition, next)) {
          const found = await this.options.lookUp(id);
          if (typeof found === "string") absent.push(id);
          partition.schemas!.learn(id, found);
        }
        partition.take(next, Date.now());
        // It may be registered by the time that the next records come.
        for (const id of absent) partition.schemas!.forget(id);
      }
    } finally {
      this.#held.delete(partition);
    }
    this.options.resume(number);
  }
}

function missing({ schemas }: Holding, { batches }: FetchedRecords): number[] {
  return schemas ? [...new Set(batches.flatMap((batch) => schemas.missing(batch)))] : [];
}
