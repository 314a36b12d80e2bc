import assert from "node:assert/strict";
import type { RegisteredSchema, SchemaBook } from "../../pipeline/formats/records.ts";
import type { FetchedRecords } from "../../runtime/kafka/source.ts";
import { SchemaWait } from "./schema_wait.ts";

/** Records whose first offset is the id that they name. */
function records(id: number): FetchedRecords {
  const batch = {
    bytes: new Uint8Array(0),
    count: 1,
    offsets: Float64Array.of(id),
    timestamps: Float64Array.of(0),
    keys: Int32Array.of(-1, -1),
    values: Int32Array.of(-1, -1),
  };
  return { partition: 3, batches: [batch], nextOffset: id + 1, highWatermark: 100 };
}

Deno.test("records are held in their order until their schemas are known, and reading pauses as long", async () => {
  const events: string[] = [];
  const known = new Set([1]);
  const schemas: SchemaBook = {
    missing: (each) => [...(each as unknown as { offsets: Float64Array }).offsets].filter((id) => !known.has(id)),
    learn: (id, found) => {
      known.add(id);
      events.push(`learn ${id}: ${found}`);
    },
    forget: (id) => {
      known.delete(id);
      events.push(`forget ${id}`);
    },
  };
  const partition = { schemas, take: ({ nextOffset }: FetchedRecords) => void events.push(`take ${nextOffset - 1}`) };
  const asked = new Map<number, PromiseWithResolvers<RegisteredSchema | string>>();
  const resumed = Promise.withResolvers<void>();
  const wait = new SchemaWait({
    lookUp: (id) => {
      asked.set(id, Promise.withResolvers());
      return asked.get(id)!.promise;
    },
    pause: () => void events.push("pause"),
    resume: () => {
      events.push("resume");
      resumed.resolve();
    },
    failed: (error) => resumed.reject(error),
  });
  wait.pass(partition, records(1));
  wait.pass(partition, records(2));
  wait.pass(partition, records(1));
  assert.deepEqual(events, ["take 1", "pause", "pause"]);
  asked.get(2)!.resolve("not there");
  await resumed.promise;
  assert.deepEqual(events.slice(3), ["learn 2: not there", "take 2", "forget 2", "take 1", "resume"]);
  wait.pass(partition, records(2));
  assert.equal(events.at(-1), "pause");
});
