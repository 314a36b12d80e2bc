/** Pipelines of Kafka sources, killed at every failpoint of the ingest stage and at those behind it, under a running producer. */
import assert from "node:assert/strict";
import { type FailpointName, FAILPOINTS } from "../../runtime/failpoint.ts";
import { startKafka } from "../services/kafka.ts";
import { checkBroker } from "../services/kafka_producer.ts";
import { serviceTest } from "../services/mod.ts";
import { checkWithKills, checkWithSchedule, seedWithRefusedRows } from "../system/check_with_kills.ts";
import { RandomKills } from "../system/random_kills.ts";

const KINDS = ["kafka-dedup", "kafka-pass"];
const names = (Object.keys(FAILPOINTS) as FailpointName[]).filter((name) => name.startsWith("ingest."));
const STATELESS_ONLY = ["transform.before_pass", "transform.after_pass"];
const STATEFUL_ONLY = ["before_commit", "after_commit", "after_ack", "after_publish", "after_outbox_delete"]
  .map((point) => `transform.${point}`);

for (const nth of [1, 3]) {
  serviceTest(`killed at every failpoint of the ingest stage, at passing ${nth}`, ["kafka"], async () => {
    const kafka = await startKafka();
    try {
      const targets = names.flatMap((name) =>
        KINDS.map((kind) => ({ process: `check-${kind}/ingest`, name, nth: name === "ingest.after_assign" ? 1 : nth }))
      );
      const count = 2_000;
      const seed = seedWithRefusedRows(count, 2);
      const load = { count, seed, paceMs: 150, kafka: checkBroker(kafka, { partitions: nth }), kafkaOnly: true };
      console.log(`passing ${nth}: ${JSON.stringify(await checkWithSchedule(targets, load))}`);
    } finally {
      await kafka.stop();
    }
  });
}

for (const seed of [1, 2]) {
  serviceTest(`killed at random failpoints of all stages, seed ${seed}`, ["kafka"], async () => {
    const kafka = await startKafka();
    try {
      const passed = (process: string) =>
        (Object.keys(FAILPOINTS) as FailpointName[]).filter((name) => {
          const [pipeline, stage = "receiver"] = process.split("/");
          if (name.split(".")[0] !== stage || name === "transform.after_state_open") return false;
          return !(pipeline.endsWith("dedup") ? STATELESS_ONLY : STATEFUL_ONLY).includes(name);
        });
      const kills = new RandomKills(seed, 8, passed);
      const count = 2_500;
      const load = {
        count,
        seed: seedWithRefusedRows(count, 3),
        paceMs: 200,
        kafka: checkBroker(kafka),
        kafkaOnly: true,
      };
      await checkWithKills(kills, load);
      console.log(`seed ${seed}: ${kills.reachedAt.length} kills: ${kills.reachedAt.join(", ")}`);
      assert.ok(kills.reachedAt.length >= 15, `only ${kills.reachedAt.length} kills`);
    } finally {
      await kafka.stop();
    }
  });
}
