/**
 * Decodes what a fetch brings of a partition: record batches (format 2, as brokers store them since 0.11), compressed or not.
 * No object and no copy per record; of a compressed batch one buffer is made. Control records and records of aborted
 * transactions are left out, whatever way the response cuts a transaction.
 */
import { MalformedBatch } from "./errors.ts";
import type { RecordBatch } from "./source.ts";

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export type Decompress = (codec: number, bytes: Uint8Array) => Uint8Array;

const HEADER = 61;
/** First offset and length, which the length does not count. */
const PREFIX = 12;
const CODEC = 0b111;
const LOG_APPEND_TIME = 0b1000;
const TRANSACTIONAL = 0b1_0000;
const CONTROL = 0b10_0000;
const ABORT = 0;

export interface DecodedRecords {
  readonly batches: RecordBatch[];
  readonly nextOffset: number;
}

/** The offset behind the last whole batch in `bytes`; `from` when there is none. */
export function offsetBehind(bytes: Uint8Array, from: number): number {
  const view = viewOf(bytes);
  let next = from;
  for (let at = 0; at + HEADER <= bytes.length;) {
    const end = at + PREFIX + view.getInt32(at + 8);
    if (end > bytes.length) break;
    next = Math.max(next, Number(view.getBigInt64(at)) + view.getInt32(at + 23) + 1);
    at = end;
  }
  return next;
}

/** Records from offset `from` on. A batch that is cut off at the end is left for the next fetch. */
export function decodeRecords(
  bytes: Uint8Array,
  from: number,
  aborted: readonly AbortedTransaction[],
  decompress: Decompress,
): DecodedRecords {
  const view = viewOf(bytes);
  const batches: RecordBatch[] = [];
  const transactions = new AbortedProducers(aborted);
  let nextOffset = from;
  for (let at = 0; at + HEADER <= bytes.length;) {
    const end = at + PREFIX + view.getInt32(at + 8);
    if (end > bytes.length) break;
    const magic = view.getInt8(at + 16);
    if (magic !== 2) {
      throw new MalformedBatch(
        `the topic holds records in message format ${magic}, from before Kafka 0.11: copy them to a new topic`,
      );
    }
    const baseOffset = Number(view.getBigInt64(at));
    const attributes = view.getInt16(at + 21);
    const lastOffset = baseOffset + view.getInt32(at + 23);
    const producerId = view.getBigInt64(at + 43);
    const count = view.getInt32(at + 57);
    nextOffset = Math.max(nextOffset, lastOffset + 1);
    transactions.reach(lastOffset);
    const codec = attributes & CODEC;
    if (attributes & CONTROL) {
      if (controlType(bytes, view, at + HEADER) === ABORT) transactions.end(producerId);
    } else if (!(attributes & TRANSACTIONAL && transactions.isAborted(producerId))) {
      const batch = decodeBatch(
        codec === 0 ? bytes : decompress(codec, bytes.subarray(at + HEADER, end)),
        codec === 0 ? at + HEADER : 0,
        codec === 0 ? end : -1,
        count,
        baseOffset,
        // With the broker's own time the batch bears it once.
        attributes & LOG_APPEND_TIME ? Number(view.getBigInt64(at + 35)) : Number(view.getBigInt64(at + 27)),
        (attributes & LOG_APPEND_TIME) !== 0,
        from,
      );
      if (batch.count > 0) batches.push(batch);
    }
    at = end;
  }
  return { batches, nextOffset };
}

/** Whose records count for nothing at the offset that was reached. */
class AbortedProducers {
  readonly #waiting: AbortedTransaction[];
  readonly #producers = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset);
  }

  reach(offset: number): void {
    for (let next; (next = this.#waiting.at(-1)) && next.firstOffset <= offset; this.#waiting.pop()) {
      this.#producers.add(next.producerId);
    }
  }

  end(producerId: bigint): void {
    this.#producers.delete(producerId);
  }

  isAborted(producerId: bigint): boolean {
    return this.#producers.has(producerId);
  }
}

let cursor = 0;

/** A zigzag varint of up to 32 bits at the cursor. */
function varint(bytes: Uint8Array): number {
  let byte = bytes[cursor++];
  let value = byte & 0x7f;
  for (let shift = 7; byte & 0x80; shift += 7) {
    byte = bytes[cursor++];
    value |= (byte & 0x7f) << shift;
  }
  return (value >>> 1) ^ -(value & 1);
}

/** A zigzag varint of up to 64 bits as a double. */
function varlong(bytes: Uint8Array): number {
  let byte = bytes[cursor++];
  let value = byte & 0x7f;
  for (let factor = 128; byte & 0x80; factor *= 128) {
    byte = bytes[cursor++];
    value += (byte & 0x7f) * factor;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function decodeBatch(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  baseOffset: number,
  time: number,
  oneTime: boolean,
  from: number,
): RecordBatch {
  if (end < 0) end = bytes.length;
  const offsets = new Float64Array(count);
  const timestamps = new Float64Array(count);
  const keys = new Int32Array(count * 2);
  const values = new Int32Array(count * 2);
  let kept = 0;
  cursor = start;
  for (let i = 0; i < count; i++) {
    const length = varint(bytes);
    const recordEnd = cursor + length;
    if (!(length >= 0 && recordEnd <= end)) {
      throw new MalformedBatch(`record ${i} from offset ${baseOffset} on is cut off`);
    }
    cursor++; // attributes, of which none is in use
    const timeDelta = varlong(bytes);
    const offset = baseOffset + varint(bytes);
    const keyLength = varint(bytes);
    const keyStart = cursor;
    if (keyLength > 0) cursor += keyLength;
    const valueLength = varint(bytes);
    const valueStart = cursor;
    if (valueStart + Math.max(valueLength, 0) > recordEnd) {
      throw new MalformedBatch(`the record at ${offset} is damaged`);
    }
    cursor = recordEnd; // headers are not carried
    if (offset < from) continue;
    offsets[kept] = offset;
    timestamps[kept] = oneTime ? time : time + timeDelta;
    keys[2 * kept] = keyLength < 0 ? -1 : keyStart;
    keys[2 * kept + 1] = keyLength < 0 ? -1 : keyStart + keyLength;
    values[2 * kept] = valueLength < 0 ? -1 : valueStart;
    values[2 * kept + 1] = valueLength < 0 ? -1 : valueStart + valueLength;
    kept++;
  }
  return { bytes, count: kept, offsets, timestamps, keys, values };
}

/** Of a control batch's only record: its key is a version and a type. */
function controlType(bytes: Uint8Array, view: DataView, at: number): number {
  cursor = at;
  varint(bytes);
  cursor++;
  varlong(bytes);
  varint(bytes);
  return varint(bytes) >= 4 ? view.getInt16(cursor + 2) : -1;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
