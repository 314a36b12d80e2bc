/**
 * For tests: what a pipeline does to each row, said as plainly as possible. Shares with the compiled program only the
 * expression language; slow, makes objects, knows no columns.
 */
import { generate } from "../../expr/mod.ts";
import * as rt from "../../expr/runtime.ts";
import type { CheckedExpression } from "../../expr/mod.ts";
import { type ChType, formatType } from "../../native/mod.ts";
import { type FieldRef, type KeyPath, normaliseOutputType } from "../../config/mod.ts";
import type { PipelinePlan } from "../plan.ts";
import { outputValue } from "../row/output_value.ts";
import { formatTicks } from "./instants.ts";
import { convert } from "./plain_conversions.ts";
import type { SourceRow } from "./source_rows.ts";

export type Fate =
  | { readonly kind: "written"; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: "filtered" | "deduplicated" }
  | { readonly kind: "dead"; readonly error: string };

export function interpret(plan: PipelinePlan, rows: readonly SourceRow[]): Fate[] {
  const seen = new Set<string>();
  return rows.map((row) => {
    const event = eventOf(plan, row);
    try {
      for (const { expression } of plan.filters) {
        const keep = guarded("filter evaluation error: evaluating expression: ", () => evaluate(expression, event));
        if (!keep) return { kind: "filtered" };
      }
      const key = plan.dedup ? keyText(plan.dedup.key, event, row) : "";
      if (key !== "" && seen.has(key)) return { kind: "deduplicated" };
      const outputs = runSteps(plan, row, event);
      const values: Record<string, unknown> = {};
      for (const column of plan.output) {
        const { from } = column;
        const whole = from.kind === "field"
          ? exactOf(plan, row, from.field.name, event, column.type)
          : outputs[from.index];
        const given = from.key === undefined ? whole : (whole as Record<string, unknown> | null)?.[from.key] ?? null;
        values[column.name] = guarded(
          `failed to prepare values for message: failed to convert field ${column.mapped}: `,
          () => convert(given, from.key === undefined ? column.field.type : "string", column.type, isCarried(column)),
        );
      }
      if (key !== "") seen.add(key);
      return { kind: "written", values };
    } catch (error) {
      if (!(error instanceof Dead)) throw error;
      return { kind: "dead", error: error.message };
    }
  });
}

/** The outputs of the last stateless transform; a value that comes from the source unchanged keeps every digit. */
function runSteps(plan: PipelinePlan, row: SourceRow, event: Record<string, unknown>): unknown[] {
  let names = new Map(plan.inputFields.map((field) => [field.name, { type: field.type, exact: row[field.name] }]));
  let before = event;
  let outputs: unknown[] = [];
  plan.stateless.forEach((step, j) => {
    const where = j === 0 ? "versioned transform" : `versioned transform (transforms[${step.transform.index}])`;
    const exacts: unknown[] = [];
    outputs = step.outputs.map(({ expression, outputType, name }, k) => {
      const same = expression.identityOf === undefined ? undefined : names.get(expression.identityOf);
      const unchanged = same?.type === normaliseOutputType(outputType) && same?.type !== "string";
      exacts[k] = unchanged && typeof same?.exact === "bigint" ? same.exact : undefined;
      if (exacts[k] !== undefined) return exacts[k];
      const result = guarded(`${where}: run transformation ${k}: `, () => evaluate(expression, before));
      return guarded(`${where}: convert result for column ${name}: `, () => rt.convertOutput(result, outputType));
    });
    const given = outputs;
    before = {};
    step.outputs.forEach(({ name, declaration }, k) => {
      Object.defineProperty(before, name, { get: () => outputValue(given[k], declaration.type, name) });
    });
    names = new Map(
      step.outputs.map(({ name, declaration }, k) => [name, { type: declaration.type, exact: exacts[k] }]),
    );
  });
  return outputs;
}

class Dead extends Error {}

function guarded<T>(where: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new Dead(where + (error as Error).message);
  }
}

/** The event as the original's flat JSON object. */
export function eventOf(plan: PipelinePlan, row: SourceRow): Record<string, unknown> {
  return Object.fromEntries(plan.inputFields.flatMap((field): [string, unknown][] => {
    let value = row[field.name] ?? null;
    if (typeof value === "bigint" && field.type === "string") value = formatTicks(value);
    else if (typeof value === "bigint") value = Number(value);
    else if (typeof value === "string" && (field.type === "array" || field.type === "map")) value = JSON.parse(value);
    if (value === "" && field.omitEmpty) return [];
    return [[field.name, value]];
  }));
}

/** Timestamps of the source go into date-times whatever they say. */
function isCarried({ from }: PipelinePlan["output"][number]): boolean {
  return from.kind === "field" && from.key === undefined && from.field.columnType.startsWith("DateTime64");
}

/** Integers keep every digit on the way to a column, JSON texts every letter on the way to a text. */
function exactOf(
  plan: PipelinePlan,
  row: SourceRow,
  name: string,
  event: Record<string, unknown>,
  target: ChType,
): unknown {
  const field = plan.inputFields.find((each) => each.name === name)!;
  const value = row[name];
  if (typeof value === "bigint" && field.type !== "string") return value;
  // Such a field travels as its text, which for large doubles is not the double's own digits.
  if (field.exact && typeof value === "number" && Math.abs(value) >= 2 ** 53 && Math.abs(value) < 1e21) {
    return BigInt(String(value));
  }
  if (typeof value === "string" && field.type !== "string" && /^(Nullable\()?String/.test(formatType(target))) {
    return value;
  }
  return event[name] ?? null;
}

type Run = (runtime: unknown, event: unknown) => unknown;
const compiled = new WeakMap<CheckedExpression, Run>();

function evaluate(expression: CheckedExpression, event: Record<string, unknown>): unknown {
  const known = compiled.get(expression);
  if (known) return known(rt, event);
  const text = generate(expression, { value: (field) => `(event[${JSON.stringify(field)}] ?? null)` });
  const run = new Function("rt", "event", `return ${text};`) as Run;
  compiled.set(expression, run);
  return run(rt, event);
}

function keyText(path: KeyPath, event: Record<string, unknown>, row: SourceRow): string {
  const read = ({ field, key }: FieldRef) => {
    const value = (typeof event[field] === "number" ? row[field] : event[field]) ?? null;
    return key === undefined ? value : (value as Record<string, unknown> | null)?.[key] ?? null;
  };
  if (path.kind === "value") {
    const value = read(path.value);
    return value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  const parts = path.kind === "array"
    ? path.items.map((item) => ["", read(item)])
    : path.members.map((member) => [`${JSON.stringify(member.name)}:`, read(member.value)]);
  const present = parts.filter(([, value]) => value !== null).map(([label, value]) => label + JSON.stringify(value));
  return path.kind === "array" ? `[${present.join()}]` : `{${present.join()}}`;
}
