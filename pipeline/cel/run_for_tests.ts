// For tests only: compiles a CEL expression and runs the generated text against a plain event object.
import { generate } from "../expr/generate.ts";
import * as rt from "../expr/runtime.ts";
import { checkCel } from "./compile.ts";
import type { CelField } from "./types.ts";

/** The result in the language's own values. */
export function runCel(
  text: string,
  event: Readonly<Record<string, unknown>> = {},
  fields: readonly CelField[] | null = null,
): unknown {
  const { term, read } = checkCel(text, fields);
  const expression = {
    tree: term.node,
    type: term.node.type,
    fields: read,
    readsEnvironment: false,
    mode: "stateless",
  } as const;
  const js = generate(expression, { value: (field) => `(event[${JSON.stringify(field)}] ?? null)` });
  return new Function("rt", "event", `"use strict"; return ${js};`)(rt, event);
}
