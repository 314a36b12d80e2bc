import assert from "node:assert/strict";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "../nats/transport.ts";
import type { NatsConnection } from "@nats-io/nats-core";
import { dlqStream, dlqSubject } from "../nats/names.ts";
import { deadLetterStream } from "../nats/streams.ts";
import { type NatsServer, startNatsServer } from "../services/nats.ts";
import { BadCursor, DlqNotFound, DlqReader } from "./reader.ts";

interface Bed {
  nc: NatsConnection;
  server: NatsServer;
  /** A fresh queue: its hash, and a function that adds entries `from … to`. */
  queue(): Promise<{ hash: string; add(from: number, to: number, component?: string): Promise<void> }>;
}

async function withBed(work: (bed: Bed) => Promise<void>): Promise<void> {
  const storeDir = await Deno.makeTempDir();
  const server = await startNatsServer({ storeDir, profile: "fast" });
  const nc = await connect({ servers: server.url });
  try {
    const jsm = await jetstreamManager(nc);
    const js = jetstream(nc);
    let queues = 0;
    await work({
      nc,
      server,
      async queue() {
        const hash = `0000000${queues++}`;
        await jsm.streams.add(deadLetterStream(hash, { maxBytes: -1 }));
        return {
          hash,
          async add(from, to, component = "sink") {
            for (let i = from; i <= to; i++) {
              const body = { component, error: `error ${i}`, original_message: `{"n":${i}}`, origin: "o", position: i };
              await js.publish(dlqSubject(hash, component, "o", i), JSON.stringify(body), {
                expect: { lastSubjectSequence: 0 },
              });
            }
          },
        };
      },
    });
  } finally {
    await nc.close();
    await server.stop();
    await Deno.remove(storeDir, { recursive: true });
  }
}

const numbers = (entries: { original_message: string }[]) => entries.map((e) => JSON.parse(e.original_message).n);

Deno.test("dead-letter queue", async (t) => {
  await withBed(async ({ nc, queue }) => {
    const reader = new DlqReader(nc);

    await t.step("without a stream there is no queue", async () => {
      for (
        const call of [
          () => reader.state("ffffffff"),
          () => reader.consume("ffffffff", 1),
          () => reader.purge("ffffffff"),
        ]
      ) {
        await assert.rejects(call, DlqNotFound);
      }
    });

    await t.step("an empty queue", async () => {
      const { hash } = await queue();
      assert.deepEqual(await reader.state(hash), {
        last_received_at: null,
        last_consumed_at: null,
        total_messages: 0,
        unconsumed_messages: 0,
      });
      assert.deepEqual(await reader.consume(hash, 10), []);
      assert.deepEqual(await reader.list(hash, 10), { messages: [], has_more: false });
      assert.deepEqual(await reader.discard(hash, "all"), { discarded_count: 0, unknown_ids: [] });
      await reader.purge(hash);
      assert.equal(await reader.sweep(hash), 0);
    });

    await t.step("consume takes the oldest, each once, and the identity stays", async () => {
      const { hash, add } = await queue();
      await add(1, 5);
      assert.deepEqual(await reader.consume(hash, 2), [
        { component: "sink", error: "error 1", original_message: '{"n":1}' },
        { component: "sink", error: "error 2", original_message: '{"n":2}' },
      ]);
      const state = await reader.state(hash);
      assert.equal(state.total_messages, 5);
      assert.equal(state.unconsumed_messages, 3);
      assert.ok(state.last_consumed_at !== null && state.last_received_at !== null);
      await assert.rejects(add(1, 1), "a late repetition of a consumed entry is refused");
      assert.deepEqual(numbers(await reader.consume(hash, 1000)), [3, 4, 5]);
      assert.deepEqual(await reader.consume(hash, 1), []);
      await add(6, 6);
      assert.deepEqual(numbers(await reader.consume(hash, 1)), [6]);
    });

    await t.step("concurrent callers share the entries without loss or repetition", async () => {
      const { hash, add } = await queue();
      await add(1, 60);
      const others = [reader, new DlqReader(nc), new DlqReader(nc)];
      const taken = await Promise.all(Array.from({ length: 12 }, (_, i) => others[i % 3].consume(hash, 5)));
      assert.deepEqual(taken.flatMap(numbers).sort((a, b) => a - b), Array.from({ length: 60 }, (_, i) => i + 1));
    });

    await t.step("list pages through what is unconsumed and takes nothing", async () => {
      const { hash, add } = await queue();
      await add(1, 3);
      await add(4, 5, "dedup");
      await add(6, 7);
      await reader.consume(hash, 1);
      const first = await reader.list(hash, 4);
      assert.deepEqual(first.messages.map((m) => m.message_id), ["2", "3", "4", "5"]);
      assert.ok(first.has_more && first.next_cursor === "5");
      assert.match(first.messages[0].received_at, /^\d{4}-.*Z$/);
      const second = await reader.list(hash, 4, first.next_cursor);
      assert.deepEqual(numbers(second.messages), [6, 7]);
      assert.deepEqual([second.has_more, second.next_cursor], [false, undefined]);
      assert.deepEqual(numbers((await reader.list(hash, 10, undefined, "dedup")).messages), [4, 5]);
      assert.deepEqual(await reader.list(hash, 10, undefined, "join"), { messages: [], has_more: false });
      await assert.rejects(reader.list(hash, 10, "x"), BadCursor);
      assert.equal((await reader.state(hash)).unconsumed_messages, 6);
    });

    await t.step("discard by id and discard all", async () => {
      const { hash, add } = await queue();
      await add(1, 6);
      await reader.consume(hash, 1);
      assert.deepEqual(await reader.discard(hash, ["3", "5", "3", "1", "99", "abc"]), {
        discarded_count: 2,
        unknown_ids: ["1", "99", "abc"],
      });
      const state = await reader.state(hash);
      assert.deepEqual([state.total_messages, state.unconsumed_messages], [4, 3]);
      assert.deepEqual(numbers((await reader.list(hash, 10)).messages), [2, 4, 6]);
      assert.deepEqual(numbers(await reader.consume(hash, 2)), [2, 4]);
      assert.deepEqual(await reader.discard(hash, "all"), { discarded_count: 1, unknown_ids: [] });
      assert.deepEqual((await reader.state(hash)).total_messages, 3, "what was consumed still counts");
      assert.deepEqual(await reader.consume(hash, 10), []);
    });

    await t.step("purge empties the queue for clients, and keeps young identities", async () => {
      const { hash, add } = await queue();
      await add(1, 4);
      await reader.consume(hash, 1);
      await reader.purge(hash);
      await reader.purge(hash);
      const state = await reader.state(hash);
      assert.deepEqual([state.total_messages, state.unconsumed_messages, state.last_received_at], [0, 0, null]);
      await assert.rejects(add(2, 2), "a late repetition of a purged entry is refused");
      await add(5, 5);
      assert.deepEqual(numbers(await reader.consume(hash, 10)), [5]);
    });

    await t.step("old consumed entries are removed, unconsumed ones never", async () => {
      const { hash, add } = await queue();
      await add(1, 6);
      await reader.consume(hash, 2);
      await reader.discard(hash, ["5"]);
      const jsm = await jetstreamManager(nc);
      assert.equal(await reader.sweep(hash), 0);
      const tomorrow = new DlqReader(nc, { now: () => Date.now() + 25 * 3_600_000 });
      assert.equal(await tomorrow.sweep(hash), 3);
      assert.equal((await jsm.streams.info(dlqStream(hash))).state.messages, 3);
      const state = await reader.state(hash);
      assert.deepEqual([state.total_messages, state.unconsumed_messages], [3, 3]);
      assert.deepEqual(numbers(await tomorrow.consume(hash, 2)), [3, 4]);
      assert.equal(await tomorrow.sweep(hash), 2);
      await tomorrow.purge(hash);
      assert.equal((await jsm.streams.info(dlqStream(hash))).state.messages, 0);
      await add(7, 8);
      assert.deepEqual(numbers(await reader.consume(hash, 10)), [7, 8]);
    });

    await t.step("an unreadable entry is handed out as text and hides nothing", async () => {
      const { hash, add } = await queue();
      await add(1, 1);
      await jetstream(nc).publish(dlqSubject(hash, "ingestor", "o", 9), "not json");
      await jetstream(nc).publish(dlqSubject(hash, "sink", "o", 10), '{"component":1}');
      const entries = await reader.consume(hash, 10);
      assert.equal(entries.length, 3);
      assert.deepEqual([entries[1].component, entries[1].original_message], ["ingestor", "not json"]);
      assert.equal(entries[2].original_message, '{"component":1}');
    });

    await t.step("a stream made again starts with nothing consumed", async () => {
      const { hash, add } = await queue();
      await add(1, 2);
      await reader.consume(hash, 2);
      const jsm = await jetstreamManager(nc);
      await jsm.streams.delete(dlqStream(hash));
      await jsm.streams.add(deadLetterStream(hash, { maxBytes: -1 }));
      await add(3, 3);
      assert.deepEqual(numbers(await reader.consume(hash, 10)), [3]);
    });
  });
});
