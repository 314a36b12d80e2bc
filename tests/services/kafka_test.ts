import assert from "node:assert/strict";
import { Admin } from "@platformatic/kafka";
import { serviceTest } from "./mod.ts";
import { startKafka } from "./kafka.ts";

serviceTest("a broker keeps its data and its address over a crash and an orderly restart", ["kafka"], async () => {
  const kafka = await startKafka();
  try {
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [kafka.broker()] });
    await admin.createTopics({ topics: ["letters"], partitions: 2, replicas: 1 });
    await admin.close();
    const consume = () =>
      kafka.tool("org.apache.kafka.tools.consumer.ConsoleConsumer", [
        ...["--bootstrap-server", kafka.broker(), "--topic", "letters", "--from-beginning", "--timeout-ms", "3000"],
      ]);
    await kafka.produce("letters", ["a", "b"]);
    assert.deepEqual((await consume()).trim().split("\n").sort(), ["a", "b"]);
    await kafka.kill();
    await kafka.start();
    await kafka.produce("letters", ["c"]);
    await kafka.pause();
    await kafka.start();
    assert.deepEqual((await consume()).trim().split("\n").sort(), ["a", "b", "c"]);
  } finally {
    await kafka.stop();
  }
});
