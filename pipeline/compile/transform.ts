/**
 * The transform's module: filter, deduplication, stateless outputs and conversion to the table's types, written for one
 * pipeline.
 *
 * A row goes through filter, key look-up, outputs and those conversions that may fail, all inside one `try`; what it
 * wrote is rolled back when it fails. Columns whose conversion cannot fail are written afterwards, column by column, for
 * the rows that passed.
 */
import { generate } from "../expr/mod.ts";
import { keyCode } from "./key_code.ts";
import { fieldCode, type PutCode } from "./copy_code.ts";
import { Constants, Locals, quote } from "./code.ts";
import { SourceCode } from "./column_code.ts";
import type { PipelinePlan } from "./plan.ts";
import { rowForm } from "./row/dead_row.ts";
import { outputName, statelessCode } from "./stateless_code.ts";
import { TargetColumnCode } from "./target_code.ts";

const IMPORTS = `import * as native from "../native/mod.ts";
import * as rt from "../expr/runtime.ts";
import * as ops from "./row/mod.ts";
`;

/** Larger expressions get a function of their own, so that they do not keep the row loop from being optimised. */
const INLINE_LIMIT = 2_000;

/** Text of a module, to stand in this folder, that exports `program: TransformProgram`. */
export function generateTransform(plan: PipelinePlan): string {
  return `${IMPORTS}${transformBody(plan)}export { program };\n`;
}

/** The module without imports and exports; it refers to `native`, `rt` and `ops`. */
export function transformBody(plan: PipelinePlan): string {
  const constants = new Constants();
  const columns = plan.output.map((column, i) => new TargetColumnCode(column, i, constants));
  const loop = new RowLoop(plan, columns, constants);
  const run = loop.text();
  const layout = constants.of(JSON.stringify(plan.outputLayout));
  const program = {
    inputLayout: plan.inputDigest,
    input: plan.input,
    outputLayout: plan.outputDigest,
    dedupWindowMs: plan.dedup?.windowMs ?? null,
  };
  return `${constants.text()}
function create() {
const writer = new native.BlockWriter(${layout});
const hash = new Int32Array(4), key = new ops.KeyText();
let buffer = new Int32Array(1024);
${columns.map((column) => column.declarations()).join("")}
${loop.copies()}
${run}
function take() {
  const { rows, block, columnLengths } = writer.finish();
  writer.reset();
  return rows === 0 ? { rows, block: new Uint8Array(0), columnLengths: [] } : { rows, block, columnLengths };
}
return { run, take, size: () => writer.byteLength() };
}
const program = { ...${JSON.stringify(program)}, create };
`;
}

/** Writes `run` and what belongs to it. */
class RowLoop {
  readonly #locals = new Locals();
  readonly #source: SourceCode;
  readonly #functions: string[] = [];
  /** Reason and text before the message, per step. */
  readonly #steps: [reason: string, where: string][] = [];
  readonly #copies: string[] = [];
  /** From this step on, writers are marked. */
  #firstPut = 0;

  constructor(
    readonly plan: PipelinePlan,
    readonly columns: readonly TargetColumnCode[],
    readonly constants: Constants,
  ) {
    this.#source = new SourceCode(plan.inputFields, this.#locals, constants);
  }

  text(): string {
    const filters = this.#filters();
    const dedup = this.#dedup();
    const outputs = this.#outputs();
    const puts = this.#puts() + this.#nested();
    const fallible = this.columns.filter((column) => column.late === null);
    const each = (method: string) => fallible.map((column) => `${column.writer}.${method}();`).join(" ");
    const remember = this.plan.dedup ? "if (keyed) seen.add(hash[0], hash[1], hash[2], hash[3], timeMs);" : "";
    const steps = this.constants.of(JSON.stringify(this.#steps));
    const forms = this.constants.of(JSON.stringify(this.plan.inputFields.map(rowForm)));
    const marks = fallible.length > 0 ? `${each("mark")}` : "";
    const body = `${filters}${dedup}${outputs}${marks}\n${puts}${remember}`;
    const guarded = this.#steps.length === 0 ? body : `try {\n${body}\n} catch (error) {
  ${fallible.length === 0 ? "" : `if (step >= ${this.#firstPut}) { ${each("rollback")} }`}
  out.dead.push(ops.deadRow(${steps}[step][0], ${steps}[step][1], error, block, ${forms}, i, base + i));
  continue;
}`;
    return `function run(block, from, to, base, timeMs, seen, out) {
if (buffer.length < to - from) buffer = new Int32Array(to - from);
const rows = buffer, positions = out.positions;
${this.#locals.text()}${this.#functions.join("")}
let n = 0, step = 0, keyed = false;
for (let i = from; i < to; i++) {
${guarded}
rows[n++] = i;
positions.push(base + i);
}
if (n > 0) {
${this.columns.flatMap((column) => column.late === null ? [] : [`copy${column.index}(block, rows, n);`]).join("\n")}
}
}`;
  }

  copies(): string {
    return this.#copies.join("");
  }

  #filters(): string {
    return this.plan.filters.map(({ expression }, j) => {
      const step = this.#step("filter_error", "filter evaluation error: evaluating expression: ");
      const test = this.#expression(`keep${j}`, generate(expression, this.#source.access()));
      return `${step}if (!${test}) { out.filtered.push(base + i); continue; }\n`;
    }).join("");
  }

  #dedup(): string {
    const { dedup } = this.plan;
    if (!dedup) return "";
    return `if (seen !== null) {
${keyCode(dedup.key, this.#source)}
if (keyed && seen.has(hash[0], hash[1], hash[2], hash[3], timeMs)) { out.deduplicated.push(base + i); continue; }
}\n`;
  }

  #outputs(): string {
    return statelessCode(this.plan.stateless, this.#source, {
      step: (reason, where) => this.#step(reason, where),
      expression: (name, text, inside) => this.#expression(name, text, inside),
    }).join("");
  }

  #puts(): string {
    this.#firstPut = this.#steps.length;
    return this.columns.map((column) => {
      const code = this.#put(column, this.#source);
      if (!code.fallible) {
        this.#copy(column);
        return "";
      }
      const step = this.#step(
        "schema_mismatch",
        `failed to prepare values for message: failed to convert field ${column.output.mapped}: `,
      );
      return `${step}${code.row}\n`;
    }).join("");
  }

  /** The server refuses a whole insert for one row whose columns of a Nested structure differ in length. */
  #nested(): string {
    const structures = new Map<string, string[]>();
    for (const { output, writer } of this.columns) {
      const [structure, element] = output.name.split(".", 2);
      if (output.type.kind !== "Array" || element === undefined) continue;
      structures.set(structure, [...structures.get(structure) ?? [], writer]);
    }
    return [...structures].filter(([, writers]) => writers.length > 1).map(([structure, writers]) => {
      const step = this.#step("schema_mismatch", "failed to prepare values for message: ");
      return `${step}ops.sameLengths(${quote(structure)}, [${writers.join()}]);\n`;
    }).join("");
  }

  #put(column: TargetColumnCode, source: SourceCode): PutCode {
    const { from } = column.output;
    if (from.kind === "field") return fieldCode(column.output, source, column);
    const output = outputName(this.plan.stateless.length - 1, from.index);
    const value = from.key === undefined ? output : `ops.memberOf(${output}, ${quote(from.key)})`;
    return { row: `${column.putValue()}(${value});`, fallible: true };
  }

  /** A function of its own for each such column: small, and optimised alone. */
  #copy(column: TargetColumnCode): void {
    const locals = new Locals();
    const code = this.#put(column, new SourceCode(this.plan.inputFields, locals, this.constants));
    const body = code.bulk ?? `for (let k = 0; k < n; k++) { const i = rows[k]; ${code.row} }`;
    column.late = code;
    this.#copies.push(`function copy${column.index}(block, rows, n) {\n${locals.text()}${body}\n}\n`);
  }

  #step(reason: string, where: string): string {
    this.#steps.push([reason, where]);
    return `step = ${this.#steps.length - 1}; `;
  }

  /**
   * Closures inside the loop would capture its variable, so such expressions move into a function before it. One that reads
   * values of the loop (`inside`) has to stay.
   */
  #expression(name: string, text: string, inside = false): string {
    if (inside || (!text.includes("=>") && text.length <= INLINE_LIMIT)) return text;
    this.#functions.push(`const ${name} = (i) => ${text};\n`);
    return `${name}(i)`;
  }
}
