// For tests only: compiles an expression and runs the generated text against a plain event object.
import { compileExpression } from "./compile.ts";
import { generate } from "./generate.ts";
import * as rt from "./runtime.ts";
import type { FieldDeclaration } from "./types.ts";

export interface RunOptions {
  readonly fields?: readonly FieldDeclaration[] | null;
  readonly mode?: "filter" | "stateless";
}

/** Without `fields` any name is allowed and the mode is stateless. */
export function run(text: string, event: Record<string, unknown> = {}, options: RunOptions = {}): unknown {
  const { fields = null, mode = "stateless" } = options;
  return runText(generate(compileExpression(text, fields, mode), eventAccess), event);
}

export const eventAccess = {
  value: (field: string) => `event[${JSON.stringify(field)}] ?? null`,
  environment: () => "event",
};

export function runText(js: string, event: Record<string, unknown>): unknown {
  return new Function("rt", "event", `"use strict"; return ${js};`)(rt, event);
}
