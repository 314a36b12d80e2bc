/**
 * The body of an export request: which decoder it asks for, read with a limit and a time limit, and decompressed with the
 * same limit on the output, so that a small body cannot become a large one.
 */
import zlib from "node:zlib";
import { BadRequest, BodyAborted, BodyTimeout, PayloadTooLarge, UnsupportedMediaType } from "./errors.ts";
import type { Encoding } from "./status.ts";
import { decompressZstd } from "./zstd.ts";

export type Compression = "identity" | "gzip" | "deflate" | "zstd";

/** The decoder a `Content-Type` asks for; undefined if there is none for it. Parameters and case do not matter. */
export function encodingOf(contentType: string | null): Encoding | undefined {
  switch (mediaType(contentType ?? "")) {
    case "application/x-protobuf":
      return "protobuf";
    case "application/json":
      return "json";
  }
}

function mediaType(contentType: string): string {
  const semicolon = contentType.indexOf(";");
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** Throws {@link UnsupportedMediaType} for codings that cannot be undone here. */
export function compressionOf(contentEncoding: string | null): Compression {
  switch (contentEncoding?.trim().toLowerCase() ?? "") {
    case "":
    case "identity":
      return "identity";
    case "gzip":
    case "x-gzip":
      return "gzip";
    case "deflate":
      return "deflate";
    case "zstd":
      return "zstd";
  }
  throw new UnsupportedMediaType("content-encoding must be gzip, deflate, zstd or identity");
}

export interface BodyLimits {
  /** Bytes, both as received and decompressed. */
  readonly maxBytes: number;
  /** Milliseconds from the headers to the last byte. */
  readonly timeoutMs: number;
}

/** Reads the whole body. Throws `PayloadTooLarge`, `BodyTimeout` or `BodyAborted`. */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? NaN);
  if (declared > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (request.body === null) return new Uint8Array(0);
  const reader = request.body.getReader();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(ignoreCancelled);
  }, limits.timeoutMs);
  try {
    const body = await collect(reader, limits.maxBytes, declared);
    // A cancelled stream ends like a complete one.
    if (!late) return body;
  } catch (cause) {
    if (cause instanceof PayloadTooLarge) {
      reader.cancel().catch(ignoreCancelled);
      throw cause;
    }
    if (!late) throw new BodyAborted("the client ended the request before its body was complete", { cause });
  } finally {
    clearTimeout(timer);
  }
  throw new BodyTimeout(`the body did not arrive within ${limits.timeoutMs} ms`);
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
  declared: number,
): Promise<Uint8Array> {
  let body = new Uint8Array(Number.isFinite(declared) ? declared : 0);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body.length === length ? body : body.subarray(0, length);
    if (length + value.length > maxBytes) throw tooLarge(maxBytes);
    if (length + value.length > body.length) {
      if (length === 0) {
        body = new Uint8Array(value);
        length = value.length;
        continue;
      }
      const grown = new Uint8Array(Math.min(maxBytes, Math.max(length + value.length, body.length * 2)));
      grown.set(body.subarray(0, length));
      body = grown;
    }
    body.set(value, length);
    length += value.length;
  }
}

/** Undoes the compression. Throws `BadRequest` for a corrupt stream, `PayloadTooLarge` past the limit. */
export function decompress(body: Uint8Array, compression: Compression, maxBytes: number): Uint8Array {
  if (compression === "identity") return body;
  try {
    const options = { maxOutputLength: maxBytes };
    switch (compression) {
      case "gzip":
        return zlib.gunzipSync(body, options);
      case "zstd":
        return decompressZstd(body, maxBytes);
      case "deflate":
        // The coding's name stands for the zlib format; some clients send it without the wrapper.
        return hasZlibHeader(body) ? zlib.inflateSync(body, options) : zlib.inflateRawSync(body, options);
    }
  } catch (cause) {
    if (cause instanceof RangeError && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge(maxBytes);
    }
    throw new BadRequest(`the body is not a complete ${compression} stream`, { cause });
  }
}

function hasZlibHeader(body: Uint8Array): boolean {
  return body.length >= 2 && (body[0] & 0x0f) === 8 && ((body[0] << 8) | body[1]) % 31 === 0;
}

function tooLarge(maxBytes: number): PayloadTooLarge {
  return new PayloadTooLarge(`the request has more than ${maxBytes} bytes: send fewer records per request`);
}

/** Cancelling a stream that broke already fails; there is nothing left to do. */
function ignoreCancelled(): void {}
