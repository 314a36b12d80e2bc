/** What generated expressions read of a row: values of columns as JavaScript values, and quick tests on bytes. */
import { decodeText, formatInstant, fromTicks, type MapColumn, type StringColumn } from "../../native/mod.ts";
import { RowError } from "./errors.ts";

const encoder = new TextEncoder();
const instant = { seconds: 0, nanos: 0 };

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function sameBytes(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  const n = expected.length;
  if (end - start !== n) return false;
  for (let i = 0; i < n; i++) if (bytes[start + i] !== expected[i]) return false;
  return true;
}

/** The instant of nanosecond ticks as RFC 3339 in UTC. */
export function instantText(lo: number, hi: number): string {
  fromTicks(lo, hi, 9, instant);
  return formatInstant(instant.seconds, instant.nanos);
}

/** Index of a key's value among the map's values, -1 if the row lacks it. Of equal keys the last one counts. */
export function findKey(offsets: Uint32Array, keys: StringColumn, row: number, key: Uint8Array): number {
  const { bytes, starts, ends } = keys;
  const first = row === 0 ? 0 : offsets[row - 1];
  const n = key.length;
  next: for (let at = offsets[row] - 1; at >= first; at--) {
    const start = starts[at];
    if (ends[at] - start !== n) continue;
    for (let i = 0; i < n; i++) if (bytes[start + i] !== key[i]) continue next;
    return at;
  }
  return -1;
}

/** One value of a map as text, null if the row lacks the key. */
export function mapText(map: MapColumn, keys: StringColumn, values: StringColumn, row: number, key: Uint8Array) {
  const at = findKey(map.offsets, keys, row, key);
  return at < 0 ? null : values.text(at);
}

/** A map's row as an object without prototype. */
export function mapObject(map: MapColumn, keys: StringColumn, values: StringColumn, row: number) {
  const object: Record<string, string> = Object.create(null);
  for (let i = map.start(row), end = map.offsets[row]; i < end; i++) object[keys.text(i)] = values.text(i);
  return object;
}

/** A number that travels as its JSON text, as expressions see it. */
export function numberValue(bytes: Uint8Array, start: number, end: number): number {
  return Number(decodeText(bytes, start, end));
}

/** The value of a JSON text, which an earlier stage has checked. */
export function jsonValue(bytes: Uint8Array, start: number, end: number): unknown {
  try {
    return JSON.parse(decodeText(bytes, start, end));
  } catch (cause) {
    throw new RowError("the field's JSON text is broken", { cause });
  }
}
