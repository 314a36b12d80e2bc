/**
 * The group's offsets of one topic. Each is stored with the topic's id in its metadata: an offset of a topic that was deleted
 * since does not count for the one that bears its name now.
 */
import {
  type Broker,
  type ConnectionPool,
  type Consumer,
  offsetCommitV8,
  offsetCommitV9,
  offsetFetchV8,
  offsetFetchV9,
} from "@platformatic/kafka";
import { KafkaUnavailable } from "./errors.ts";
import { type CommittedOffset, startOffsets, TOPIC_MARK, topicIdOf } from "./start_offsets.ts";

type Brokers = ReadonlyMap<number, Broker>;

const OFFSET_COMMIT_API = 8;
const OFFSET_FETCH_API = 9;
const EARLIEST = -2n;
const LATEST = -1n;

export class GroupOffsets {
  readonly #newest: (key: number) => number;

  constructor(
    readonly consumer: Consumer,
    readonly pool: ConnectionPool,
    readonly topic: string,
    apis: readonly { apiKey: number; maxVersion: number }[],
  ) {
    this.#newest = (key) => apis.find(({ apiKey }) => apiKey === key)?.maxVersion ?? 0;
  }

  /** Stores offsets for the present generation of the group; the brokers refuse those of a former one. */
  async commit(offsets: ReadonlyMap<number, number>, topicId: string, brokers: Brokers): Promise<void> {
    const { generationId, memberId, groupId } = this.consumer;
    if (!memberId) throw new KafkaUnavailable("offsets cannot be committed: this member is not in the group now");
    const partitions = [...offsets].map(([partitionIndex, offset]) => ({
      partitionIndex,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: TOPIC_MARK + topicId,
    }));
    const { api } = this.#newest(OFFSET_COMMIT_API) >= 9 ? offsetCommitV9 : offsetCommitV8;
    const topics = [{ name: this.topic, partitions }];
    const connection = await this.#coordinator(brokers);
    await api.async(connection, groupId, generationId, memberId, this.consumer.groupInstanceId, topics);
  }

  /**
   * Where reading begins. Without an offset of this topic: at the beginning, or as `initial` says when the group has none for
   * any partition; that is stored at once, so that a crash before the first commit does not begin elsewhere.
   */
  async starts(
    partitions: readonly number[],
    count: number,
    topicId: string,
    initial: "earliest" | "latest",
    brokers: Brokers,
  ): Promise<Map<number, number>> {
    const committed = await this.#committed(count, brokers);
    const { known, missing, place } = startOffsets(partitions, committed, topicId, initial);
    if (missing.length === 0) return new Map(known);
    const ends = await this.#list(missing, place);
    await this.commit(ends, topicId, brokers);
    return new Map([...known, ...ends]);
  }

  /** Where a partition begins now. */
  async earliest(partition: number): Promise<number> {
    return (await this.#list([partition], "earliest")).get(partition)!;
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  async #committed(count: number, brokers: Brokers): Promise<Map<number, CommittedOffset>> {
    const { api } = this.#newest(OFFSET_FETCH_API) >= 9 ? offsetFetchV9 : offsetFetchV8;
    const partitionIndexes = Array.from({ length: count }, (_, partition) => partition);
    const request = {
      groupId: this.consumer.groupId,
      memberId: null,
      memberEpoch: -1,
      topics: [{ name: this.topic, partitionIndexes }],
    };
    // Stable: an offset that a transaction is about to change is waited for.
    const { groups } = await api.async(await this.#coordinator(brokers), [request], true);
    const found = groups.flatMap(({ topics }) => topics).flatMap((topic) => topic.partitions);
    return new Map(
      found.filter(({ committedOffset }) => committedOffset >= 0n).map((each) => [each.partitionIndex, {
        offset: Number(each.committedOffset),
        topicId: topicIdOf(each.metadata),
      }]),
    );
  }

  async #list(partitions: readonly number[], place: "earliest" | "latest"): Promise<Map<number, number>> {
    const offsets = await this.consumer.listOffsets({
      topics: [this.topic],
      partitions: { [this.topic]: [...partitions] },
      timestamp: place === "earliest" ? EARLIEST : LATEST,
    });
    const found = offsets.get(this.topic) ?? [];
    return new Map(partitions.map((partition) => [partition, Number(found[partition])]));
  }

  async #coordinator(brokers: Brokers) {
    const id = await this.consumer.findGroupCoordinator();
    const broker = brokers.get(id);
    if (!broker) throw new KafkaUnavailable(`broker ${id}, which coordinates the group, is gone`);
    return await this.pool.get(broker);
  }
}
