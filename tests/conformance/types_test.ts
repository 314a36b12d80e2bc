/** Every case of the suite `types` through the real engine. */
import assert from "node:assert/strict";
import { instantiateIngest, instantiateTransform } from "../../pipeline/compile/instantiate.ts";
import type { Outcome } from "../../pipeline/compile/program.ts";
import { planOf } from "../../pipeline/compile/testing/pipeline_of.ts";
import { readBlock } from "../../pipeline/native/mod.ts";
import { fileTexts } from "./generate/types.ts";
import { parseDigits } from "./json_digits.ts";
import { startTables } from "./tables.ts";
import { suite } from "./types.ts";

Deno.test("the suite's files hold what the rules say now", () => {
  const folder = new URL("./types/", import.meta.url);
  const files = fileTexts();
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), files.map(([name]) => name).sort());
  for (const [name, text] of files) {
    const same = JSON.stringify(parseDigits(Deno.readTextFileSync(new URL(name, folder)))) ===
      JSON.stringify(parseDigits(text));
    assert.ok(same, `${name}: run tests/conformance/generate/types.ts`);
  }
});

Deno.test("every source type into every column type: the engine shows what the rules say", async () => {
  const { passed, failures } = await suite.run([]);
  assert.deepEqual(failures.slice(0, 20), []);
  assert.ok(passed > 10_000, `${passed} cases`);
});

Deno.test("arrays into the flattened columns of a Nested structure", async () => {
  const plan = planOf({ a: "array", b: "array" }, {
    "n.a": ["a", "Array(Int64)"],
    "n.b": ["b", "Array(Nullable(String))"],
  });
  const ingest = instantiateIngest(plan).create();
  for (const record of ['{"a":[9007199254740993,0],"b":["x",null]}', '{"a":[1],"b":[]}', '{"a":[],"b":[]}']) {
    const bytes = new TextEncoder().encode(record);
    assert.equal(ingest.scan(bytes, 0, bytes.length), 0);
  }
  const instance = instantiateTransform(plan).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  instance.run(readBlock(ingest.take(0)[0].block), 0, 3, 0, 0, null, out);
  assert.deepEqual(out.positions, [0, 2]);
  const tables = await startTables();
  try {
    await tables.send("CREATE TABLE t (n Nested(a Int64, b Nullable(String), c UInt8)) ENGINE = MergeTree ORDER BY ()");
    await tables.send("INSERT INTO t (`n.a`, `n.b`) FORMAT Native", {}, instance.take().block);
    const rows = await tables.send("SELECT n.a, n.b, n.c FROM t ORDER BY length(n.a) FORMAT TSV");
    assert.equal(rows, "[]\t[]\t[]\n[9007199254740993,0]\t['x',NULL]\t[0,0]\n");
  } finally {
    await tables.stop();
  }
});
