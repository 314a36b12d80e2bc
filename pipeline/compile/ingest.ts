/**
 * The ingest module of a Kafka source: a reader of its records for just the pipeline's fields, and the shard of each record's
 * key. JSON has a scanner of its own; the other formats are read by `pipeline/formats`, by schemas that come at run time.
 */
import { generateScanner, type ScanField } from "../scan/mod.ts";
import { Constants, Locals } from "./code.ts";
import { SourceCode } from "./column_code.ts";
import { keyCode } from "./key_code.ts";
import type { PipelinePlan, RecordPlan } from "./plan.ts";

const IMPORTS = `import * as native from "../native/mod.ts";
import * as ops from "./row/mod.ts";
import { core } from "../scan/mod.ts";
`;

/** Text of a module, to stand in this folder, that exports `program: IngestProgram`. */
export function generateIngest(plan: PipelinePlan): string {
  const { records } = plan;
  const formats = records ? `import { bindRecords } from "../formats/${records.format}/mod.ts";\n` : "";
  return `${IMPORTS}${formats}${moduleBody(plan, records)}export { program };\n`;
}

/** The module without imports and exports, for records as JSON, whatever the format; it refers to `native`, `ops` and `core`. */
export function ingestBody(plan: PipelinePlan): string {
  return moduleBody(plan, null);
}

function moduleBody(plan: PipelinePlan, records: RecordPlan | null): string {
  const constants = new Constants();
  const layout = constants.of(JSON.stringify(plan.input));
  const { shards, key } = plan.sharding;
  const locals = new Locals();
  const code = key === null ? "" : keyCode(key, new SourceCode(plan.inputFields, locals, constants));
  const fields = plan.inputFields.map(({ name, type, nullable, exact }) => ({ name, type, nullable, exact }));
  const isJson = records === null || records.format === "json";
  const keyed = key !== null && shards > 1;
  return `${isJson ? generateScanner(fields).replace("export function bindScanner", "function bindScanner") : ""}
${constants.text()}
${keyed ? shardFunction(locals, code, shards) : ""}
function create() {
const writer = new native.BlockWriter(${layout});
${readerCode(records, fields, isJson)}
function take(home) {
  const whole = writer.finish();
  writer.reset();
  ${
    keyed
      ? `return ops.splitByShard(whole, ${layout}, ${shards}, shardsOf, home);`
      : "return ops.wholeBlock(whole, home);"
  }
}
return { scan: scanner.scan, errorText: scanner.errorText, ${
    records ? "schemas: scanner, " : ""
  }take, size: () => writer.byteLength() };
}
const program = { layout: ${JSON.stringify(plan.inputDigest)}, shards: ${shards}, create };
`;
}

function readerCode(records: RecordPlan | null, fields: readonly ScanField[], isJson: boolean): string {
  const scanner = isJson ? "bindScanner(core, writer.columns)" : "writer.columns";
  if (!records) return `const scanner = ${scanner};`;
  const { file, messageType, version } = records;
  return `const scanner = bindRecords(${JSON.stringify({ fields, file, messageType, version })}, ${scanner});`;
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
