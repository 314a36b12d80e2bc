/** Every case of the suite `types` through the real engine. */
import assert from "node:assert/strict";
import { fileTexts } from "./generate/types.ts";
import { parseDigits } from "./json_digits.ts";
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
