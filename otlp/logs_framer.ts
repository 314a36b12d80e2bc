/**
 * One request's log records → the blocks of its frames. Without a key all rows of a request go to one shard, chosen by
 * the body's digest; with a key every row goes to its key's shard. Deterministic: the same body gives the same blocks
 * with the same ids, so a request that is sent again is dropped by the stream's duplicate window.
 */
import type { KeyPath } from "../pipeline/config/key_path.ts";
import { hash128, shardOf } from "../pipeline/native/hash.ts";
import type { Arena } from "./arena.ts";
import { PayloadTooLarge, RecordTooLarge } from "./errors.ts";
import type { LogRecord, LogRecordTarget, LogsNeeds } from "./log_record.ts";
import { type LogsBlock, LogsColumns } from "./logs_columns.ts";
import { LOGS_LAYOUT, type LogsLayout } from "./logs_layout.ts";
import { keyFields, RecordKey } from "./record_key.ts";

/** JetStream positions of rows allow no more per message. */
const MAX_ROWS = 65_535;

export interface FramingLimits {
  /** A block is closed once it has this many bytes. */
  readonly targetBlockBytes: number;
  /** No block is larger; a record that alone is larger is rejected. */
  readonly maxBlockBytes: number;
  /** Bytes that all blocks of one request may have together: resource attributes are repeated for every row. */
  readonly maxRequestBlockBytes: number;
}

export const DEFAULT_FRAMING: FramingLimits = {
  targetBlockBytes: 1 << 20,
  maxBlockBytes: 4 << 20,
  maxRequestBlockBytes: 256 << 20,
};

/** What decides how a pipeline's records are framed. */
export interface FramingPlan {
  readonly layout: LogsLayout;
  readonly shards: number;
  readonly key?: KeyPath;
}

export interface FramedBlock extends LogsBlock {
  readonly shard: number;
  /** `digest/shard/index`: the same for the same body. */
  readonly id: string;
}

export interface FramedRequest {
  readonly blocks: readonly FramedBlock[];
  readonly accepted: number;
  /** Records that are larger than a frame may be. */
  readonly rejected: number;
  readonly unusualIds: number;
}

export interface LogsDecoder {
  decode(needs: LogsNeeds, target: LogRecordTarget, recordLimit: number): void;
}

export class LogsFramer implements LogRecordTarget {
  readonly #needs: LogsNeeds;
  /** One for each shard; a single one where a request has a single shard. */
  readonly #columns: LogsColumns[];
  readonly #key: RecordKey | undefined;
  readonly #hash = new Int32Array(4);
  #blocks: FramedBlock[] = [];
  #next: number[] = [];
  #digest = "";
  #homeShard = 0;
  #accepted = 0;
  #rejected = 0;
  #unusualIds = 0;
  #bytes = 0;

  constructor(readonly arena: Arena, readonly plan: FramingPlan, readonly limits: FramingLimits = DEFAULT_FRAMING) {
    this.#needs = logsNeeds(plan.layout, plan.key);
    const sets = plan.key ? plan.shards : 1;
    this.#columns = Array.from({ length: sets }, () => new LogsColumns(plan.layout));
    this.#key = plan.key && new RecordKey(plan.key, arena);
  }

  /** Frames the body in the arena. `digest` is its SHA-256 in hex. Throws what the decoder throws. */
  frame(decoder: LogsDecoder, digest: string): FramedRequest {
    this.#begin(digest);
    try {
      decoder.decode(this.#needs, this, this.limits.maxBlockBytes);
      this.#columns.forEach((columns, set) => columns.rows > 0 && this.#cut(set));
      return {
        blocks: this.#blocks,
        accepted: this.#accepted,
        rejected: this.#rejected,
        unusualIds: this.#unusualIds,
      };
    } catch (error) {
      // Records are rejected one by one; what is left is outside of any record.
      if (!(error instanceof RecordTooLarge)) throw error;
      throw new PayloadTooLarge(`a part of the request has more than ${this.limits.maxBlockBytes} bytes`);
    } finally {
      for (const columns of this.#columns) columns.reset();
      this.#blocks = [];
    }
  }

  accept(record: LogRecord): void {
    const length = this.#columns[0].rowLength(record);
    const { maxBlockBytes, targetBlockBytes, maxRequestBlockBytes } = this.limits;
    if (length > maxBlockBytes) throw new RecordTooLarge(`a record has more than ${maxBlockBytes} bytes`);
    this.#bytes += length;
    if (this.#bytes > maxRequestBlockBytes) {
      throw new PayloadTooLarge(
        `the request expands to more than ${maxRequestBlockBytes} bytes, because resource and scope attributes are ` +
          "stored with every record: send fewer records per request",
      );
    }
    const set = this.#setOf(record);
    const columns = this.#columns[set];
    if (columns.rows > 0 && columns.bytes + length > maxBlockBytes) this.#cut(set);
    columns.put(record, this.arena.bytes, length);
    this.#accepted++;
    if (columns.bytes >= targetBlockBytes || columns.rows === MAX_ROWS) this.#cut(set);
  }

  reject(): void {
    this.#rejected++;
  }

  unusualId(): void {
    this.#unusualIds++;
  }

  #begin(digest: string): void {
    this.#digest = digest.slice(0, 32);
    this.#homeShard = parseInt(digest.slice(-8), 16) % this.plan.shards;
    this.restart();
  }

  restart(): void {
    for (const columns of this.#columns) columns.reset();
    this.#blocks = [];
    this.#next = this.#columns.map(() => 0);
    this.#accepted =
      this.#rejected =
      this.#unusualIds =
      this.#bytes =
        0;
  }

  /** Records without a key stay with the request. */
  #setOf(record: LogRecord): number {
    const key = this.#key;
    if (key === undefined) return 0;
    if (!key.read(record)) return this.#homeShard;
    hash128(this.arena.bytes, key.start, key.end, this.#hash);
    return shardOf(this.#hash, this.plan.shards);
  }

  #cut(set: number): void {
    const block = this.#columns[set].take();
    const shard = this.#key === undefined ? this.#homeShard : set;
    this.#blocks.push({ ...block, shard, id: `${this.#digest}/${shard}/${this.#next[set]++}` });
  }
}

/** The fields of the layout, and those the key reads. */
export function logsNeeds(layout: LogsLayout, key?: KeyPath): LogsNeeds {
  const needed = new Set([...layout.map((column) => column.name), ...(key ? keyFields(key) : [])]);
  return Object.fromEntries(LOGS_LAYOUT.map((column) => [column.name, needed.has(column.name)])) as LogsNeeds;
}
