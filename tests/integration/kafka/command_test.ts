/** `start --check` with a broker: its pipelines of Kafka sources are checked beside the others. */
import assert from "node:assert/strict";
import { startKafka } from "../../services/kafka.ts";
import { serviceTest } from "../../services/mod.ts";

serviceTest("the check reads topics when it is given a broker, and leaves none behind", ["kafka"], async () => {
  const kafka = await startKafka();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "cli/main.ts", "start", "--check", "--count", "1000"],
      env: { GLASSFLOW_CHECK_KAFKA: kafka.broker(), NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stderr).slice(-3_000));
    const line = JSON.parse(text.decode(stdout).trim().split("\n").at(-1)!);
    // Two pipelines by OTLP, two from topics.
    assert.deepEqual([line.ok, line.accepted], [true, 4_000]);
    const topics = await kafka.tool("org.apache.kafka.tools.TopicCommand", [
      "--bootstrap-server",
      kafka.broker(),
      "--list",
    ]);
    assert.deepEqual(topics.trim().split("\n").filter((topic) => !topic.startsWith("__")), []);
  } finally {
    await kafka.stop();
  }
});
