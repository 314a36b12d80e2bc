/**
 * Clients of Kafka sources side by side against a real broker: records of 200 B and 1.5 KB, plain and lz4, each client in a
 * process of its own, in turns. Timed from the assignment of partitions until the last record. Then the stall after
 * a kill: how long the same member, started again at once, waits for its partitions.
 * `value`: records per CPU second of the default client at 200 B. Baseline: kafkajs.
 */
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import kafkajs from "kafkajs";
import { startKafka } from "../tests/services/kafka.ts";
import { createTopic } from "../tests/services/kafka_producer.ts";
import type { Kafka } from "../tests/services/kafka.ts";
import { readLines } from "../runtime/services/log_tail.ts";
import { EVENT_SHAPES, eventBuffer } from "./events.ts";
import { ASSIGNED_LINE, type Reader, READER_VARIABLE, type ReaderResult, type ReaderTask } from "./kafka_reader.ts";
import { median, significant } from "./measure.ts";
import type { Bench } from "./result.ts";

const READERS: readonly Reader[] = ["platformatic", "kafkajs", "stream"];
const PARTITIONS = 3;
const ROUNDS = 2;
const POOL = 20_000;
const PRODUCE_AT_ONCE = 500;

const TOPICS = [
  { name: "small", shape: "event200", records: 400_000, compression: "none" },
  { name: "large", shape: "log38", records: 100_000, compression: "none" },
  { name: "small-gzip", shape: "event200", records: 400_000, compression: "gzip" },
] as const;

export const bench: Bench = {
  about: "Kafka clients: records per CPU second, and the stall after a kill",
  async run(note) {
    const kafka = await startKafka();
    try {
      for (const topic of TOPICS) await fill(kafka, topic);
      const runs: Record<string, ReaderResult[]> = {};
      for (let round = 0; round < ROUNDS; round++) {
        for (const { name, records } of TOPICS) {
          for (const reader of READERS) {
            const task = { reader, broker: kafka.broker(), topic: name, records, group: `${reader}-${name}-${round}` };
            const result = await read(task);
            (runs[`${name}/${reader}`] ??= []).push(result);
            note(
              `${name} ${reader}: ${rate(records / result.seconds)} records/s, ${rate(records / result.cpu)} per CPU s`,
            );
          }
        }
      }
      const stalls: Record<string, number> = {};
      for (const reader of ["platformatic", "kafkajs"] as const) {
        stalls[reader] = await stallAfterKill({
          reader,
          broker: kafka.broker(),
          topic: "small",
          records: Infinity,
          group: `kill-${reader}`,
        });
        note(`${reader}: ${stalls[reader]} s from the restart to the partitions`);
      }
      const perCpu = (topic: typeof TOPICS[number], reader: Reader) =>
        significant(topic.records / median(runs[`${topic.name}/${reader}`].map(({ cpu }) => cpu)));
      const cases = TOPICS.flatMap((topic) =>
        READERS.map((reader) => ({
          topic: topic.name,
          reader,
          records_per_second: significant(
            topic.records / median(runs[`${topic.name}/${reader}`].map(({ seconds }) => seconds)),
          ),
          records_per_cpu_second: perCpu(topic, reader),
          cpu_microseconds_per_record: significant(1e6 / perCpu(topic, reader)),
        }))
      );
      const value = perCpu(TOPICS[0], "platformatic");
      const baseline = perCpu(TOPICS[0], "kafkajs");
      return {
        value,
        unit: "records/CPU s",
        baseline,
        ratio: significant(value / baseline),
        cpu_seconds_per_million_events: {
          platformatic: significant(1e6 / value),
          kafkajs: significant(1e6 / baseline),
        },
        cases,
        stall_after_kill_seconds: stalls,
      };
    } finally {
      await kafka.stop();
    }
  },
};

const rate = (value: number) => Math.round(value).toLocaleString("en");

async function fill(kafka: Kafka, { name, shape, records, compression }: typeof TOPICS[number]): Promise<void> {
  await createTopic(kafka, name, PARTITIONS);
  const { bytes, starts } = eventBuffer(EVENT_SHAPES[shape], POOL);
  const { Kafka: Client, CompressionTypes, Partitioners, logLevel } = kafkajs;
  const producer = new Client({ clientId: "bench", brokers: [kafka.broker()], logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  for (let from = 0; from < records; from += PRODUCE_AT_ONCE) {
    const partition = (from / PRODUCE_AT_ONCE) % PARTITIONS;
    const messages = Array.from({ length: PRODUCE_AT_ONCE }, (_, i) => {
      const at = (from + i) % POOL;
      return { partition, value: Buffer.from(bytes.buffer, starts[at], starts[at + 1] - starts[at]) };
    });
    await producer.send({
      topic: name,
      acks: 1,
      compression: compression === "gzip" ? CompressionTypes.GZIP : CompressionTypes.None,
      messages,
    });
  }
  await producer.disconnect();
}

function spawn(task: ReaderTask): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fileURLToPath(new URL("./kafka_reader.ts", import.meta.url))],
    env: { [READER_VARIABLE]: JSON.stringify(task) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function read(task: ReaderTask): Promise<ReaderResult> {
  const { stdout, stderr, code } = await spawn(task).output();
  if (code !== 0) throw new Error(`${task.reader} failed: ${new TextDecoder().decode(stderr).slice(-1_000)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as ReaderResult;
}

/** Seconds from the second start until its first partition is assigned. */
async function stallAfterKill(task: ReaderTask): Promise<number> {
  const first = spawn(task);
  await said(first, ASSIGNED_LINE);
  first.kill("SIGKILL");
  await first.status;
  const began = performance.now();
  const second = spawn(task);
  await said(second, ASSIGNED_LINE);
  const seconds = (performance.now() - began) / 1_000;
  second.kill("SIGKILL");
  await second.status;
  return Math.round(seconds * 10) / 10;
}

async function said(process: Deno.ChildProcess, line: string): Promise<void> {
  const heard = Promise.withResolvers<void>();
  void readLines(process.stdout, () => {});
  void readLines(process.stderr, (text) => text.includes(line) && heard.resolve());
  await heard.promise;
}
