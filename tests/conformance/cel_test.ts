/** Every case of the CEL suite gives what cel-go gives, or what docs/cel.md says instead. */
import assert from "node:assert/strict";
import { judge, parseCases } from "./cel/suite.ts";

const FOLDER = new URL("./cel/", import.meta.url);

for (const { name } of [...Deno.readDirSync(FOLDER)].filter(({ name }) => name.endsWith(".json"))) {
  Deno.test(`CEL: ${name}`, () => {
    const cases = parseCases(Deno.readTextFileSync(new URL(name, FOLDER)));
    const wrong = cases.flatMap((test) => {
      const problem = judge(test);
      return problem === null ? [] : [`${test.expression}: ${problem}`];
    });
    assert.deepEqual(wrong, []);
  });
}
