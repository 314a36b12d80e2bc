/**
 * One partition's records → frames of the first edge. Each row bears its offset as position; a frame's origin is
 * (topic id, partition, shard), so whatever is read again, in whatever batches, is known again. Records that are not what the
 * schema says become dead rows with their bytes. Pure: no clock, no I/O.
 */
import type { IngestProgram, ShardBlock } from "../../pipeline/compile/program.ts";
import type { SchemaBook } from "../../pipeline/formats/records.ts";
import { shortenOriginal } from "../../runtime/dlq/shorten.ts";
import type { DeadRow, Frame } from "../../runtime/frame.ts";
import type { AssignedPartition, RecordBatch } from "../../runtime/kafka/source.ts";

/** Stage name shown to clients. */
export const COMPONENT = "ingestor";

/** A larger record cannot travel: with its frame it would exceed what NATS takes. */
export const MAX_RECORD_BYTES = 4 << 20;
/** Records of one cut; leaves room for the dead rows that a frame carries. */
const MAX_RECORDS = 16_384;
/** A cut ends when its rows have this many bytes per shard … */
const SHARD_BYTES = 256 << 10;
const MAX_BLOCK_BYTES = 2 << 20;
/** … or its records this many, of which the pipeline may carry little. */
const MAX_INPUT_BYTES = 8 << 20;
const MAX_DEAD_BYTES = 1 << 20;
/** How often the block's size is looked at, in records. */
const LOOK_EVERY = 64;
/**
 * Records without a key go to a shard by partition and offset: the same one whenever they are read again. This many offsets
 * stay together, so that one busy partition spreads over the shards.
 */
const HOME_STRIDE = 8_192;

export interface ShardFrame {
  readonly shard: number;
  readonly frame: Frame;
}

/** What was framed at once: everything of the partition up to `watermark` that is not in an earlier cut. */
export interface Cut {
  readonly watermark: number;
  readonly frames: readonly ShardFrame[];
  readonly records: number;
  readonly dead: number;
  /** Kafka's timestamp of the first record, milliseconds since 1970. */
  readonly timestamp: number;
  readonly bytes: number;
}

export class PartitionFramer {
  readonly #instance;
  readonly #target: number;
  /** Offsets of the rows in the block. */
  #offsets: number[] = [];
  #dead: DeadRow[] = [];
  #deadBytes = 0;
  #inputBytes = 0;
  #records = 0;
  #stride = -1;
  #last = -1;
  #timestamp = 0;
  /** Shard → watermark of its last frame. */
  readonly #sent = new Map<number, number>();

  constructor(readonly program: IngestProgram, readonly assigned: AssignedPartition) {
    this.#instance = program.create();
    this.#target = Math.min(SHARD_BYTES * (program.shards > 1 ? program.shards : 2), MAX_BLOCK_BYTES);
  }

  /** Of records that bear the id of their schema. */
  get schemas(): SchemaBook | undefined {
    return this.#instance.schemas;
  }

  /** Records that wait for a cut. */
  get waiting(): number {
    return this.#records;
  }

  /** Takes a batch's records and gives the cuts that are full. `now`: milliseconds since 1970. */
  accept(batch: RecordBatch, now: number): Cut[] {
    const cuts: Cut[] = [];
    const { bytes, values, offsets } = batch;
    for (let i = 0; i < batch.count; i++) {
      const offset = offsets[i];
      const start = values[2 * i];
      const length = start < 0 ? 0 : values[2 * i + 1] - start;
      const stride = Math.floor(offset / HOME_STRIDE);
      const moved = stride !== this.#stride && this.program.shards > 1;
      if (this.#records > 0 && (moved || this.#full(length))) cuts.push(this.cut(now)!);
      this.#stride = stride;
      if (this.#records === 0) this.#timestamp = batch.timestamps[i];
      this.#records++;
      this.#last = offset;
      this.#inputBytes += length;
      const problem = this.#scan(bytes, start, length);
      if (problem === null) this.#offsets.push(offset);
      else this.#bury(offset, problem, start < 0 ? NOTHING : bytes.subarray(start, start + length));
    }
    return cuts;
  }

  /** What waits, as frames; null when nothing does. */
  cut(now: number): Cut | null {
    if (this.#records === 0) return null;
    const { topicId, partition, offset: committed } = this.assigned;
    const watermark = this.#last;
    const home = (partition + this.#stride) % this.program.shards;
    const blocks = new Map(this.#instance.take(home).map((block) => [block.shard, block]));
    if (this.#dead.length > 0 && !blocks.has(home)) blocks.set(home, { ...EMPTY, shard: home });
    const frames = [...blocks.values()].map((block): ShardFrame => {
      const { shard } = block;
      const prev = this.#sent.get(shard) ?? committed - 1;
      this.#sent.set(shard, watermark);
      const frame: Frame = {
        layout: this.program.layout,
        origin: originOf(topicId, partition, shard),
        prev,
        watermark,
        committed,
        time: now,
        rows: block.rows,
        block: block.block,
        columnLengths: block.columnLengths,
        positions: Array.from(block.records, (record) => this.#offsets[record]),
        filtered: [],
        deduplicated: [],
        dead: shard === home ? this.#dead : [],
      };
      return { shard, frame };
    });
    const cut: Cut = {
      watermark,
      frames,
      records: this.#records,
      dead: this.#dead.length,
      timestamp: this.#timestamp,
      bytes: frames.reduce((sum, { frame }) => sum + frame.block.length, this.#deadBytes),
    };
    this.#offsets = [];
    this.#dead = [];
    this.#deadBytes = this.#inputBytes = this.#records = 0;
    return cut;
  }

  #full(next: number): boolean {
    if (this.#records >= MAX_RECORDS || this.#inputBytes >= MAX_INPUT_BYTES) return true;
    if (this.#deadBytes >= MAX_DEAD_BYTES) return true;
    const looked = this.#records % LOOK_EVERY === 0 || next > SHARD_BYTES;
    return looked && this.#instance.size() + (next > SHARD_BYTES ? next : 0) >= this.#target;
  }

  /** Null: the record is in the block. */
  #scan(bytes: Uint8Array, start: number, length: number): readonly [reason: string, error: string] | null {
    if (start < 0) return ["parse_error", `${INVALID}the record has no value (a tombstone)`];
    if (length > MAX_RECORD_BYTES) {
      return ["row_too_large", `the record has ${length} bytes, at most ${MAX_RECORD_BYTES} can be passed on`];
    }
    return this.#instance.scan(bytes, start, start + length) === 0
      ? null
      : ["parse_error", (this.schemas ? "" : INVALID) + this.#instance.errorText()];
  }

  #bury(position: number, [reason, error]: readonly [string, string], original: Uint8Array): void {
    const kept = shortenOriginal(original).slice();
    this.#dead.push({ position, component: COMPONENT, reason, error, original: kept });
    this.#deadBytes += kept.length + error.length;
  }
}

/** The original's words. */
const INVALID = "failed to validate data: validate json data against fields: ";
const NOTHING = new Uint8Array(0);
const EMPTY: Omit<ShardBlock, "shard"> = { rows: 0, block: NOTHING, columnLengths: [], records: new Int32Array(0) };

/** Numbers of one origin are comparable, and those of another incarnation of the topic are another origin's. */
export function originOf(topicId: string, partition: number, shard: number): string {
  return `kafka:${topicId}:${partition}:${shard}`;
}
