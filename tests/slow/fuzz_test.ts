/**
 * A million random inputs for the expression compiler: expressions whose generated code must give what a plain walk over
 * their tree gives, and damaged or random text, which must be refused with a position and never crash or hang.
 *
 * The same inputs every time, so that a failure belongs to a change; `EXPR_FUZZ_SEED` takes others. Five minutes end it.
 */
import assert from "node:assert/strict";
import { checkExpression, checkNoise, Random } from "../../pipeline/expr/fuzz_for_tests.ts";

const INPUTS = 1_000_000;
const AT_A_TIME = 1_000;
const LONGEST_MS = 5 * 60_000;

Deno.test("a million random expressions", () => {
  const seed = Number(Deno.env.get("EXPR_FUZZ_SEED") ?? 2027159321);
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  const end = performance.now() + LONGEST_MS;
  let compiled = 0;
  let done = 0;
  for (; done < INPUTS && performance.now() < end; done += AT_A_TIME) {
    try {
      for (let i = 0; i < AT_A_TIME; i++) {
        if (i % 3 === 0) checkNoise(random);
        else if (checkExpression(random)) compiled++;
      }
    } catch (error) {
      throw new Error(`seed ${seed}, within inputs ${done} to ${done + AT_A_TIME}`, { cause: error });
    }
  }
  console.log(`${done} inputs, ${compiled} expressions compiled`);
  assert.ok(compiled > done / 4, `only ${compiled} of ${done} inputs compiled`);
});
