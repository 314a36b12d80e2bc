// Arguments of custom functions: too few are a row error, text arguments are cast leniently.
import { make } from "./budget.ts";
import { EvaluationError } from "./errors.ts";
import { lenientText } from "./format.ts";

export function need(args: readonly unknown[], count: number, name: string): void {
  if (args.length >= count) return;
  throw new EvaluationError(`${name}() needs ${count} argument${count === 1 ? "" : "s"}, got ${args.length}`);
}

/** The first `count` arguments as text. */
export function textArguments(args: readonly unknown[], count: number, name: string): string[] {
  need(args, count, name);
  const texts = args.slice(0, count).map(lenientText);
  // most functions give a text of about the same length
  for (const text of texts) make(text.length);
  return texts;
}
