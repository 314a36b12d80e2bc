import assert from "node:assert/strict";
import { compilePipeline } from "../../pipeline/compile/mod.ts";
import { instantiateTransform } from "../../pipeline/compile/instantiate.ts";
import { parsePipelineConfig } from "../../pipeline/config/mod.ts";
import { otlpBody, sink } from "../../pipeline/config/sample_configs.ts";
import { BlockWriter, Fixed64Writer, readBlock, rowJson, StringWriter } from "../../pipeline/native/mod.ts";
import type { Frame } from "../../runtime/frame.ts";
import { compute } from "./compute.ts";

const LAST = 2n ** 63n - 1n;
const SENT = [0n, LAST, LAST + 1n, 1_767_225_600_000_000_000n, 2n ** 64n - 1n, 7n];

function framed(layout: readonly { name: string; type: string }[], digest: string): Frame {
  const writer = new BlockWriter(layout);
  SENT.forEach((time, row) => {
    writer.columns.forEach((column) => {
      if (column instanceof Fixed64Writer) column.putBigInt(BigInt.asIntN(64, time));
      else (column as StringWriter).putText(`row ${row}`);
    });
  });
  return { layout: digest, ...writer.finish(), time: 0 } as unknown as Frame;
}

for (const type of ["DateTime64(9)", "DateTime64(3)", "DateTime", "Date", "String", "Nullable(DateTime64(9))"]) {
  Deno.test(`a timestamp after 2262 is a dead letter in front of ${type}, never another time`, () => {
    const mapping = [
      { name: "timestamp", column_name: "at", column_type: type },
      { name: "body", column_name: "body", column_type: "String" },
    ];
    const { plan, receiver } = compilePipeline(parsePipelineConfig(otlpBody({ sink: sink({ mapping }) })), null);
    const program = instantiateTransform(plan);
    const [{ output, outcome }] = compute(
      program,
      program.create(),
      framed(receiver.layout, receiver.layoutDigest),
      100,
      null,
    );
    // Shorter types end earlier: those rows are dead for their own reason.
    const wrapped = outcome.dead.filter(({ error }) => error.includes("ns since 1970"));
    assert.deepEqual(wrapped.map(({ position, reason }) => [position, reason]), [
      [102, "schema_mismatch"],
      [104, "schema_mismatch"],
    ]);
    assert.match(
      wrapped[0].error,
      /^field timestamp: value out of range of DateTime64: 9223372036854775808 ns since 1970$/,
    );
    assert.deepEqual(JSON.parse(new TextDecoder().decode(wrapped[1].original)).body, "row 4");
    assert.match(new TextDecoder().decode(wrapped[1].original), /"timestamp":18446744073709551615\b/);
    const rows = Array.from({ length: output.rows }, (_, row) => rowJson(readBlock(output.block), row));
    assert.equal(rows.length + outcome.dead.length, SENT.length);
    assert.ok(rows.every((row) => /"at":"(?:19[7-9]\d|20\d\d|21\d\d|22[0-6]\d)-/.test(row)), rows.join());
    const positions = outcome.dead.map(({ position }) => position);
    assert.deepEqual(positions, positions.toSorted());
  });
}
