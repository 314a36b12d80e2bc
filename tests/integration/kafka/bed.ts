/** A Kafka source by itself, against the real broker: what it reads is collected. */
import { createLog } from "../../../runtime/log.ts";
import { type KafkaSettings, type KafkaSource, openKafkaSource } from "../../../runtime/kafka/mod.ts";
import type { Kafka } from "../../services/kafka.ts";

export interface Seen {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

export function settingsFor(kafka: Kafka, topic: string, more: Partial<KafkaSettings> = {}): KafkaSettings {
  return {
    client: "platformatic",
    topic,
    groupId: `group-${topic}`,
    instanceId: `member-${topic}`,
    initial: "earliest",
    brokers: [kafka.broker()],
    protocol: "PLAINTEXT",
    mechanism: "NO_AUTH",
    username: "",
    password: "",
    rootCa: "",
    clientCertificate: "",
    clientKey: "",
    skipVerification: false,
    ...more,
  };
}

/** One member of a group. */
export class Member {
  readonly seen: Seen[] = [];
  /** Partition → next offset. */
  readonly next = new Map<number, number>();
  readonly assigned = new Map<number, { topicId: string; offset: number }>();
  readonly reasons: string[] = [];
  readonly lost: [partition: number, from: number, to: number][] = [];
  reason: string | null = null;
  #running: Promise<void> = Promise.resolve();
  #change = Promise.withResolvers<void>();

  private constructor(readonly source: KafkaSource) {}

  static async join(settings: KafkaSettings): Promise<Member> {
    const source = await openKafkaSource(
      settings,
      createLog("test", Deno.env.get("GLASSFLOW_LOG_LEVEL") ?? "fatal", {}),
    );
    const member = new Member(source);
    member.#running = source.run({
      assigned: ({ partition, topicId, offset }) =>
        member.#changed(() => member.assigned.set(partition, { topicId, offset })),
      revoked: (partitions) => {
        member.#changed(() => partitions.forEach((partition) => member.assigned.delete(partition)));
        return Promise.resolve();
      },
      fetched: (fetched) => member.#changed(() => member.#collect(fetched)),
      waiting: (reason) =>
        member.#changed(() => {
          member.reason = reason;
          if (reason !== null) member.reasons.push(reason);
        }),
      lost: (...lost) => member.#changed(() => member.lost.push(lost)),
    });
    member.#running.catch(() => {}); // `leave` hears of it
    return member;
  }

  /** Waits for what the source tells; it tells at least every half second. */
  async until(condition: (member: Member) => boolean): Promise<void> {
    while (!condition(this)) await this.#change.promise;
  }

  async leave(): Promise<void> {
    await this.source.close();
    await this.#running;
  }

  values(): (string | null)[] {
    return this.seen.map(({ value }) => value);
  }

  #collect({ partition, batches, nextOffset }: Parameters<Parameters<KafkaSource["run"]>[0]["fetched"]>[0]): void {
    const decoder = new TextDecoder();
    const text = (bytes: Uint8Array, start: number, end: number) =>
      start < 0 ? null : decoder.decode(bytes.subarray(start, end));
    for (const { bytes, count, offsets, keys, values } of batches) {
      for (let i = 0; i < count; i++) {
        this.seen.push({
          partition,
          offset: offsets[i],
          key: text(bytes, keys[2 * i], keys[2 * i + 1]),
          value: text(bytes, values[2 * i], values[2 * i + 1]),
        });
      }
    }
    this.next.set(partition, nextOffset);
  }

  #changed(change: () => unknown): void {
    change();
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** A group's offsets, as Kafka's own tool tells them: partition → [committed, end]. */
export async function groupOffsets(kafka: Kafka, group: string): Promise<Map<number, [number, number]>> {
  const text = await kafka.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", [
    ...["--bootstrap-server", kafka.broker(), "--describe", "--group", group],
  ]);
  const rows = text.split("\n").filter((line) => line.startsWith(group)).map((line) => line.split(/\s+/));
  return new Map(rows.map(([, , partition, current, end]) => [Number(partition), [Number(current), Number(end)]]));
}
