/**
 * Reads a topic to its end with one client and prints what that took: the process that `kafka_clients.ts` measures. Values
 * are looked at by their length only, so that the client is measured and not what comes behind it.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { Consumer } from "@platformatic/kafka";
import { createLog } from "../runtime/log.ts";
import { openKafkaSource } from "../runtime/kafka/mod.ts";
import type { KafkaClientName, KafkaSettings } from "../runtime/kafka/mod.ts";

/** `stream`: the record stream that @platformatic/kafka itself offers. */
export type Reader = KafkaClientName | "stream";

export interface ReaderTask {
  readonly reader: Reader;
  readonly broker: string;
  readonly topic: string;
  readonly records: number;
  readonly group: string;
}

export interface ReaderResult {
  readonly seconds: number;
  readonly cpu: number;
  readonly bytes: number;
}

/** Said when a partition is assigned. */
export const ASSIGNED_LINE = "assigned";

export const READER_VARIABLE = "GLASSFLOW_BENCH_READER";

/** Timed from the first record on, so that joining the group is not in it. */
class Meter {
  #began = 0;
  #cpu = 0;
  #records = 0;
  #bytes = 0;
  readonly done = Promise.withResolvers<ReaderResult>();

  constructor(readonly wanted: number) {}

  begin(): void {
    if (this.#began > 0) return;
    this.#began = performance.now();
    this.#cpu = cpu();
  }

  count(records: number, bytes: number): void {
    this.#records += records;
    this.#bytes += bytes;
    if (this.#records < this.wanted) return;
    this.done.resolve({
      seconds: (performance.now() - this.#began) / 1_000,
      cpu: cpu() - this.#cpu,
      bytes: this.#bytes,
    });
  }
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function readSource(client: KafkaClientName, task: ReaderTask): Promise<ReaderResult> {
  const meter = new Meter(task.records);
  const settings: KafkaSettings = {
    client,
    topic: task.topic,
    groupId: task.group,
    instanceId: task.group,
    initial: "earliest",
    brokers: [task.broker],
    protocol: "PLAINTEXT",
    mechanism: "NO_AUTH",
    username: "",
    password: "",
    rootCa: "",
    clientCertificate: "",
    clientKey: "",
    skipVerification: false,
  };
  const source = await openKafkaSource(settings, createLog("bench", "warn", {}));
  const running = source.run({
    assigned: () => {
      console.error(ASSIGNED_LINE);
      meter.begin();
    },
    revoked: () => Promise.resolve(),
    waiting: () => {},
    lost: () => {},
    fetched: ({ batches }) => {
      for (const { values, count } of batches) {
        let bytes = 0;
        for (let i = 0; i < count; i++) bytes += values[2 * i + 1] - values[2 * i];
        meter.count(count, bytes);
      }
    },
  });
  const result = await Promise.race([meter.done.promise, running.then(() => Promise.reject(new Error("ended")))]);
  await source.close();
  return result;
}

async function readStream(task: ReaderTask): Promise<ReaderResult> {
  const meter = new Meter(task.records);
  const consumer = new Consumer<Buffer, Buffer>({
    clientId: "bench",
    groupId: task.group,
    bootstrapBrokers: [task.broker],
    maxWaitTime: 500,
    maxBytes: 8 << 20,
  });
  const stream = await consumer.consume({ topics: [task.topic], mode: "earliest", autocommit: false });
  meter.begin();
  stream.on("data", (message) => meter.count(1, message.value?.length ?? 0));
  const result = await meter.done.promise;
  await consumer.close(true);
  return result;
}

if (import.meta.main) {
  const task = JSON.parse(Deno.env.get(READER_VARIABLE)!) as ReaderTask;
  const { reader } = task;
  const result = await (reader === "stream" ? readStream(task) : readSource(reader, task));
  console.log(JSON.stringify(result));
  Deno.exit(0);
}
