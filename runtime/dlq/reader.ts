/**
 * Reading a pipeline's dead-letter queue: state, consume, list, discard, purge, and the janitor's sweep.
 *
 * Guarantees: an entry is consumed by exactly one caller, and only after that fact is confirmed by NATS; nothing
 * becomes unavailable before it was handed out, discarded or purged; the identity of an entry (its subject) outlives
 * its consumption, so a late repetition of its publish is still refused. Until the sweep removes it, a consumed entry
 * whose answer was lost on the way can be recovered from the stream.
 */
import { type JetStreamManager, jetstreamManager, type StoredMsg, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { Unavailable } from "../errors.ts";
import { apiErrorCode } from "../nats/api_error.ts";
import { dlqStream } from "../nats/names.ts";
import { incarnation, openBucket } from "../nats/streams.ts";
import { type Consumption, ConsumptionRecord } from "./consumption.ts";
import { type DeadLetter, type ListedDeadLetter, readDeadLetter } from "./entry.ts";
import { type Range, SequenceSet } from "./sequence_set.ts";

export interface DlqState {
  last_received_at: string | null;
  last_consumed_at: string | null;
  total_messages: number;
  unconsumed_messages: number;
}

export interface DlqPage {
  messages: ListedDeadLetter[];
  next_cursor?: string;
  has_more: boolean;
}

export interface Discarded {
  discarded_count: number;
  /** Ids that are not (or no longer) in the queue. */
  unknown_ids: string[];
}

/** The pipeline has no dead-letter queue. */
export class DlqNotFound extends Error {
  override readonly name = "DlqNotFound";
}

/** A page cursor that `list` did not give out. */
export class BadCursor extends Error {
  override readonly name = "BadCursor";
}

export interface DlqReaderOptions {
  /** Milliseconds since 1970. */
  now?: () => number;
  /** How long the identity of a purged entry is kept: longer than any publish can be under way. */
  keepPurgedMs?: number;
  /** How long consumed entries are kept by `sweep`. */
  keepConsumedMs?: number;
}

const KEEP_PURGED_MS = 15 * 60_000;
const KEEP_CONSUMED_MS = 24 * 3_600_000;
/** Lost compare-and-set races before giving up; each means another caller made progress. */
const ATTEMPTS = 50;
const STREAM_NOT_FOUND = 10059;
const MESSAGE_NOT_FOUND = 10037;

export class DlqReader {
  readonly #now: () => number;
  readonly #keepPurgedMs: number;
  readonly #keepConsumedMs: number;

  constructor(private readonly nc: NatsConnection, options: DlqReaderOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#keepPurgedMs = options.keepPurgedMs ?? KEEP_PURGED_MS;
    this.#keepConsumedMs = options.keepConsumedMs ?? KEEP_CONSUMED_MS;
  }

  /** Counters of the queue. `hash` is the pipeline's, as in its stream names. Throws `DlqNotFound`. */
  async state(hash: string): Promise<DlqState> {
    const queue = await this.#open(hash);
    const { taken, hidden, lastConsumedAt } = await queue.record.read();
    const { state } = queue.info;
    const count = (set: SequenceSet) => state.messages - set.countIn(state.first_seq, state.last_seq, queue.deleted);
    const total = count(hidden);
    return {
      last_received_at: total === 0 ? null : new Date(state.last_ts).toISOString(),
      last_consumed_at: lastConsumedAt,
      total_messages: total,
      unconsumed_messages: count(taken),
    };
  }

  /** Takes up to `batch` of the oldest entries out of the queue. Does not wait for any. */
  async consume(hash: string, batch: number): Promise<DeadLetter[]> {
    return await this.#change(hash, async (queue, before) => {
      const found: StoredMsg[] = [];
      for await (const message of queue.messages(before.taken, 1, ">")) {
        found.push(message);
        if (found.length === batch) break;
      }
      const result = found.map((message) => queue.entry(message));
      if (found.length === 0) return { result };
      // Everything before the last one is taken now or gone: one range covers it all.
      const range: Range = [1, found[found.length - 1].seq];
      const lastConsumedAt = new Date(this.#now()).toISOString();
      return { result, next: { ...before, taken: before.taken.with([range]), lastConsumedAt } };
    });
  }

  /** A page of unconsumed entries, oldest first; takes nothing. */
  async list(hash: string, batch: number, cursor?: string, component?: string): Promise<DlqPage> {
    const queue = await this.#open(hash);
    const { taken } = await queue.record.read();
    const after = cursor === undefined ? 0 : parseId(cursor);
    if (after === null) throw new BadCursor("the cursor is not one that a previous page returned");
    const filter = component === undefined ? ">" : `${queue.stream}.failed.${component}.>`;
    const messages: ListedDeadLetter[] = [];
    for await (const message of queue.messages(taken, after + 1, filter)) {
      if (messages.length === batch) {
        return { messages, next_cursor: messages[batch - 1].message_id, has_more: true };
      }
      messages.push({
        message_id: String(message.seq),
        ...queue.entry(message),
        received_at: message.time.toISOString(),
      });
    }
    return { messages, has_more: false };
  }

  /** Removes entries from the queue without reading them: all that are there now, or those with the given ids. */
  async discard(hash: string, ids: readonly string[] | "all"): Promise<Discarded> {
    return await this.#change<Discarded>(hash, async (queue, before) => {
      const { state } = queue.info;
      if (ids === "all") {
        const left = state.messages - before.taken.countIn(state.first_seq, state.last_seq, queue.deleted);
        const gone = queue.untaken(before.taken);
        return {
          result: { discarded_count: left, unknown_ids: [] },
          next: { ...before, taken: before.taken.with(gone), hidden: before.hidden.with(gone) },
        };
      }
      const ranges: Range[] = [];
      const unknown: string[] = [];
      for (const id of new Set(ids)) {
        const sequence = parseId(id);
        if (sequence !== null && !before.taken.has(sequence) && queue.holds(sequence)) {
          ranges.push([sequence, sequence]);
        } else unknown.push(id);
      }
      const result = { discarded_count: ranges.length, unknown_ids: unknown };
      if (ranges.length === 0) return { result };
      return { result, next: { ...before, taken: before.taken.with(ranges), hidden: before.hidden.with(ranges) } };
    });
  }

  /** Empties the queue. Entries too young to lose their identity stay in the stream, unseen. */
  async purge(hash: string): Promise<void> {
    await this.#change(hash, async (queue, before) => {
      const all: Range[] = [[1, queue.info.state.last_seq]];
      return { result: null, next: { ...before, taken: before.taken.with(all), hidden: before.hidden.with(all) } };
    });
    await this.#remove(hash, this.#now() - this.#keepPurgedMs);
  }

  /** Removes consumed entries that are older than `keepConsumedMs`; returns how many. Meant to be called now and then. */
  async sweep(hash: string): Promise<number> {
    return await this.#remove(hash, this.#now() - this.#keepConsumedMs);
  }

  /** Removes from the stream what is taken and was received before `time`. */
  async #remove(hash: string, time: number): Promise<number> {
    const queue = await this.#open(hash);
    const { taken } = await queue.record.read();
    const end = await queue.firstSince(time);
    let removed = 0;
    for (const [first, last] of taken.ranges) {
      if (first >= end) break;
      const until = Math.min(last + 1, end);
      if (first <= queue.info.state.first_seq) {
        // The head of the stream: one call.
        if (until > queue.info.state.first_seq) {
          removed += (await queue.jsm.streams.purge(queue.stream, { seq: until })).purged;
        }
        continue;
      }
      for (let sequence = first; sequence < until; sequence++) {
        if (queue.holds(sequence) && await queue.jsm.streams.deleteMessage(queue.stream, sequence, false)) removed++;
      }
    }
    return removed;
  }

  async #change<T>(
    hash: string,
    decide: (queue: Queue, before: Consumption) => Promise<{ result: T; next?: Consumption }>,
  ): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const queue = await this.#open(hash);
      const { result, next } = await decide(queue, await queue.record.read());
      if (!next || await queue.record.write(next)) return result;
    }
    throw new Unavailable("the dead-letter queue is being changed by too many callers at once; try again");
  }

  async #open(hash: string): Promise<Queue> {
    const stream = dlqStream(hash);
    try {
      const jsm = await jetstreamManager(this.nc, { checkAPI: false });
      const info = await jsm.streams.info(stream, { deleted_details: true });
      const record = new ConsumptionRecord(
        await openBucket(this.nc, hash, info.config.num_replicas),
        incarnation(info),
      );
      return new Queue(jsm, stream, info, record);
    } catch (cause) {
      if (apiErrorCode(cause) === STREAM_NOT_FOUND) {
        throw new DlqNotFound("the pipeline has no dead-letter queue", { cause });
      }
      if (cause instanceof Unavailable) throw cause;
      throw new Unavailable("NATS does not answer; check that it runs and that GLASSFLOW_NATS_URL points to it", {
        cause,
      });
    }
  }
}

/** One look at a dead-letter stream. */
class Queue {
  readonly deleted: readonly number[];
  readonly #gone: ReadonlySet<number>;

  constructor(
    readonly jsm: JetStreamManager,
    readonly stream: string,
    readonly info: StreamInfo,
    readonly record: ConsumptionRecord,
  ) {
    this.deleted = [...info.state.deleted ?? []].sort((a, b) => a - b);
    this.#gone = new Set(this.deleted);
  }

  holds(sequence: number): boolean {
    const { first_seq, last_seq, messages } = this.info.state;
    return messages > 0 && sequence >= first_seq && sequence <= last_seq && !this.#gone.has(sequence);
  }

  /** The ranges between the taken ones, up to the stream's end as it was seen. */
  untaken(taken: SequenceSet): Range[] {
    const ranges: Range[] = [];
    let from = 1;
    for (const [first, last] of taken.ranges) {
      ranges.push([from, first - 1]);
      from = last + 1;
    }
    ranges.push([from, this.info.state.last_seq]);
    return ranges;
  }

  /** Stored messages outside `taken`, from sequence `from` on, whose subject matches `filter`; ends at the look's end. */
  async *messages(taken: SequenceSet, from: number, filter: string): AsyncGenerator<StoredMsg> {
    const { first_seq, last_seq, messages } = this.info.state;
    if (messages === 0) return;
    let sequence = taken.nextMissing(Math.max(from, first_seq));
    while (sequence <= last_seq) {
      const message = await this.next(sequence, filter);
      if (!message || message.seq > last_seq) return;
      sequence = taken.nextMissing(message.seq);
      if (sequence !== message.seq) continue;
      yield message;
      sequence = taken.nextMissing(message.seq + 1);
    }
  }

  /** The first message at or after a sequence. Asks the stream's leader: a follower might not have it yet. */
  async next(sequence: number, filter: string): Promise<StoredMsg | null> {
    const query = { seq: sequence, next_by_subj: filter };
    try {
      return await this.jsm.streams.getMessage(this.stream, query);
    } catch (cause) {
      if (apiErrorCode(cause) === MESSAGE_NOT_FOUND) return null;
      throw new Unavailable("NATS did not answer while the dead-letter queue was read; try again", { cause });
    }
  }

  /** The first sequence received at or after a time, by bisection: times grow with sequences. */
  async firstSince(time: number): Promise<number> {
    const { first_seq, last_seq, messages } = this.info.state;
    if (messages === 0) return first_seq;
    let low = first_seq, high = last_seq + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const message = await this.next(middle, ">");
      if (!message || message.seq >= high || message.time.getTime() >= time) high = middle;
      else low = message.seq + 1;
    }
    return low;
  }

  entry(message: StoredMsg): DeadLetter {
    // <stream>.failed.<component>.<origin>.<position>
    return readDeadLetter(message.data, message.subject.split(".")[2] ?? "");
  }
}

function parseId(id: string): number | null {
  const sequence = Number(id);
  return /^\d{1,15}$/.test(id) && sequence > 0 ? sequence : null;
}
