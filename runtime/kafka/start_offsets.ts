/** Where a group begins to read partitions, by what it has committed. Pure. */

/** Before the topic's id in the metadata of an offset. */
export const TOPIC_MARK = "glassflow:";

export interface CommittedOffset {
  readonly offset: number;
  /** Null: committed by another program. */
  readonly topicId: string | null;
}

export interface Starts {
  /** Partition → next offset to be read. */
  readonly known: ReadonlyMap<number, number>;
  /** Partitions that begin at `place`. */
  readonly missing: readonly number[];
  readonly place: "earliest" | "latest";
}

/** The topic id in an offset's metadata. */
export function topicIdOf(metadata: string | null | undefined): string | null {
  return metadata?.startsWith(TOPIC_MARK) ? metadata.slice(TOPIC_MARK.length) : null;
}

/**
 * An offset of a topic that was deleted since does not count for the one that bears its name now. A group that has read
 * anything of the topic begins new partitions at their beginning: their records came after it began.
 */
export function startOffsets(
  partitions: readonly number[],
  committed: ReadonlyMap<number, CommittedOffset>,
  topicId: string,
  initial: "earliest" | "latest",
): Starts {
  const known = new Map<number, number>();
  const missing: number[] = [];
  for (const partition of partitions) {
    const found = committed.get(partition);
    if (found && (found.topicId === null || found.topicId === topicId)) known.set(partition, found.offset);
    else missing.push(partition);
  }
  return { known, missing, place: committed.size > 0 ? "earliest" : initial };
}
