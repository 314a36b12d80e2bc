/** Bytes as text, in the arena: lower-case hex, base64, and JSON strings. */
import type { Arena } from "./arena.ts";

const HEX_DIGITS = "0123456789abcdef";
/** Two ASCII digits for each byte, high digit first. */
const HEX = Uint16Array.from(
  { length: 256 },
  (_, byte) => (HEX_DIGITS.charCodeAt(byte >> 4) << 8) | HEX_DIGITS.charCodeAt(byte & 15),
);
const BASE64 = Uint8Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  (character) => character.charCodeAt(0),
);

/** Appends bytes [start, end) of the arena as hex. */
export function putHex(arena: Arena, start: number, end: number): void {
  arena.reserve((end - start) * 2);
  const { bytes, view } = arena;
  let at = arena.top;
  for (let i = start; i < end; i++, at += 2) view.setUint16(at, HEX[bytes[i]]);
  arena.top = at;
}

/** Appends bytes [start, end) of the arena as standard base64, padded. */
export function putBase64(arena: Arena, start: number, end: number): void {
  arena.reserve(Math.ceil((end - start) / 3) * 4);
  const bytes = arena.bytes;
  let at = arena.top;
  for (let i = start; i < end; i += 3) {
    const second = i + 1 < end ? bytes[i + 1] : 0;
    const third = i + 2 < end ? bytes[i + 2] : 0;
    bytes[at++] = BASE64[bytes[i] >> 2];
    bytes[at++] = BASE64[((bytes[i] & 3) << 4) | (second >> 4)];
    bytes[at++] = i + 1 < end ? BASE64[((second & 15) << 2) | (third >> 6)] : 0x3d;
    bytes[at++] = i + 2 < end ? BASE64[third & 63] : 0x3d;
  }
  arena.top = at;
}

/** Appends valid UTF-8 [start, end) of the arena as a JSON string with its quotes; only what JSON demands is escaped. */
export function putJsonString(arena: Arena, start: number, end: number): void {
  arena.byte(0x22);
  let plain = start;
  for (let i = start; i < end; i++) {
    const byte = arena.bytes[i];
    if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) continue;
    arena.copy(plain, i);
    plain = i + 1;
    arena.ascii(ESCAPES.get(byte) ?? `\\u00${HEX_DIGITS[byte >> 4]}${HEX_DIGITS[byte & 15]}`);
  }
  arena.copy(plain, end);
  arena.byte(0x22);
}

const ESCAPES = new Map([[0x22, '\\"'], [0x5c, "\\\\"], [0x08, "\\b"], [0x09, "\\t"], [0x0a, "\\n"], [0x0c, "\\f"], [
  0x0d,
  "\\r",
]]);
