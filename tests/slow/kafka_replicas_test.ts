/** Rebalances under load: two and four ingest workers of a pipeline, killed again and again; and a large topic from its beginning. */
import assert from "node:assert/strict";
import { runCheck } from "../../cli/check/run.ts";
import type { FailpointName } from "../../runtime/failpoint.ts";
import { startKafka } from "../services/kafka.ts";
import { checkBroker } from "../services/kafka_producer.ts";
import { serviceTest } from "../services/mod.ts";
import { withSystem } from "../system/bed.ts";
import { checkWithKills, seedWithRefusedRows } from "../system/check_with_kills.ts";
import { RandomKills } from "../system/random_kills.ts";

const POINTS: readonly FailpointName[] = [
  "ingest.after_fetch",
  "ingest.before_publish",
  "ingest.after_publish",
  "ingest.before_commit",
];

for (const replicas of [2, 4]) {
  serviceTest(`${replicas} ingest workers, killed while they share the partitions`, ["kafka"], async () => {
    const kafka = await startKafka();
    try {
      const kills = new RandomKills(
        replicas,
        10,
        (process) => process.endsWith("/ingest") ? POINTS : ["receiver.before_publish"],
      );
      const count = 3_000;
      await checkWithKills(kills, {
        count,
        seed: seedWithRefusedRows(count, 2),
        paceMs: 200,
        kafka: checkBroker(kafka, { partitions: 8, replicas }),
        kafkaOnly: true,
      });
      console.log(`${replicas} replicas: ${kills.reachedAt.length} kills`);
      assert.ok(kills.reachedAt.length >= 6, `only ${kills.reachedAt.length} kills`);
    } finally {
      await kafka.stop();
    }
  });
}

serviceTest("a topic of half a million records, read from its beginning by two workers", ["kafka"], async () => {
  const kafka = await startKafka();
  try {
    await withSystem({}, async ({ system }) => {
      const result = await runCheck(system, {
        count: 250_000,
        seed: 5,
        timeoutMs: 240_000,
        batch: 5_000,
        maxBatchSize: 50_000,
        kafka: checkBroker(kafka, { partitions: 6, replicas: 2 }),
        kafkaOnly: true,
      });
      assert.deepEqual(result.problems, []);
      console.log(`${result.accepted} events in ${result.seconds} s`);
    });
  } finally {
    await kafka.stop();
  }
});
