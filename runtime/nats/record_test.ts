import assert from "node:assert/strict";
import fc from "fast-check";
import { JetStreamApiError } from "@nats-io/jetstream";
import { FencedOut, Unavailable } from "../errors.ts";
import { Lane, type LaneRecord } from "../lane.ts";
import { CasRecord, type RecordStore } from "./record.ts";

/** What becomes of a request: answered, stored without an answer, stored later, lost; a read may fail. */
type Fate = "ok" | "answer lost" | "late" | "lost";

/** One key with compare-and-set, whose answers go missing by a script. */
class FlakyStore implements RecordStore {
  data: { revision: number; text: string } | null = null;
  written: string[] = [];
  #late: (() => void)[] = [];

  constructor(readonly fates: Fate[]) {}

  get() {
    const fate = this.fates.shift() ?? "ok";
    if (fate !== "ok") return Promise.reject(new Error("timeout"));
    const { data } = this;
    if (!data) return Promise.resolve(null);
    return Promise.resolve({
      operation: "PUT" as const,
      revision: data.revision,
      json: <T>() => JSON.parse(data.text) as T,
    });
  }

  create = (_key: string, data: unknown) => this.#put(String(data), 0);
  update = (_key: string, data: unknown, revision: number) => this.#put(String(data), revision);

  #put(text: string, expected: number): Promise<number> {
    const fate = this.fates.shift() ?? "ok";
    const store = () => {
      if ((this.data?.revision ?? 0) !== expected) return false;
      this.data = { revision: expected + 1, text };
      this.written.push(text);
      return true;
    };
    if (fate === "late") this.#late.push(store);
    const stored = fate === "ok" || fate === "answer lost" ? store() : false;
    if (fate !== "ok") return Promise.reject(new Error("timeout"));
    for (const late of this.#late.splice(0)) late(); // what was under way arrives behind this one
    if (stored) return Promise.resolve(this.data!.revision);
    return Promise.reject(refused(10071, "wrong last sequence"));
  }
}

const refused = (err_code: number, description: string) =>
  new JetStreamApiError({ code: err_code === 10071 ? 400 : 503, err_code, description });

const forever = new AbortController().signal;
const claim = (store: RecordStore, owner: string) =>
  Lane.claim(new CasRecord<LaneRecord>(store, "lane.0"), { owner, claiming: forever, owning: forever });

Deno.test("whatever answers are lost, a lone owner's changes are in the record exactly once, in order", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom<Fate>("ok", "ok", "answer lost", "late", "lost"), { maxLength: 4 }),
      fc.array(fc.constantFrom<Fate>("ok", "ok", "answer lost", "late", "lost"), { maxLength: 4 }),
      async (first, second) => {
        const store = new FlakyStore([]);
        const lane = await claim(store, "a");
        for (const fates of [first, second]) {
          store.fates.push(...fates);
          await lane.change((now) => ({ ...now, ledger: { ...now.ledger, accepted: now.ledger.accepted + 1 } }));
          store.fates.length = 0;
        }
        const record = await new CasRecord<LaneRecord>(store, "lane.0").read();
        assert.equal(record!.value.ledger.accepted, 2);
        assert.equal(record!.value.epoch, 1);
      },
    ),
    { numRuns: 40 },
  ));

Deno.test("of two owners the older is fenced by its next write, whatever it was", async () => {
  const store = new FlakyStore([]);
  const old = await claim(store, "a");
  const heir = await claim(store, "b");
  await assert.rejects(old.change((now) => now), FencedOut);
  await assert.rejects(old.confirm(0), FencedOut);
  await heir.confirm(0);
  assert.equal(heir.value.epoch, 2);
});

Deno.test("a lost answer of the old owner does not hide that the heir wrote", async () => {
  const store = new FlakyStore([]);
  const old = await claim(store, "a");
  const heir = await claim(store, "b");
  store.fates.push("lost", "lost", "lost", "ok");
  await assert.rejects(old.change((now) => now), FencedOut);
  await heir.confirm(0);
});

Deno.test("a server that cannot store is no lost ownership", async () => {
  const store = new FlakyStore([]);
  const record = new CasRecord<{ n: number }>(store, "k");
  await record.write({ n: 1 }, 0);
  store.update = () => Promise.reject(refused(10077, "maximum bytes exceeded"));
  await assert.rejects(record.write({ n: 2 }, 1), Unavailable);
});

Deno.test("a deleted record is a lost one", async () => {
  const store = new FlakyStore([]);
  const record = new CasRecord<{ n: number }>(store, "k");
  await record.write({ n: 1 }, 0);
  store.data = null;
  assert.equal(await record.write({ n: 2 }, 1), null);
});
