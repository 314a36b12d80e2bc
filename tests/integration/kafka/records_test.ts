/** What brokers can hold, read by both clients: codecs, transactions, nulls, gaps. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import kafkajs from "kafkajs";
import { KAFKA_CLIENTS } from "../../../runtime/kafka/mod.ts";
import { type Kafka, startKafka } from "../../services/kafka.ts";
import { createTopic } from "../../services/kafka_producer.ts";
import { serviceTest } from "../../services/mod.ts";
import { groupOffsets, Member, settingsFor } from "./bed.ts";

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `{"id":${from + i}}`);

function producer(kafka: Kafka, more: Partial<kafkajs.ProducerConfig> = {}): kafkajs.Producer {
  const { Kafka: Client, Partitioners, logLevel } = kafkajs;
  return new Client({ clientId: "test", brokers: [kafka.broker()], logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    ...more,
  });
}

serviceTest("every codec, keys, tombstones; aborted transactions and markers are no records", ["kafka"], async () => {
  const kafka = await startKafka();
  try {
    await createTopic(kafka, "codecs", 1);
    for (const [i, codec] of CODECS.entries()) {
      // As large as a batch gets, and repetitive, so that it is really compressed.
      await kafka.produce("codecs", ids(i * 1_000, (i + 1) * 1_000), ["--compression-codec", codec]);
    }
    await createTopic(kafka, "odd", 1);
    const plain = producer(kafka);
    await plain.connect();
    const messages = [{ key: "k", value: "1" }, { key: null, value: "2" }, { key: "gone", value: null }, {
      value: "3",
      headers: { h: "v", n: Buffer.from([0, 255]) },
    }];
    await plain.send({ topic: "odd", messages });
    const transactional = producer(kafka, { transactionalId: "t", idempotent: true, maxInFlightRequests: 1 });
    await transactional.connect();
    for (const [value, ends] of [["4", "commit"], ["never", "abort"], ["5", "commit"]] as const) {
      const transaction = await transactional.transaction();
      await transaction.send({ topic: "odd", messages: [{ value }] });
      await transaction[ends]();
    }
    await plain.disconnect();
    await transactional.disconnect();
    for (const client of KAFKA_CLIENTS) {
      const codecs = await Member.join(settingsFor(kafka, "codecs", { client, groupId: `codecs-${client}` }));
      await codecs.until(({ seen }) => seen.length >= 5_000);
      assert.deepEqual(codecs.values(), ids(0, 5_000), client);
      assert.deepEqual(codecs.seen.map(({ offset }) => offset), Array.from({ length: 5_000 }, (_, i) => i));
      await codecs.leave();
      const odd = await Member.join(settingsFor(kafka, "odd", { client, groupId: `odd-${client}` }));
      await odd.until(({ seen }) => seen.length >= 6);
      assert.deepEqual(odd.values(), ["1", "2", null, "3", "4", "5"], client);
      assert.deepEqual(
        odd.seen.slice(0, 3).map(({ key }) => key),
        client === "kafkajs" ? ["k", null, null] : ["k", null, "gone"],
      );
      await odd.until(({ next }) => next.get(0)! >= 9);
      if (client === "platformatic") {
        await odd.until(({ next }) => next.get(0) === 10);
        await odd.source.commit(odd.next);
        assert.deepEqual((await groupOffsets(kafka, `odd-${client}`)).get(0), [10, 10]);
      }
      await odd.leave();
    }
  } finally {
    await kafka.stop();
  }
});
