/** Discovery against a real broker: topics with partitions, records forwards and backwards, and what is not there. */
import assert from "node:assert/strict";
import { withApi } from "../../../handlers/api/api_bed.ts";
import { startKafka } from "../../services/kafka.ts";
import { createTopic } from "../../services/kafka_producer.ts";
import { serviceTest } from "../../services/mod.ts";

interface Answer {
  readonly message: string;
  readonly topics: unknown;
  readonly events: { readonly value: { readonly text: string } }[];
  readonly is_at_earliest: boolean;
  readonly is_at_latest: boolean;
  readonly is_empty: boolean;
}

serviceTest("topics, and records of one forwards and backwards", ["kafka"], async () => {
  const kafka = await startKafka();
  try {
    await createTopic(kafka, "orders", 1);
    await createTopic(kafka, "empty", 3);
    await kafka.produce("orders", Array.from({ length: 50 }, (_, i) => `{"id":${i}}`), ["--compression-codec", "gzip"]);
    const connection_params = { brokers: [kafka.broker()], protocol: "PLAINTEXT", mechanism: "NO_AUTH" };
    await withApi(async ({ call }) => {
      const ask = async (path: string, more: Record<string, unknown> = {}) => {
        const answer = await call("POST", `/api/v1/discovery/kafka/${path}`, { connection_params, ...more });
        return { ...answer.json() as unknown as Answer, status: answer.status };
      };
      assert.deepEqual(await ask("test"), { connected: true, brokers: 1, topics: 2, status: 200 });
      assert.deepEqual((await ask("topics")).topics, [{ name: "empty", partitions: 3 }, {
        name: "orders",
        partitions: 1,
      }]);
      const events = async (more: Record<string, unknown>) => {
        const { events, is_at_earliest, is_at_latest, is_empty } = await ask("events", { topic: "orders", ...more });
        const values = events.map(({ value }) => JSON.parse(value.text).id);
        return [values, is_at_earliest, is_at_latest, is_empty];
      };
      assert.deepEqual(await events({}), [[0], true, false, false]);
      assert.deepEqual(await events({ offset: 10, limit: 3 }), [[10, 11, 12], false, false, false]);
      assert.deepEqual(await events({ direction: "previous", limit: 2 }), [[48, 49], false, true, false]);
      assert.deepEqual(await events({ direction: "previous", offset: 10, limit: 2 }), [[8, 9], false, false, false]);
      assert.deepEqual(await events({ direction: "previous", offset: 0 }), [[], true, false, false]);
      assert.deepEqual(await events({ topic: "empty" }), [[], true, true, true]);
      assert.deepEqual(await events({ offset: 50 }), [[], false, true, false]);
      const missing = await ask("events", { topic: "nothing" });
      assert.equal(missing.status, 422);
      assert.match(missing.message, /nothing/);
      assert.match((await ask("events", { topic: "orders", partition: 4 })).message, /partitions 0 to 0/);
    });
  } finally {
    await kafka.stop();
  }
});
