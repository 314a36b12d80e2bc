/**
 * A filter run once on an event whose fields all have their zero value, as the original does it: what fails on such an event
 * would send real ones to the dead letters.
 *
 * Two kinds of filters are not tried. What one says about an element of an array or map depends on the event, so a filter
 * that reads such a field is only compiled. And one that makes arrays or visits elements could take long, so it is not
 * run where a client waits for it; one that turns out to take longer than a moment is not run to its end.
 */
import type { FieldDecl } from "../config/mod.ts";
import { type CheckedExpression, EvaluationError, generate } from "../expr/mod.ts";
import { beginTrial } from "../expr/budget.ts";
import { BudgetExceeded } from "../expr/errors.ts";
import * as rt from "../expr/runtime.ts";

/** What is wrong with the filter's run, or null. */
export function filterFailure(filter: CheckedExpression, fields: readonly FieldDecl[]): string | null {
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  const read = [...filter.fields].map((name) => types.get(name));
  if (read.some((type) => type === "array" || type === "map")) return null;
  const text = generate(filter, { value: (field) => ZERO[types.get(field) ?? "string"], now: () => "0" });
  const runtime = {
    ...rt,
    begin: () => {
      throw new TooMuch();
    },
    beginText: beginTrial,
  };
  try {
    // The text comes from the checked tree only.
    new Function("rt", `"use strict"; return ${text};`)(runtime);
    return null;
  } catch (error) {
    if (error instanceof TooMuch || error instanceof BudgetExceeded) return null;
    if (error instanceof EvaluationError) return `fails on an event of empty and zero values: ${error.message}`;
    throw error;
  }
}

class TooMuch extends Error {}

const ZERO: Readonly<Record<FieldDecl["type"], string>> = {
  string: '""',
  bool: "false",
  int: "0",
  uint: "0",
  float: "0",
  array: "[]",
  map: "Object.create(null)",
};
