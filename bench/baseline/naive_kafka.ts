/** Baseline of `bench/kafka.ts`: kafkajs, `JSON.parse`, JSONEachRow inserts. Frozen: change it and figures lose their meaning. */
import process from "node:process";
import { createClient } from "@clickhouse/client";
import kafkajs from "kafkajs";

export const NAIVE_KAFKA_VARIABLE = "GLASSFLOW_BENCH_NAIVE_KAFKA";

export interface NaiveKafkaTask {
  readonly broker: string;
  readonly topic: string;
  readonly records: number;
  readonly group: string;
  readonly clickhouse: { readonly url: string; readonly user: string; readonly password: string };
  readonly table: string;
}

if (import.meta.main) {
  const task = JSON.parse(Deno.env.get(NAIVE_KAFKA_VARIABLE)!) as NaiveKafkaTask;
  const { url, user, password } = task.clickhouse;
  const target = createClient({ url, username: user, password });
  const client = new kafkajs.Kafka({ clientId: "naive", brokers: [task.broker], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = client.consumer({ groupId: task.group });
  const done = Promise.withResolvers<void>();
  let began = 0, cpu = 0, written = 0;
  const spent = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    began = performance.now();
    cpu = spent();
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [task.topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const values = batch.messages.map(({ value }) => JSON.parse(value!.toString()));
      await target.insert({ table: task.table, values, format: "JSONEachRow" });
      written += values.length;
      if (written >= task.records) done.resolve();
    },
  });
  await done.promise;
  // What came beyond the wanted number counts, too.
  const share = task.records / written;
  console.log(
    JSON.stringify({ seconds: (performance.now() - began) / 1_000 * share, cpu: (spent() - cpu) * share }),
  );
  Deno.exit(0);
}
