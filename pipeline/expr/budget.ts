// The memory budget of one evaluation: elements that ranges, array results and repeated text may create.
// Evaluation is synchronous, so one counter serves; an expression that can allocate starts with begin().
import { EvaluationError } from "./errors.ts";

const MAX_ELEMENTS = 1_000_000;
let used = 0;

/** Starts a new evaluation. Gives true so that generated code can write `(rt.begin(), …)`. */
export function begin(): boolean {
  used = 0;
  return true;
}

export function spend(elements: number): void {
  used += elements;
  if (!(used <= MAX_ELEMENTS)) throw new EvaluationError("memory budget exceeded");
}
