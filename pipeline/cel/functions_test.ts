import assert from "node:assert/strict";
import { FUNCTIONS } from "./functions.ts";
import * as runtime from "./runtime/mod.ts";

Deno.test("every function is in the runtime, and in docs/cel.md", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/cel.md", import.meta.url));
  for (const [name, overloads] of Object.entries(FUNCTIONS)) {
    for (const { target } of overloads) assert.ok(target === "dyn" || target in runtime, `rt.cel.${target}`);
    assert.match(page, new RegExp(`\`${name}\``), name);
  }
});
