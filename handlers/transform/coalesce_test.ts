import assert from "node:assert/strict";
import { BlockWriter, readBlock, rowJson, StringWriter } from "../../pipeline/native/mod.ts";
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import type { Frame } from "../../runtime/frame.ts";
import type { Delivery } from "../../runtime/nats/consumer.ts";
import { coalesce } from "./coalesce.ts";

const input = [{ name: "a", type: "String" }];
const program = { inputLayout: "this", input } as unknown as TransformProgram;

function delivery(sequence: number, texts: string[], layout = "this"): Delivery {
  const writer = new BlockWriter(input);
  for (const text of texts) (writer.columns[0] as StringWriter).putText(text);
  const { rows, block, columnLengths } = writer.finish();
  return {
    sequence,
    frame: { layout, rows, block, columnLengths, dead: [], time: sequence } as unknown as Frame,
  } as Delivery;
}

const shape = (deliveries: Delivery[]) =>
  coalesce(program, deliveries).map((
    { deliveries, frame },
  ) => [deliveries.map(({ sequence }) => sequence), frame.rows]);

Deno.test("small frames that wait together become one, rows and order kept, with the first one's time", () => {
  const [unit, ...others] = coalesce(program, [delivery(4, ["x", "y"]), delivery(5, ["z"]), delivery(6, ["w"])]);
  assert.equal(others.length, 0);
  assert.equal(unit.frame.time, 4);
  const block = readBlock(unit.frame.block);
  assert.deepEqual([0, 1, 2, 3].map((row) => rowJson(block, row)), ["x", "y", "z", "w"].map((a) => `{"a":"${a}"}`));
});

Deno.test("frames of another layout and frames without rows stay alone", () => {
  const deliveries = [
    delivery(1, ["x"]),
    delivery(2, ["y"], "old"),
    delivery(3, []),
    delivery(4, ["z"]),
    delivery(5, ["w"]),
  ];
  assert.deepEqual(shape(deliveries), [[[1], 1], [[2], 1], [[3], 0], [[4, 5], 2]]);
});

Deno.test("joining ends where a frame would become large", () => {
  const large = "x".repeat(300 << 10);
  assert.deepEqual(shape([delivery(1, [large]), delivery(2, [large]), delivery(3, ["y"])]), [[[1], 1], [[2, 3], 2]]);
  const many = Array.from({ length: 40_000 }, () => "");
  assert.deepEqual(shape([delivery(1, many), delivery(2, many)]), [[[1], 40_000], [[2], 40_000]]);
});
