/** Every case of the suite `types` through the real engine. */
import assert from "node:assert/strict";
import { suite } from "./types.ts";

Deno.test("every source type into every column type: the engine shows what the rules say", async () => {
  const { passed, failures } = await suite.run([]);
  assert.deepEqual(failures.slice(0, 20), []);
  assert.ok(passed > 10_000, `${passed} cases`);
});
