/**
 * The text of a record's deduplication key, the one thing that shard and fingerprint are computed from:
 *
 * - one value: strings as they are; integers and floats in plain decimals; booleans `true`, `false`; instants as
 *   RFC 3339 in UTC without trailing zeros; maps as a JSON object in the record's key order; arrays as their JSON text;
 * - `{"a":x,"b":y}`: a JSON object of the parts; a part that the record lacks is left out;
 * - `[x,y]`: a JSON array, likewise.
 *
 * A record lacks a value that is null, an absent map key, or an empty OTLP id. A record whose text is empty, or whose
 * only value is lacking, has no key: it passes unchecked. Inside JSON, strings escape only what JSON demands.
 * The fingerprint is `hash128` of the text's UTF-8 bytes with seed 0.
 *
 * Vectors (fingerprint words as unsigned hex): see `key_text_test.ts`.
 */
import { convertOutput } from "../expr/mod.ts";
import { decodeText, type MapColumn, parseScaled } from "../native/mod.ts";

const ESCAPES = new Map([
  [0x22, '\\"'],
  [0x5c, "\\\\"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
]);
const HEX_DIGITS = "0123456789abcdef";
const encoder = new TextEncoder();

/** A buffer that one key after the other is written into. */
export class KeyText {
  bytes = new Uint8Array(256);
  length = 0;

  begin(): void {
    this.length = 0;
  }
  /** Any text. */
  text(s: string): void {
    this.#reserve(s.length * 3);
    const { bytes } = this;
    const at = this.length;
    for (let i = 0; i < s.length; i++) {
      const c = s.charCodeAt(i);
      if (c > 0x7f) {
        this.length = at + encoder.encodeInto(s, bytes.subarray(at)).written;
        return;
      }
      bytes[at + i] = c;
    }
    this.length = at + s.length;
  }
  slice(src: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    const { bytes } = this;
    let at = this.length;
    for (let i = start; i < end; i++) bytes[at++] = src[i];
    this.length = at;
  }
  /** UTF-8 bytes as a JSON string with its quotes. */
  quoted(src: Uint8Array, start: number, end: number): void {
    this.#reserve((end - start) * 6 + 2);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = 0x22;
    for (let i = start; i < end; i++) {
      const byte = src[i];
      if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) bytes[at++] = byte;
      else {
        const escape = ESCAPES.get(byte) ?? `\\u00${HEX_DIGITS[byte >> 4]}${HEX_DIGITS[byte & 15]}`;
        for (let k = 0; k < escape.length; k++) bytes[at++] = escape.charCodeAt(k);
      }
    }
    bytes[at++] = 0x22;
    this.length = at;
  }
  /** The comma before a part of a composite, unless it is the first behind the opening bracket. */
  separate(): void {
    if (this.length > 1) this.text(",");
  }

  #reserve(n: number): void {
    if (this.length + n <= this.bytes.length) return;
    const bytes = new Uint8Array((this.length + n) * 2);
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}

/** A map's row as a JSON object of texts. */
export function putMapKey(key: KeyText, map: MapColumn, row: number): void {
  const { keys, values } = map;
  if (keys.kind !== "strings" || values.kind !== "strings") throw new TypeError("not a map of strings");
  key.text("{");
  const from = map.start(row);
  for (let i = from; i < map.offsets[row]; i++) {
    if (i > from) key.text(",");
    key.quoted(keys.bytes, keys.starts[i], keys.ends[i]);
    key.text(":");
    key.quoted(values.bytes, values.starts[i], values.ends[i]);
  }
  key.text("}");
}

/** A number that travels as its text, with the text it would have as its type's own value: `1.0` and `1` are the same. */
export function numberKey(bytes: Uint8Array, start: number, end: number, float: boolean): string {
  return float ? plainNumber(Number(decodeText(bytes, start, end))) : String(parseScaled(bytes, start, end, 0));
}

/** A float in plain decimals, without an exponent; zero has no sign. */
export function plainNumber(value: number): string {
  return String(convertOutput(value + 0, "string"));
}
