import assert from "node:assert/strict";
import { checkExpression, checkNoise, Random } from "./fuzz_for_tests.ts";

Deno.test("random expressions of every kind: generated code gives what walking the tree gives", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = new Random(seed);
  let compiled = 0;
  try {
    for (let i = 0; i < 5_000; i++) if (checkExpression(random)) compiled++;
    for (let i = 0; i < 5_000; i++) checkNoise(random);
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  }
  assert.ok(compiled > 1_000, `only ${compiled} of the expressions of seed ${seed} compiled`);
});
