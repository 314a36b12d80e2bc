/** Kafka's codecs by their number in a batch's attributes, with a bound on what one batch may become. */
import { Buffer } from "node:buffer";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { compressionsAlgorithms } from "@platformatic/kafka";
import { messageOf } from "../errors.ts";
import { MalformedBatch } from "./errors.ts";

/** A batch is one produce request's at most, which brokers bound by 1 MiB by default. */
const MAX_OUTPUT_BYTES = 256 << 20;

const CODECS: Readonly<Record<number, (bytes: Uint8Array) => Uint8Array>> = {
  1: (bytes) => gunzipSync(bytes, { maxOutputLength: MAX_OUTPUT_BYTES }),
  2: (bytes) => compressionsAlgorithms.snappy.decompressSync(bufferOf(bytes)),
  3: (bytes) => compressionsAlgorithms.lz4.decompressSync(bufferOf(bytes)),
  4: (bytes) => zstdDecompressSync(bytes, { maxOutputLength: MAX_OUTPUT_BYTES }),
};

export function decompress(codec: number, bytes: Uint8Array): Uint8Array {
  const decode = CODECS[codec];
  if (!decode) throw new MalformedBatch(`records are compressed with codec ${codec}, which no Kafka release knows`);
  try {
    return decode(bytes);
  } catch (cause) {
    throw new MalformedBatch(`a compressed batch cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
