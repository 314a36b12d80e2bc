/** Generated code of the stateless transforms: every output of row `i` as a constant, each step from the one before it. */
import { type FieldAccess, generate, type StaticType } from "../expr/mod.ts";
import { quote } from "./code.ts";
import { type SourceCode, TIME } from "./column_code.ts";
import type { StatelessPlan, StatelessStep } from "./expressions.ts";

/** What surrounds the code. */
export interface StatelessFrame {
  /** A statement that says what comes next: the reason of a failure and the text before its message. */
  step(reason: string, where: string): string;
  /** The text of an expression, or of a call to it. One that reads values of the loop has to stay `inside`. */
  expression(name: string, text: string, inside: boolean): string;
}

/** The constant that holds the output `k` of step `j`; an output that passes a field on has none. */
export function outputName(j: number, k: number): string {
  return `o${j}_${k}`;
}

/** Statements of each step. Every output is computed, mapped or not: an error in any of them makes the row dead. */
export function statelessCode(steps: readonly StatelessStep[], source: SourceCode, frame: StatelessFrame): string[] {
  let access = source.access();
  return steps.map(({ transform, outputs }, j) => {
    const where = j === 0 ? "versioned transform" : `versioned transform (transforms[${transform.index}])`;
    const lines = outputs.map(({ name, outputType, expression, passes }, k) => {
      if (passes !== null) return "";
      const run = frame.step("transform_error", `${where}: run transformation ${k}: `);
      const convert = frame.step("transform_error", `${where}: convert result for column ${name}: `);
      const value = frame.expression(`output${j}_${k}`, generate(expression, access), j > 0);
      if (isConverted(expression.type, outputType)) return `${run}const ${outputName(j, k)} = ${value};\n`;
      return `${run}const r${j}_${k} = ${value}; ` +
        `${convert}const ${outputName(j, k)} = rt.convertOutput(r${j}_${k}, ${quote(outputType)});\n`;
    });
    access = outputAccess(outputs, j, source);
    return lines.join("");
  });
}

/** Output types that conversion makes integers, with all their digits. */
const INTEGERS: ReadonlySet<string> = new Set(["int", "int64"]);

/** The result is what the conversion would make of it. */
function isConverted({ kind, nullable }: StaticType, outputType: string): boolean {
  if (nullable) return false;
  return kind === outputType ? kind === "string" || kind === "bool" : kind === "float" && outputType === "float64";
}

/** How the next transform's expressions reach what step `j` gave. */
function outputAccess(outputs: readonly StatelessPlan[], j: number, source: SourceCode): FieldAccess {
  const indexOf = (field: string) => outputs.findIndex((output) => output.name === field);
  const value = (field: string) => {
    const k = indexOf(field);
    const { passes, declaration } = outputs[k];
    if (passes === null) return `ops.outputValue(${outputName(j, k)}, ${quote(declaration.type)}, ${quote(field)})`;
    const given = source.column(passes.name).value;
    return passes.type === "string" ? `(${given} ?? "")` : given;
  };
  const integer = (field: string) => {
    const k = indexOf(field);
    const { passes, outputType } = outputs[k];
    if (passes !== null) return source.column(passes.name).integer;
    return `rt.cel.whole(${INTEGERS.has(outputType) ? outputName(j, k) : value(field)})`;
  };
  return { value, integer, now: () => TIME };
}
