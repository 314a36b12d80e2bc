/** Groups: replicas, rebalances, static members, topics that grow, vanish and come again, brokers that go and come back. */
import assert from "node:assert/strict";
import { Admin } from "@platformatic/kafka";
import { KAFKA_CLIENTS } from "../../../runtime/kafka/mod.ts";
import { type Kafka, startKafka } from "../../services/kafka.ts";
import { createTopic } from "../../services/kafka_producer.ts";
import { serviceTest } from "../../services/mod.ts";
import { groupOffsets, Member, settingsFor } from "./bed.ts";

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `{"id":${from + i}}`);
/** Spreads records over partitions. */
const KEYED = ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"];
const keyed = (values: readonly string[]) => values.map((value, i) => `${i}:${value.replaceAll(":", "=")}`);

async function withKafka(use: (kafka: Kafka) => Promise<void>): Promise<void> {
  const kafka = await startKafka();
  try {
    await use(kafka);
  } finally {
    await kafka.stop();
  }
}

async function withAdmin(kafka: Kafka, use: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [kafka.broker()] });
  try {
    await use(admin);
  } finally {
    await admin.close();
  }
}

/** Every partition is read by exactly one member. */
function shared(members: readonly Member[], partitions: number): boolean {
  const all = members.flatMap(({ assigned }) => [...assigned.keys()]).sort();
  return all.length === partitions && new Set(all).size === partitions;
}

serviceTest(
  "members share the partitions, and take over from those that leave",
  ["kafka"],
  () =>
    withKafka(async (kafka) => {
      await createTopic(kafka, "shared", 4);
      for (const client of KAFKA_CLIENTS) {
        const join = (name: string) =>
          Member.join(
            settingsFor(kafka, "shared", { client, groupId: `shared-${client}`, instanceId: `${client}-${name}` }),
          );
        const first = await join("a");
        await first.until(({ assigned }) => assigned.size === 4);
        const second = await join("b");
        await second.until(({ assigned }) => assigned.size === 2);
        await first.until(({ assigned }) => assigned.size === 2);
        assert.ok(shared([first, second], 4), client);
        await first.leave();
        await second.until(({ assigned }) => assigned.size === 4);
        await second.leave();
      }
    }),
);

serviceTest(
  "a group begins where it was told to, and goes on where it committed",
  ["kafka"],
  () =>
    withKafka(async (kafka) => {
      for (const client of KAFKA_CLIENTS) {
        const topic = `starts-${client}`;
        await createTopic(kafka, topic, 1);
        await kafka.produce(topic, ids(0, 10));
        const settings = settingsFor(kafka, topic, { client, initial: "latest" });
        const latest = await Member.join(settings);
        await latest.until(({ assigned }) => assigned.get(0)?.offset === 10);
        await latest.leave();
        // Nothing was committed by hand: where "latest" was is kept all the same.
        await kafka.produce(topic, ids(10, 20));
        const again = await Member.join(settings);
        await again.until(({ seen }) => seen.length === 10);
        assert.deepEqual(again.values(), ids(10, 20), client);
        await again.source.commit(new Map([[0, 15]]));
        await again.leave();
        const third = await Member.join(settings);
        await third.until(({ seen }) => seen.length === 5);
        assert.deepEqual(third.values(), ids(15, 20), client);
        await third.leave();
      }
    }),
);

serviceTest("a paused partition brings nothing, and goes on", ["kafka"], () =>
  withKafka(async (kafka) => {
    for (const client of KAFKA_CLIENTS) {
      const topic = `paused-${client}`;
      await createTopic(kafka, topic, 2);
      const member = await Member.join(settingsFor(kafka, topic, { client }));
      await member.until(({ assigned }) => assigned.size === 2);
      member.source.pause(0);
      // What was under way may still come; it is empty.
      await new Promise((done) => setTimeout(done, 700));
      await kafka.produce(topic, keyed(ids(0, 200)), KEYED);
      await member.until(({ seen }) => seen.some(({ partition }) => partition === 1));
      assert.ok(member.seen.every(({ partition }) => partition === 1), client);
      member.source.resume(0);
      await member.until(({ seen }) => seen.length === 200);
      await member.leave();
    }
  }));

serviceTest(
  "new partitions are read from their beginning; a topic made anew is another one",
  ["kafka"],
  () =>
    withKafka(async (kafka) => {
      await createTopic(kafka, "grows", 1);
      const member = await Member.join(settingsFor(kafka, "grows", { initial: "latest" }));
      await member.until(({ assigned }) => assigned.size === 1);
      await withAdmin(
        kafka,
        (admin) =>
          admin.createPartitions({
            topics: [{ name: "grows", count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] }],
          }),
      );
      await kafka.produce("grows", keyed(ids(0, 300)), KEYED);
      await member.until(({ seen }) => seen.length === 300);
      assert.equal(member.assigned.size, 3);
      await member.source.commit(member.next);
      const former = member.assigned.get(0)!.topicId;
      await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: ["grows"] }));
      await member.until(({ reason }) => reason !== null);
      assert.match(member.reason!, /topic grows does not exist/);
      await createTopic(kafka, "grows", 1);
      await kafka.produce("grows", ids(0, 400));
      await member.until(({ seen }) => seen.length === 700);
      assert.notEqual(member.assigned.get(0)!.topicId, former);
      assert.equal(member.reason, null);
      await member.leave();
    }),
);

serviceTest(
  "offsets of a topic that was deleted do not count for the one that bears its name",
  ["kafka"],
  () =>
    withKafka(async (kafka) => {
      for (const client of KAFKA_CLIENTS) {
        const topic = `anew-${client}`;
        await createTopic(kafka, topic, 1);
        await kafka.produce(topic, ids(0, 50));
        const settings = settingsFor(kafka, topic, { client });
        const first = await Member.join(settings);
        await first.until(({ seen }) => seen.length === 50);
        await first.source.commit(new Map([[0, 50]]));
        await first.leave();
        const committed = await groupOffsets(kafka, settings.groupId);
        assert.deepEqual(committed.get(0), [50, 50]);
        await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
        await createTopic(kafka, topic, 1);
        await kafka.produce(topic, ids(0, 100));
        const second = await Member.join(settings);
        await second.until(({ seen }) => seen.length === 100);
        assert.deepEqual(second.values(), ids(0, 100), client);
        await second.leave();
      }
    }),
);

serviceTest(
  "a broker that goes is waited for, with the reason, and nothing is missed",
  ["kafka"],
  () =>
    withKafka(async (kafka) => {
      await createTopic(kafka, "restart", 2);
      for (const client of KAFKA_CLIENTS) {
        const member = await Member.join(settingsFor(kafka, "restart", { client, groupId: `restart-${client}` }));
        await kafka.produce("restart", keyed(ids(0, 100)), KEYED);
        const before = client === "kafkajs" ? 200 : 0;
        await member.until(({ seen }) => seen.length >= before + 100);
        await kafka.kill();
        await member.until(({ reason }) => reason !== null);
        assert.match(member.reason!, /no broker answers at/, client);
        await kafka.start();
        await kafka.produce("restart", keyed(ids(100, 200)), KEYED);
        await member.until(({ seen }) =>
          new Set(seen.map(({ partition, offset }) => `${partition}/${offset}`)).size >= before + 200
        );
        assert.equal(member.reason, null, client);
        await member.leave();
      }
    }),
);

serviceTest("records that retention removed before they were read are counted, and reading goes on behind them", [
  "kafka",
], () =>
  withKafka(async (kafka) => {
    await createTopic(kafka, "retained", 1);
    await kafka.produce("retained", ids(0, 100));
    const settings = settingsFor(kafka, "retained");
    const first = await Member.join(settings);
    await first.until(({ seen }) => seen.length === 100);
    await first.source.commit(new Map([[0, 10]]));
    await first.leave();
    const file = `${kafka.folder}/delete.json`;
    await Deno.writeTextFile(
      file,
      JSON.stringify({ partitions: [{ topic: "retained", partition: 0, offset: 50 }], version: 1 }),
    );
    await kafka.tool("org.apache.kafka.tools.DeleteRecordsCommand", [
      ...["--bootstrap-server", kafka.broker(), "--offset-json-file", file],
    ]);
    const second = await Member.join(settings);
    await second.until(({ seen }) => seen.length === 50);
    assert.deepEqual(second.values(), ids(50, 100));
    assert.deepEqual(second.lost, [[0, 10, 50]]);
    await second.leave();
  }));
