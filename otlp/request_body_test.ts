import assert from "node:assert/strict";
import zlib from "node:zlib";
import { BadRequest, PayloadTooLarge } from "./errors.ts";
import { compressionOf, decompress, encodingOf } from "./request_body.ts";

const TEXT = new TextEncoder().encode(Array.from({ length: 400 }, (_, i) => `line ${(i * 7919) % 10007}`).join("\n"));

const COMPRESSED = {
  gzip: zlib.gzipSync(TEXT),
  deflate: zlib.deflateSync(TEXT),
  zstd: zlib.zstdCompressSync(TEXT),
} as const;

Deno.test("media types: case and parameters do not matter, others are not taken", () => {
  assert.equal(encodingOf("application/x-protobuf"), "protobuf");
  assert.equal(encodingOf(" Application/X-Protobuf ;proto=logs"), "protobuf");
  assert.equal(encodingOf("APPLICATION/JSON; charset=utf-8"), "json");
  for (
    const other of [null, "", "text/plain", "application/protobuf", "application/jsonx", "application/x-protobuf2"]
  ) {
    assert.equal(encodingOf(other), undefined);
  }
});

Deno.test("content codings", () => {
  assert.equal(compressionOf(null), "identity");
  assert.equal(compressionOf(" Identity "), "identity");
  assert.equal(compressionOf("x-gzip"), "gzip");
  assert.throws(() => compressionOf("br"), { code: "UNSUPPORTED_MEDIA_TYPE" });
  assert.throws(() => compressionOf("gzip, gzip"), { code: "UNSUPPORTED_MEDIA_TYPE" });
});

Deno.test("every coding: whole streams pass, none that is cut short anywhere does", () => {
  for (const [coding, body] of Object.entries(COMPRESSED) as [keyof typeof COMPRESSED, Uint8Array][]) {
    assert.deepEqual(new Uint8Array(decompress(body, coding, 100_000)), TEXT);
    for (let length = 0; length < body.length; length++) {
      assert.throws(() => decompress(body.subarray(0, length), coding, 100_000), BadRequest, `${coding} ${length}`);
    }
  }
});

Deno.test("the limit holds to the byte", () => {
  for (const [coding, body] of Object.entries(COMPRESSED) as [keyof typeof COMPRESSED, Uint8Array][]) {
    assert.equal(decompress(body, coding, TEXT.length).length, TEXT.length);
    assert.throws(() => decompress(body, coding, TEXT.length - 1), PayloadTooLarge, coding);
  }
});

Deno.test("several members or frames count as one stream", () => {
  for (const coding of ["gzip", "zstd"] as const) {
    const twice = new Uint8Array([...COMPRESSED[coding], ...COMPRESSED[coding]]);
    assert.equal(decompress(twice, coding, 100_000).length, TEXT.length * 2);
    assert.throws(() => decompress(twice, coding, TEXT.length * 2 - 1), PayloadTooLarge);
  }
  const skippable = [0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
  assert.deepEqual(decompress(new Uint8Array([...skippable, ...COMPRESSED.zstd]), "zstd", 100_000).length, TEXT.length);
});

Deno.test("zstd frames with a checksum, without a content size, and empty ones", async () => {
  const checked = zlib.zstdCompressSync(TEXT, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } });
  assert.equal(decompress(checked, "zstd", 100_000).length, TEXT.length);
  assert.throws(() => decompress(checked.map((byte, i) => i === 60 ? byte ^ 1 : byte), "zstd", 100_000), BadRequest);
  const stream = zlib.createZstdCompress();
  stream.write(TEXT.subarray(0, 100));
  stream.end(TEXT.subarray(100));
  const parts: number[] = [];
  for await (const part of stream) parts.push(...part);
  assert.deepEqual(new Uint8Array(decompress(Uint8Array.from(parts), "zstd", 100_000)), TEXT);
  assert.equal(decompress(zlib.zstdCompressSync(new Uint8Array(0)), "zstd", 100_000).length, 0);
});
