import assert from "node:assert/strict";
import { decodeRecords, offsetBehind } from "./record_batch.ts";

interface TestRecord {
  readonly key?: string | null;
  readonly value: string | null;
  readonly headers?: number;
}

interface TestBatch {
  readonly base: number;
  readonly records: readonly TestRecord[];
  readonly attributes?: number;
  readonly producer?: bigint;
  readonly lastDelta?: number;
}

/** A batch as brokers store it (format 2); the checksum is left 0. */
function batch(
  { base, records, attributes = 0, producer = -1n, lastDelta = records.length - 1 }: TestBatch,
): Uint8Array {
  const body: number[] = [];
  records.forEach(({ key = null, value, headers = 0 }, i) => {
    const record = [0, ...varint(i * 10), ...varint(i)];
    for (const part of [key, value]) {
      record.push(...varint(part === null ? -1 : bytesOf(part).length), ...bytesOf(part ?? ""));
    }
    record.push(...varint(headers));
    for (let h = 0; h < headers; h++) record.push(...varint(1), 0x68, ...varint(-1));
    body.push(...varint(record.length), ...record);
  });
  const out = new Uint8Array(61 + body.length);
  const view = new DataView(out.buffer);
  view.setBigInt64(0, BigInt(base));
  view.setInt32(8, out.length - 12);
  view.setInt8(16, 2);
  view.setInt16(21, attributes);
  view.setInt32(23, lastDelta);
  view.setBigInt64(27, 1_700_000_000_000n);
  view.setBigInt64(35, 1_800_000_000_000n);
  view.setBigInt64(43, producer);
  view.setInt32(57, records.length);
  out.set(body, 61);
  return out;
}

const bytesOf = (text: string) => [...new TextEncoder().encode(text)];

function varint(value: number): number[] {
  let zigzag = value < 0 ? -2 * value - 1 : 2 * value;
  const out: number[] = [];
  for (; zigzag >= 0x80; zigzag = Math.floor(zigzag / 0x80)) out.push((zigzag % 0x80) | 0x80);
  return [...out, zigzag];
}

const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
const refuse = () => assert.fail("nothing is compressed");

function read(bytes: Uint8Array, from = 0, aborted: { producerId: bigint; firstOffset: number }[] = []) {
  const { batches, nextOffset } = decodeRecords(bytes, from, aborted, refuse);
  const text = (source: Uint8Array, start: number, end: number) =>
    start < 0 ? null : new TextDecoder().decode(source.subarray(start, end));
  const records = batches.flatMap(({ bytes, count, offsets, keys, values, timestamps }) =>
    Array.from({ length: count }, (_, i) => [
      offsets[i],
      text(bytes, keys[2 * i], keys[2 * i + 1]),
      text(bytes, values[2 * i], values[2 * i + 1]),
      timestamps[i],
    ])
  );
  return { records, nextOffset };
}

const T = 1_700_000_000_000;

Deno.test("keys, values, nulls and headers of several batches; bytes are not copied", () => {
  const bytes = join(
    batch({ base: 5, records: [{ key: "k", value: "first", headers: 2 }, { value: null }, { key: "", value: "" }] }),
    batch({ base: 8, records: [{ value: "x".repeat(300) }] }),
  );
  assert.deepEqual(read(bytes), {
    records: [[5, "k", "first", T], [6, null, null, T + 10], [7, "", "", T + 20], [8, null, "x".repeat(300), T]],
    nextOffset: 9,
  });
  assert.equal(decodeRecords(bytes, 0, [], refuse).batches[0].bytes, bytes);
});

Deno.test("records before the wanted offset are left out; a batch that is cut off waits for the next fetch", () => {
  const first = batch({ base: 0, records: [{ value: "a" }, { value: "b" }, { value: "c" }] });
  const second = batch({ base: 3, records: [{ value: "d" }] });
  const cut = join(first, second).subarray(0, first.length + second.length - 1);
  assert.deepEqual(read(cut, 2), { records: [[2, null, "c", T + 20]], nextOffset: 3 });
  assert.equal(offsetBehind(cut, 2), 3);
  assert.equal(offsetBehind(cut.subarray(0, 20), 7), 7);
});

Deno.test("offsets that compaction took away are passed", () => {
  assert.deepEqual(read(batch({ base: 0, records: [{ value: "a" }], lastDelta: 9 })), {
    records: [[0, null, "a", T]],
    nextOffset: 10,
  });
});

Deno.test("a broker's own time counts for the whole batch", () => {
  assert.equal(
    read(batch({ base: 0, records: [{ value: "a" }, { value: "b" }], attributes: 0b1000 })).records[1][3],
    1.8e12,
  );
});

const TRANSACTIONAL = 0b1_0000;
const marker = (base: number, producer: bigint, type: number) =>
  batch({
    base,
    producer,
    attributes: TRANSACTIONAL | 0b10_0000,
    records: [{ key: `\0\0\0${String.fromCharCode(type)}`, value: "" }],
  });
const part = (base: number, producer: bigint, value: string) =>
  batch({ base, producer, attributes: TRANSACTIONAL, records: [{ value }] });

Deno.test("aborted transactions and markers are no records, wherever the answer is cut", () => {
  const aborted = [{ producerId: 1n, firstOffset: 0 }, { producerId: 1n, firstOffset: 6 }];
  const log = [
    part(0, 1n, "aborted"),
    part(1, 2n, "other"),
    marker(2, 1n, 0),
    part(3, 1n, "committed"),
    marker(4, 1n, 1),
    marker(5, 2n, 1),
    part(6, 1n, "aborted again"),
  ];
  const values = (parts: Uint8Array[]) => read(join(...parts), 0, aborted).records.map(([offset]) => offset);
  assert.deepEqual(values(log), [1, 3]);
  // The end of the second aborted transaction is not in this answer, nor the beginning of the first in the next.
  assert.deepEqual(values(log.slice(0, 2)), [1]);
  assert.deepEqual(read(join(...log.slice(2)), 2, aborted).records.map(([offset]) => offset), [3]);
  assert.equal(read(join(...log), 0, aborted).nextOffset, 7);
});

Deno.test("another format and damaged records are said, not skipped", () => {
  const old = batch({ base: 0, records: [{ value: "a" }] });
  old[16] = 1;
  assert.throws(() => read(old), /message format 1/);
  const damaged = batch({ base: 0, records: [{ value: "a" }] });
  damaged[61] = 0x7e;
  assert.throws(() => read(damaged), /is cut off/);
});
