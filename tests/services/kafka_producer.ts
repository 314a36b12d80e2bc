/** Kafka's own console producer as a running process: records are written while a test goes on. */
import { Admin } from "@platformatic/kafka";
import type { CheckBroker, CheckProducer, CheckRecord } from "../../cli/check/records.ts";
import type { Kafka } from "./kafka.ts";

const SEPARATOR = "\u0001";

/** Writes records in the order they come; `close` resolves when the broker has them. */
export function consoleProducer(kafka: Kafka, topic: string, args: readonly string[] = []): CheckProducer {
  const process = kafka.spawnTool("org.apache.kafka.tools.ConsoleProducer", [
    ...["--bootstrap-server", kafka.broker(), "--topic", topic],
    ...["--reader-property", "parse.key=true", "--reader-property", `key.separator=${SEPARATOR}`],
    // A broker that is away for a while loses nothing.
    ...["--command-property", "delivery.timeout.ms=120000", "--command-property", "linger.ms=5"],
    ...args,
  ]);
  const writer = process.stdin.getWriter();
  const output = process.output();
  const encoder = new TextEncoder();
  return {
    async write(records: readonly CheckRecord[]) {
      await writer.write(encoder.encode(records.map(({ key, value }) => `${key}${SEPARATOR}${value}\n`).join("")));
    },
    async close() {
      await writer.close();
      const { code, stderr } = await output;
      const said = new TextDecoder().decode(stderr);
      // It ends well even when it could not send.
      if (code !== 0 || /ERROR|Exception/.test(said)) {
        throw new Error(`the console producer failed: ${said.slice(-2_000)}`);
      }
    },
  };
}

export async function createTopic(kafka: Kafka, topic: string, partitions: number): Promise<void> {
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [kafka.broker()] });
  try {
    await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  } finally {
    await admin.close();
  }
}

/** What the check needs of a broker. */
export function checkBroker(
  kafka: Kafka,
  more: Partial<Pick<CheckBroker, "connection" | "partitions" | "replicas">> = {},
): CheckBroker {
  return {
    connection: { brokers: [kafka.broker()], protocol: "PLAINTEXT", mechanism: "NO_AUTH" },
    partitions: 3,
    ...more,
    createTopic: (topic, partitions) => createTopic(kafka, topic, partitions),
    openProducer: (topic) => Promise.resolve(consoleProducer(kafka, topic)),
  };
}
