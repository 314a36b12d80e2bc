// && and || where more than one side can fail: an error counts only if no side decides the result.
import { visit } from "../../expr/budget.ts";
import { EvaluationError } from "../../expr/errors.ts";
import { typeName } from "./values.ts";

/** An error that another side or element may forgive costs as much as visiting so many elements. */
export const FAILURE_STEPS = 50;

export function bool(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new EvaluationError(`no such overload: a bool is needed, not a value of type ${typeName(value)}`);
}

export function and(...operands: (() => unknown)[]): boolean {
  return decide(operands, false);
}

export function or(...operands: (() => unknown)[]): boolean {
  return decide(operands, true);
}

function decide(operands: readonly (() => unknown)[], decisive: boolean): boolean {
  let failure: { readonly error: unknown } | null = null;
  for (const operand of operands) {
    try {
      if (bool(operand()) === decisive) return decisive;
    } catch (error) {
      visit(FAILURE_STEPS);
      failure ??= { error };
    }
  }
  if (failure !== null) throw failure.error;
  return !decisive;
}
