/**
 * What a person wants to see of a row beside its fate: which filter dropped it, its deduplication key, and what each
 * stateless transform made of it. Written from the same plan by the same generators as the transform's module, but as a
 * module of its own, so that looking costs the transform nothing.
 */
import { generate } from "../expr/mod.ts";
import { Constants, Locals, quote } from "./code.ts";
import { SourceCode, TIME } from "./column_code.ts";
import { keyCode } from "./key_code.ts";
import type { PipelinePlan } from "./plan.ts";
import { rowForm } from "./row/dead_row.ts";
import { outputName, statelessCode } from "./stateless_code.ts";

/** Text of a function body for `createObserver`. It holds no secret. */
export function observerBody(plan: PipelinePlan): string {
  const constants = new Constants();
  const method = (name: string, write: (source: SourceCode) => string) => {
    const locals = new Locals();
    const body = write(new SourceCode(plan.inputFields, locals, constants));
    return `function ${name}(block, i, ${TIME}) {\n${locals.text()}${body}\n}\n`;
  };
  const methods = [
    method("droppedBy", (source) => droppedByCode(plan, source)),
    method("keyOf", (source) =>
      plan.dedup === null ? "return null;" : `let keyed = false;
${keyCode(plan.dedup.key, source)}
return keyed ? hashed : null;`),
    method("steps", (source) => stepsCode(plan, source)),
  ].join("");
  // The key's code hands the bytes to a hash: here they are kept as text instead.
  return `let hashed = null;
const native = { hash128: (bytes, start, end) => { hashed = shown.text(bytes, start, end); } };
const hash = null, key = new ops.KeyText();
${constants.text()}${methods}return { droppedBy, key: keyOf, steps };`;
}

function droppedByCode({ filters }: PipelinePlan, source: SourceCode): string {
  const tests = filters.map(({ expression }, j) =>
    `at = ${j}; if (!${generate(expression, source.access())}) return at;\n`
  );
  return `let at = -1;\ntry {\n${tests.join("")}} catch { return at; }\nreturn -1;`;
}

function stepsCode({ stateless, inputFields }: PipelinePlan, source: SourceCode): string {
  const code = statelessCode(stateless, source, { step: () => "", expression: (_name, text) => text });
  const lists = stateless.map(({ outputs }, j) => {
    const values = outputs.map(({ name, outputType, passes }, k) => {
      const at = inputFields.findIndex((field) => field.name === passes?.name);
      const json = passes === null
        ? `shown.output(${outputName(j, k)}, ${quote(outputType)})`
        : `shown.field(block.columns[${at}], ${quote(rowForm(passes))}, i)`;
      return `[${quote(name)}, ${json}]`;
    });
    return `${code[j]}lists.push([${values.join(", ")}]);\n`;
  });
  return `const lists = [];\ntry {\n${lists.join("")}} catch { return lists; }\nreturn lists;`;
}
