// Calls on literals that are worth computing once: times, and patterns that cannot be right.
import type { Checked } from "../expr/checked.ts";
import { EvaluationError, ExpressionError } from "../expr/errors.ts";
import * as e from "../expr/types.ts";
import { compilePattern, PatternError } from "../expr/regexp/mod.ts";
import { literalText, plain } from "./literals.ts";
import { parseDuration } from "../expr/time/duration.ts";
import { parseTimestamp } from "./runtime/timestamps.ts";
import type { CelNode } from "./syntax.ts";
import { callTerm, number, type Term } from "./term.ts";
import { DURATION, TIMESTAMP } from "./types.ts";

/** The value of `timestamp("...")` and `duration("...")`, or null: then the call is made (and fails) for each row. */
export function foldedTime(name: string, node: CelNode, args: readonly CelNode[]): Term | null {
  const text = args.length === 1 ? literalText(args[0]) : null;
  if (text === null) return null;
  const { position } = node;
  if (name === "duration") {
    const value = valid(() => parseDuration(text));
    return value && callTerm(position, DURATION, "durationOf", [integer(position, value.nanoseconds)], false);
  }
  const value = name === "timestamp" ? valid(() => parseTimestamp(text)) : null;
  if (value === null) return null;
  const parts = [integer(position, value.nanoseconds), number(position, value.offset)];
  return callTerm(position, TIMESTAMP, "timestampOf", parts, false);
}

function valid<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}

function integer(position: number, value: bigint): Checked {
  return plain(position, e.INT, value);
}

/** @throws ExpressionError if the pattern is a literal and invalid */
export function checkPattern(pattern: CelNode): void {
  const text = literalText(pattern);
  if (text === null) return;
  try {
    compilePattern(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new ExpressionError(error.message, pattern.position);
  }
}
