/** A topic that Kafka's own console producer writes, through the whole system to the table: every event has its fate. */
import assert from "node:assert/strict";
import { runCheck } from "../../../cli/check/run.ts";
import { KAFKA_CLIENTS } from "../../../runtime/kafka/mod.ts";
import { startKafka } from "../../services/kafka.ts";
import { checkBroker } from "../../services/kafka_producer.ts";
import { serviceTest } from "../../services/mod.ts";
import { withSystem } from "../../system/bed.ts";

for (const kafkaClient of KAFKA_CLIENTS) {
  serviceTest(
    `a topic reaches the table by ${kafkaClient}; nothing is lost, doubled or changed`,
    ["kafka"],
    async () => {
      const kafka = await startKafka();
      try {
        await withSystem({}, async ({ system }) => {
          const result = await runCheck(system, {
            count: 3_000,
            seed: 11,
            timeoutMs: 90_000,
            kafka: checkBroker(kafka),
            kafkaOnly: true,
          });
          assert.deepEqual(result.problems, []);
          assert.equal(result.ok, true);
        }, { kafkaClient });
      } finally {
        await kafka.stop();
      }
    },
  );
}
