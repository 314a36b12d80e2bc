import assert from "node:assert/strict";
import fc from "fast-check";
import { instantiateIngest } from "../../pipeline/compile/instantiate.ts";
import { planPipeline } from "../../pipeline/compile/mod.ts";
import type { IngestProgram } from "../../pipeline/compile/program.ts";
import { parsePipelineConfig } from "../../pipeline/config/mod.ts";
import { kafkaBody, kafkaSource, sink } from "../../pipeline/config/sample_configs.ts";
import { readBlock, rowJson } from "../../pipeline/native/mod.ts";
import type { RecordBatch } from "../../runtime/kafka/source.ts";
import { type Cut, MAX_RECORD_BYTES, PartitionFramer } from "./partition_framer.ts";

const assigned = { partition: 3, topicId: "t", offset: 100 };

function program(key: boolean): IngestProgram {
  const config = parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("s", { schema_fields: [{ name: "id", type: "string" }] })],
    transforms: key ? [{ type: "dedup", source_id: "s", config: { key: "id", time_window: "1h" } }] : [],
    sink: sink({ mapping: [{ name: "id", column_name: "id", column_type: "String" }] }),
  }));
  return instantiateIngest(planPipeline(config, null));
}

function batch(values: readonly (string | null)[], from = 100): RecordBatch {
  const parts = values.map((value) => new TextEncoder().encode(value ?? ""));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  const ranges = new Int32Array(values.length * 2).fill(-1);
  let at = 0;
  parts.forEach((part, i) => {
    bytes.set(part, at);
    if (values[i] !== null) ranges.set([at, at + part.length], 2 * i);
    at += part.length;
  });
  return {
    bytes,
    count: values.length,
    offsets: Float64Array.from(values, (_, i) => from + i),
    timestamps: new Float64Array(values.length),
    keys: new Int32Array(values.length * 2).fill(-1),
    values: ranges,
  };
}

/** Everything that frames say of a partition's records: offset → id, or the dead row's error. */
function fates(cuts: readonly Cut[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const { frame } of cuts.flatMap(({ frames }) => frames)) {
    const block = frame.rows > 0 ? readBlock(frame.block) : null;
    frame.positions.forEach((position, row) => found.set(position, rowJson(block!, row)));
    for (const { position, error } of frame.dead) found.set(position, error);
  }
  return found;
}

Deno.test("rows bear their offsets; broken records are dead rows with their bytes", () => {
  const framer = new PartitionFramer(program(false), assigned);
  framer.accept(batch(['{"id":"a"}', "{", null, '{"id":7}', '{"id":"b"}']), 5);
  const cut = framer.cut(5)!;
  const [{ shard, frame }] = cut.frames;
  assert.equal(shard, 0);
  assert.deepEqual(
    [frame.origin, frame.prev, frame.watermark, frame.committed, frame.positions],
    ["kafka:t:3:0", 99, 104, 100, [100, 104]],
  );
  assert.deepEqual(
    frame.dead.map(({ position, component, original }) => [position, component, new TextDecoder().decode(original)]),
    [
      [101, "ingestor", "{"],
      [102, "ingestor", ""],
      [103, "ingestor", '{"id":7}'],
    ],
  );
  assert.match(frame.dead[1].error, /failed to validate data: .*tombstone/);
  assert.match(frame.dead[2].error, /field 'id': expected string, got number/);
  framer.accept(batch(['{"id":"c"}'], 105), 6);
  assert.equal(framer.cut(6)!.frames[0].frame.prev, 104);
  assert.equal(framer.cut(6), null);
});

Deno.test("a record that no frame can hold is dead, with its beginning", () => {
  const framer = new PartitionFramer(program(false), assigned);
  framer.accept(batch([`{"id":"${"x".repeat(MAX_RECORD_BYTES)}"}`, '{"id":"b"}']), 5);
  const [{ frame }] = framer.cut(5)!.frames;
  assert.deepEqual([frame.positions, frame.dead[0].position, frame.dead[0].reason], [[101], 100, "row_too_large"]);
  assert.ok(frame.dead[0].original.length < MAX_RECORD_BYTES / 4);
});

Deno.test("whatever way records are batched and cut, each offset goes to the same shard, once, and chains join", () => {
  const key = program(true);
  const values = Array.from(
    { length: 60 },
    (_, i) => i % 7 === 3 ? "broken" : i % 5 === 0 ? '{"id":""}' : `{"id":"k${i % 11}"}`,
  );
  const read = (sizes: readonly number[]) => {
    const framer = new PartitionFramer(key, assigned);
    const cuts: Cut[] = [];
    for (let at = 0, i = 0; at < values.length; i++) {
      const next = Math.min(values.length, at + sizes[i % sizes.length]);
      cuts.push(...framer.accept(batch(values.slice(at, next), 100 + at), 5));
      if (i % 3 === 2) cuts.push(...[framer.cut(5)].filter((cut) => cut !== null));
      at = next;
    }
    return [...cuts, ...[framer.cut(5)].filter((cut) => cut !== null)];
  };
  const shards = (cuts: readonly Cut[]) =>
    new Map(
      cuts.flatMap(({ frames }) =>
        frames.flatMap(({ shard, frame }) =>
          [...frame.positions, ...frame.dead.map(({ position }) => position)].map((position) =>
            [position, shard] as const
          )
        )
      ),
    );
  const whole = read([60]);
  assert.equal(fates(whole).size, 60);
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sizes) => {
    const cuts = read(sizes);
    assert.deepEqual([...fates(cuts)].sort(([a], [b]) => a - b), [...fates(whole)].sort(([a], [b]) => a - b));
    assert.deepEqual([...shards(cuts)].sort(), [...shards(whole)].sort());
    const chains = new Map<number, number>();
    for (const { shard, frame } of cuts.flatMap(({ frames }) => frames)) {
      assert.equal(frame.prev, chains.get(shard) ?? 99);
      assert.ok(frame.watermark > frame.prev);
      chains.set(shard, frame.watermark);
    }
  }));
});
