/** The ingest module of a JSON source: a scanner for just the pipeline's fields, and the shard of each record's key. */
import { generateScanner } from "../scan/mod.ts";
import { Constants, Locals } from "./code.ts";
import { SourceCode } from "./column_code.ts";
import { keyCode } from "./key_code.ts";
import type { PipelinePlan } from "./plan.ts";

const IMPORTS = `import * as native from "../native/mod.ts";
import * as ops from "./row/mod.ts";
import { core } from "../scan/mod.ts";
`;

/** Text of a module, to stand in this folder, that exports `program: IngestProgram`. */
export function generateIngest(plan: PipelinePlan): string {
  return `${IMPORTS}${ingestBody(plan)}export { program };\n`;
}

/** The module without imports and exports; it refers to `native`, `ops` and `core`. */
export function ingestBody(plan: PipelinePlan): string {
  const constants = new Constants();
  const layout = constants.of(JSON.stringify(plan.input));
  const { shards, key } = plan.sharding;
  const locals = new Locals();
  const code = key === null ? "" : keyCode(key, new SourceCode(plan.inputFields, locals, constants));
  const scanner = generateScanner(
    plan.inputFields.map(({ name, type, nullable, exact }) => ({ name, type, nullable, exact })),
  );
  const keyed = key !== null && shards > 1;
  return `${scanner.replace("export function bindScanner", "function bindScanner")}
${constants.text()}
${keyed ? shardFunction(locals, code, shards) : ""}
function create() {
const writer = new native.BlockWriter(${layout});
const scanner = bindScanner(core, writer.columns);
function take(home) {
  const whole = writer.finish();
  writer.reset();
  ${
    keyed
      ? `return ops.splitByShard(whole, ${layout}, ${shards}, shardsOf, home);`
      : "return ops.wholeBlock(whole, home);"
  }
}
return { scan: scanner.scan, errorText: scanner.errorText, take, size: () => writer.byteLength() };
}
const program = { layout: ${JSON.stringify(plan.inputDigest)}, shards: ${shards}, create };
`;
}

/** `shardsOf(block, home, out)` fills `out` with each row's shard. */
function shardFunction(locals: Locals, code: string, shards: number): string {
  return `const hash = new Int32Array(4), key = new ops.KeyText();
function shardsOf(block, home, out) {
${locals.text()}
let keyed = false;
for (let i = 0; i < block.rows; i++) {
${code}
out[i] = keyed ? native.shardOf(hash, ${shards}) : home;
}
}`;
}
