/**
 * What a compiled transform module exports. One module is generated per pipeline (`transform.ts`); the stage that runs it
 * (`handlers/transform`) knows nothing of the pipeline but this interface.
 */
import type { SchemaBook } from "../formats/records.ts";
import type { Block, Layout } from "../native/mod.ts";

/** Keys seen inside the deduplication window; 128-bit fingerprints as four 32-bit integers. */
export interface SeenKeys {
  /** Whether the key was first seen within the window that ends at `timeMs`. */
  has(a: number, b: number, c: number, d: number, timeMs: number): boolean;
  /** Remembers a key whose row is emitted. */
  add(a: number, b: number, c: number, d: number, timeMs: number): void;
}

/** The fate of each row, by position; the rows written stand in the program's own block. */
export interface Outcome {
  /** Positions of the rows that were written, ascending. */
  readonly positions: number[];
  readonly filtered: number[];
  readonly deduplicated: number[];
  readonly dead: DeadRowOutcome[];
}

export interface DeadRowOutcome {
  readonly position: number;
  /** A metric label: `filter_error`, `transform_error`, `schema_mismatch`. */
  readonly reason: string;
  readonly error: string;
  /** The row as one line of JSON, UTF-8. */
  readonly original: Uint8Array;
}

/** One Native block of the output layout. */
export interface OutputBlock {
  readonly rows: number;
  /** Empty when `rows` is 0. */
  readonly block: Uint8Array;
  readonly columnLengths: readonly number[];
}

export interface TransformInstance {
  /**
   * Runs rows `from` (inclusive) to `to` (exclusive) of an input block and appends what they become to the output.
   * Row i has position `base + i`. A row's order of steps: filter, look-up in `seen`, transforms, conversion to the
   * table's types, then `seen.add`; a row that fails is rolled back, becomes a dead row and is not remembered.
   */
  run(block: Block, from: number, to: number, base: number, timeMs: number, seen: SeenKeys | null, out: Outcome): void;
  /** The rows appended since the last `take`, as a copy that later runs do not touch. */
  take(): OutputBlock;
  /** Bytes the output block would have now, about. */
  size(): number;
}

export interface TransformProgram {
  /** Digest of the layout that `run` expects. */
  readonly inputLayout: string;
  readonly input: Layout;
  /** Digest of the layout that `take` gives: the table's columns. */
  readonly outputLayout: string;
  /** Null without deduplication. */
  readonly dedupWindowMs: number | null;
  create(): TransformInstance;
}

/** What a compiled sink module exports. */
export interface SinkProgram {
  readonly layout: string;
  /** The columns of every frame of the edge, with the table's exact types. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly database: string;
  readonly table: string;
  readonly maxBatchRows: number;
  readonly maxDelayMs: number;
}

/** What a compiled ingest module exports: records of a Kafka source → the columns of the first edge. */
export interface IngestProgram {
  /** Digest of the layout of the blocks. */
  readonly layout: string;
  /** Shards of the first edge; rows of one key go to one shard. */
  readonly shards: number;
  create(): IngestInstance;
}

export interface IngestInstance {
  /** Of records that bear the id of their schema: which ids are known. */
  readonly schemas?: SchemaBook;
  /** Appends the record in `bytes[start, end)` and returns 0, or appends nothing and returns a fault's code. */
  scan(bytes: Uint8Array, start: number, end: number): number;
  /** What to tell the user about the last fault. */
  errorText(): string;
  /** The records appended since the last `take`, by shard. Those without a key go to shard `home`. */
  take(home: number): ShardBlock[];
  /** Bytes that `take` would give, about. */
  size(): number;
}

export interface ShardBlock extends OutputBlock {
  readonly shard: number;
  /** Which of the records these are, counted from the last `take`. */
  readonly records: Int32Array;
}
