// What one evaluation may use: elements that ranges, array results and repeated text create (the language's memory
// budget), and elements visited by predicates and searches (so that nested loops cannot hold a worker for hours).
// Evaluation is synchronous, so one pair of counters serves; an expression that can spend starts with begin().
import { EvaluationError } from "./errors.ts";

/** Reaching it is too much. */
const MAX_ELEMENTS = 1_000_000;
const MAX_STEPS = 20_000_000;
let used = 0;
let steps = 0;

/** Starts a new evaluation. Gives true so that generated code can write `(rt.begin(), …)`. */
export function begin(): boolean {
  used = 0;
  steps = 0;
  return true;
}

export function spend(elements: number): void {
  used += elements;
  if (!(used < MAX_ELEMENTS)) throw new EvaluationError("memory budget exceeded");
}

export function visit(elements: number): void {
  steps += elements;
  if (!(steps <= MAX_STEPS)) throw new EvaluationError("evaluation takes too long: too many elements visited");
}
