/** Every case of the CEL suite gives what cel-go gives, or what docs/cel.md says instead. */
import assert from "node:assert/strict";
import { judge } from "./cel/suite.ts";
import { suite } from "./cel.ts";

Deno.test("CEL gives what cel-go gives", async () => {
  const { passed, failures } = await suite.run([]);
  assert.deepEqual(failures, []);
  assert.ok(passed > 1_500);
});

Deno.test("a further file's cases run too, whichever numbers it means", async () => {
  assert.equal(judge({ expression: "x", env: { x: 5n }, result: 5n, error: null }), null);
  const file = await Deno.makeTempFile({ suffix: ".json" });
  const cases = [
    { expression: "x / 2", env: { x: 5 }, result: 2 },
    { expression: "x / 2.0", env: { x: 5 }, result: 2.5 },
    { expression: "x + 1 == 2u", env: { x: 1 }, error: true },
    { expression: "x", env: { x: 5 }, result: 6 },
    { expression: "x", env: { x: 5 }, error: "never" },
    { expression: "x ?? 2", language: "expr", env: {}, result: 2 },
  ];
  try {
    await Deno.writeTextFile(file, JSON.stringify(cases));
    const { failures } = await suite.run([file]);
    assert.deepEqual(failures.map(({ name }) => name), ["x", "x"]);
  } finally {
    await Deno.remove(file);
  }
});
