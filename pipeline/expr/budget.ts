// What one evaluation may use: elements that ranges, array results and repeated text create (the language's memory
// budget), characters of the texts it makes, and steps: elements visited by predicates and searches, and long texts
// read (so that nested loops cannot hold a worker for hours). Evaluation is synchronous, so one set of counters serves;
// an expression that counts anything starts with begin() or beginText().
import { BudgetExceeded, EvaluationError } from "./errors.ts";

/** Reaching it is too much. */
const MAX_ELEMENTS = 1_000_000;
const MAX_STEPS = 20_000_000;
const MAX_CHARACTERS = 2 ** 26;
const TRIAL_STEPS = 20_000;
const TRIAL_CHARACTERS = 2 ** 20;
/** Characters that searches and conversions read in the time of a step. */
const CHARACTERS_PER_STEP = 16;
let used = 0;
let steps = 0;
let characters = 0;

/** Starts a new evaluation. Gives true so that generated code can write `(rt.begin(), …)`. */
export function begin(): boolean {
  used = 0;
  return beginText();
}

/** The same for an expression that creates no elements: it only makes and reads texts. */
export function beginText(): boolean {
  steps = 0;
  characters = 0;
  return true;
}

/** As {@link beginText}, for a look at an expression that must not take more than a few milliseconds. */
export function beginTrial(): boolean {
  steps = MAX_STEPS - TRIAL_STEPS;
  characters = MAX_CHARACTERS - TRIAL_CHARACTERS;
  return true;
}

export function spend(elements: number): void {
  used += elements;
  if (!(used < MAX_ELEMENTS)) throw new BudgetExceeded("memory budget exceeded");
}

export function visit(elements: number): void {
  steps += elements;
  if (!(steps <= MAX_STEPS)) throw new BudgetExceeded("evaluation takes too long: too many elements visited");
}

/** A text is read from end to end; `times` slower than a plain search does it. */
export function read(text: string, times = 1): void {
  if (text.length >= CHARACTERS_PER_STEP) visit(text.length * times / CHARACTERS_PER_STEP);
}

/** A text of this length is made. */
export function make(length: number): void {
  characters += length;
  if (!(characters <= MAX_CHARACTERS)) throw new BudgetExceeded("memory budget exceeded: too much text");
}

/** Runs a walk over a value; one that is nested deeper than the stack allows is an error of the row. */
export function walking<T>(walk: () => T): T {
  try {
    return walk();
  } catch (error) {
    if (error instanceof RangeError) throw new EvaluationError("the value is nested too deeply", { cause: error });
    throw error;
  }
}
