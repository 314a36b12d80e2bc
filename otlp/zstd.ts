/**
 * Complete decompression of zstd bodies. The runtime's decompressor reads one frame, and takes a frame that was cut short
 * for an empty one; so the frames are measured here first. Source: RFC 8878, sections 3.1.1 and 3.1.2.
 */
import zlib from "node:zlib";

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** All frames' contents. Throws `RangeError` with code `ERR_BUFFER_TOO_LARGE` past the limit, as `node:zlib` does. */
export function decompressZstd(body: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let at = 0; at < body.length;) {
    const end = frameEnd(body, at);
    if (isSkippable(body, at)) {
      at = end;
      continue;
    }
    // One byte more than may be left, because a limit of zero is not a limit.
    const part = zlib.zstdDecompressSync(body.subarray(at, end), { maxOutputLength: maxBytes - total + 1 });
    total += part.length;
    if (total > maxBytes) throw Object.assign(new RangeError("too large"), { code: "ERR_BUFFER_TOO_LARGE" });
    parts.push(part);
    at = end;
  }
  if (parts.length === 0) throw new TypeError("no zstd frame");
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function isSkippable(body: Uint8Array, at: number): boolean {
  return (uint(body, at, 4) & ~0x0f) >>> 0 === SKIPPABLE;
}

/** Where the frame at `at` ends. Throws if the body ends before it. */
function frameEnd(body: Uint8Array, at: number): number {
  if (isSkippable(body, at)) return within(body, at + 8 + uint(body, at + 4, 4));
  if (uint(body, at, 4) !== MAGIC) throw new TypeError("not a zstd frame");
  const descriptor = uint(body, at + 4, 1);
  const singleSegment = (descriptor & 0x20) !== 0;
  const contentSize = descriptor >> 6;
  let next = at + 5 + (singleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 3] +
    (contentSize === 0 && singleSegment ? 1 : CONTENT_SIZE_BYTES[contentSize]);
  for (let last = false; !last;) {
    const header = uint(body, next, 3);
    last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) throw new TypeError("reserved zstd block type");
    next = within(body, next + 3 + (type === RLE_BLOCK ? 1 : header >> 3));
  }
  const checksum = (descriptor & 0x04) !== 0;
  return within(body, next + (checksum ? 4 : 0));
}

function uint(body: Uint8Array, at: number, bytes: number): number {
  within(body, at + bytes);
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + body[at + i];
  return value;
}

function within(body: Uint8Array, end: number): number {
  if (end > body.length) throw new TypeError("incomplete zstd frame");
  return end;
}
