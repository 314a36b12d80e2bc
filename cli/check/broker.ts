/** A broker that somebody gave for the check, without encryption or account: topics are made, written and removed again. */
import kafkajs from "kafkajs";
import type { CheckBroker } from "./records.ts";

export interface GivenBroker extends CheckBroker {
  /** Removes the topics that were made. */
  cleanUp(): Promise<void>;
}

export function givenBroker(brokers: readonly string[]): GivenBroker {
  const { Kafka, Partitioners, logLevel } = kafkajs;
  const client = new Kafka({
    clientId: "glassflow-check",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    // A topic is made on some brokers sooner than on others.
    retry: { retries: 12 },
  });
  const made: string[] = [];
  const withAdmin = async (use: (admin: kafkajs.Admin) => Promise<unknown>) => {
    const admin = client.admin();
    await admin.connect();
    try {
      await use(admin);
    } finally {
      await admin.disconnect();
    }
  };
  return {
    connection: { brokers, protocol: "PLAINTEXT", mechanism: "NO_AUTH" },
    partitions: 3,
    async createTopic(topic, partitions) {
      await withAdmin((admin) =>
        admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false })
      );
      made.push(topic);
    },
    async openProducer(topic) {
      const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      return {
        write: async (messages) => void await producer.send({ topic, messages: [...messages] }),
        close: () => producer.disconnect(),
      };
    },
    async cleanUp() {
      if (made.length > 0) await withAdmin((admin) => admin.deleteTopics({ topics: made }));
    },
  };
}
