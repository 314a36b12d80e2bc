/**
 * The frame: what one JetStream message on an edge carries. Payload = one ClickHouse Native block, then a trailer with
 * the columns' byte lengths, the position of every row (also of filtered and deduplicated ones) and the dead rows.
 * The headers carry the identity that the exactly-once protocol needs; a checksum covers the whole payload.
 */
import { crc32 } from "node:zlib";
import { PipelineError } from "./errors.ts";
import { ByteSink, ByteSource } from "./varint.ts";

export const FRAME_VERSION = 1;

/** Rows one input message may have: a re-based row's position is `sequence × ROWS_PER_MESSAGE + row`. */
export const ROWS_PER_MESSAGE = 65_536;

/** The origin of frames that arrive once, without positions; the first stage re-bases them. */
export const ONCE = "once";

/** A row that cannot go on, with what a person needs to mend it. */
export interface DeadRow {
  /** The row's position in the frame's origin: with stage and origin its identity. */
  readonly position: number;
  /** The stage, as shown to clients: `dedup` (the transform stage) or `sink`. */
  readonly component: string;
  /** A metric label such as `schema_mismatch`. */
  readonly reason: string;
  readonly error: string;
  /** The row as it was when it failed. */
  readonly original: Uint8Array;
}

export interface Frame {
  /** Digest of the block's column layout. */
  readonly layout: string;
  /** (source, shard, incarnation), or {@link ONCE}. */
  readonly origin: string;
  /** The watermark before this frame. */
  readonly prev: number;
  /** Everything of this origin and shard up to it has been sent. */
  readonly watermark: number;
  /** The next position the source would read again; −1 where the origin has none (outboxes). */
  readonly committed: number;
  /** Milliseconds since 1970 of the earliest arrival in it; the only clock inside a frame. */
  readonly time: number;
  readonly rows: number;
  /** One Native block. Empty (no bytes) when `rows` is 0. */
  readonly block: Uint8Array;
  /** Bytes of each column's data in the block, without its name and type. */
  readonly columnLengths: readonly number[];
  /** Ascending positions of the block's rows. */
  readonly positions: Positions;
  readonly filtered: Positions;
  readonly deduplicated: Positions;
  readonly dead: readonly DeadRow[];
  /** Origin → watermark of the source frames that end with this one: what the source may forget once this is written. */
  readonly confirms?: Readonly<Record<string, number>>;
}

/** Where an origin stands before its first frame. */
export const NO_MARK = -1;

/** Whether rows between the mark of its origin and this frame are missing. */
export function isGap(frame: Pick<Frame, "prev" | "committed">, mark: number): boolean {
  return frame.prev > mark && frame.prev >= frame.committed;
}

/** Ascending positions; a plain array, or nothing for *once* frames. */
export type Positions = readonly number[];

/** A message that is not a frame, or a damaged one. It is never skipped: a person decides what becomes of it. */
export class MalformedFrame extends PipelineError {
  override readonly name = "MalformedFrame";
  readonly code = "MALFORMED_FRAME";
  readonly retryable = false;
}

/** Headers and payload, ready to be published. */
export interface EncodedFrame {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

export function encodeFrame(frame: Frame): EncodedFrame {
  const trailer = new ByteSink();
  trailer.varint(frame.columnLengths.length);
  for (const length of frame.columnLengths) trailer.varint(length);
  writePositions(trailer, frame.positions);
  writePositions(trailer, frame.filtered);
  writePositions(trailer, frame.deduplicated);
  trailer.varint(frame.dead.length);
  for (const row of frame.dead) {
    trailer.varint(row.position);
    trailer.text(row.component);
    trailer.text(row.reason);
    trailer.text(row.error);
    trailer.bytes(row.original);
  }
  const confirms = Object.entries(frame.confirms ?? {});
  if (confirms.length > 0) {
    trailer.varint(confirms.length);
    for (const [origin, watermark] of confirms) {
      trailer.text(origin);
      trailer.varint(watermark);
    }
  }
  const payload = new Uint8Array(frame.block.length + trailer.length);
  payload.set(frame.block);
  payload.set(trailer.view(), frame.block.length);
  return {
    headers: {
      "Gf-Version": String(FRAME_VERSION),
      "Gf-Rows": String(frame.rows),
      "Gf-Layout": frame.layout,
      "Gf-Origin": frame.origin,
      "Gf-Prev": String(frame.prev),
      "Gf-Watermark": String(frame.watermark),
      "Gf-Committed": String(frame.committed),
      "Gf-Time": String(frame.time),
      "Gf-Block": String(frame.block.length),
      "Gf-Sum": crc32(payload).toString(16),
    },
    payload,
  };
}

/** Decodes and checks a message. Throws {@link MalformedFrame}; a wrong checksum is never skipped. */
export function decodeFrame(header: (name: string) => string, payload: Uint8Array): Frame {
  const version = header("Gf-Version");
  if (version !== String(FRAME_VERSION)) {
    throw new MalformedFrame(
      `frame version ${version || "none"}; this worker reads ${FRAME_VERSION}. Upgrade it first.`,
    );
  }
  const sum = crc32(payload).toString(16);
  if (sum !== header("Gf-Sum")) {
    throw new MalformedFrame(`checksum is ${sum}, the header says ${header("Gf-Sum")}: the stream's data is damaged`);
  }
  const blockLength = integer(header, "Gf-Block");
  if (blockLength < 0 || blockLength > payload.length) throw new MalformedFrame("the block is longer than the payload");
  const rows = integer(header, "Gf-Rows");
  const origin = header("Gf-Origin");
  try {
    const source = new ByteSource(payload, blockLength);
    const columnLengths = readMany(source, () => source.varint());
    const positions = readPositions(source);
    if (origin !== ONCE && positions.length !== rows) {
      throw new MalformedFrame(`${rows} rows have ${positions.length} positions`);
    }
    const filtered = readPositions(source);
    const deduplicated = readPositions(source);
    const dead = readMany(source, (): DeadRow => ({
      position: source.varint(),
      component: source.text(),
      reason: source.text(),
      error: source.text(),
      original: source.slice(),
    }));
    // Absent in frames of earlier releases.
    const confirms = source.at < source.end ? readMany(source, () => [source.text(), source.varint()] as const) : [];
    return {
      layout: header("Gf-Layout"),
      origin,
      prev: integer(header, "Gf-Prev"),
      watermark: integer(header, "Gf-Watermark"),
      committed: integer(header, "Gf-Committed"),
      time: integer(header, "Gf-Time"),
      rows,
      block: payload.subarray(0, blockLength),
      columnLengths,
      positions,
      filtered,
      deduplicated,
      dead,
      ...(confirms.length > 0 ? { confirms: Object.fromEntries(confirms) } : {}),
    };
  } catch (cause) {
    if (cause instanceof MalformedFrame) throw cause;
    throw new MalformedFrame("the trailer cannot be read", { cause });
  }
}

function integer(header: (name: string) => string, name: string): number {
  const text = header(name);
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value)) throw new MalformedFrame(`header ${name} is not an integer`);
  return value;
}

/** Count, then for each run of consecutive positions: the gap before it and its length. */
function writePositions(out: ByteSink, positions: Positions): void {
  out.varint(positions.length);
  let next = 0;
  for (let i = 0; i < positions.length;) {
    let run = 1;
    while (i + run < positions.length && positions[i + run] === positions[i] + run) run++;
    out.varint(positions[i] - next);
    out.varint(run);
    next = positions[i] + run;
    i += run;
  }
}

function readPositions(source: ByteSource): number[] {
  const count = source.varint();
  const positions: number[] = [];
  let next = 0;
  while (positions.length < count) {
    next += source.varint();
    const run = source.varint();
    if (run === 0 || positions.length + run > count) throw new RangeError("a run of positions is too long");
    for (let i = 0; i < run; i++) positions.push(next + i);
    next += run;
  }
  return positions;
}

function readMany<T>(source: ByteSource, read: () => T): T[] {
  const count = source.varint();
  if (count > source.end - source.at) throw new RangeError("more entries than bytes");
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(read());
  return list;
}
