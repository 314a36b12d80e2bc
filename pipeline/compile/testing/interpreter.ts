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
      if (plan.filter) {
        const keep = guarded("filter evaluation error: evaluating expression: ", () => evaluate(plan.filter!, event));
        if (!keep) return { kind: "filtered" };
      }
      const key = plan.dedup ? keyText(plan.dedup.key, event, row) : "";
      if (key !== "" && seen.has(key)) return { kind: "deduplicated" };
      const outputs = plan.stateless?.map(({ expression, outputType, name }, k) => {
        const same = plan.inputFields.find((field) => field.name === expression.identityOf);
        if (
          same?.type === normaliseOutputType(outputType) && typeof row[same!.name] === "bigint" &&
          same?.type !== "string"
        ) {
          return row[same!.name];
        }
        const result = guarded(`versioned transform: run transformation ${k}: `, () => evaluate(expression, event));
        return guarded(
          `versioned transform: convert result for column ${name}: `,
          () => rt.convertOutput(result, outputType),
        );
      });
      const values: Record<string, unknown> = {};
      for (const column of plan.output) {
        const { from } = column;
        const whole = from.kind === "field"
          ? exactOf(plan, row, from.field.name, event, column.type)
          : outputs![from.index];
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
