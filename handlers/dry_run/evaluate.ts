/** Stateless outputs of one sample, as JSON text with sorted names. */
import { convertOutput, EvaluationError, outputJson } from "../../pipeline/expr/runtime.ts";
import * as rt from "../../pipeline/expr/runtime.ts";
import { type EvaluateJob, JobRefused } from "./job.ts";
import { ANSWER_LIMIT } from "./answer.ts";

export function evaluate({ sample, time, outputs }: EvaluateJob): string {
  const event = toValue(sample);
  const results = new Map<string, string>();
  let length = 0;
  for (const { name, type, code } of outputs) {
    try {
      // Generated from a checked tree only; nothing of the request is pasted into it.
      const value: unknown = new Function("rt", "event", "now", `"use strict"; return ${code};`)(rt, event, time);
      const json = outputJson(convertOutput(value, type), type).replace(ESCAPED, (found) => PLAIN[found] ?? found);
      length += json.length;
      results.set(name, json);
    } catch (error) {
      // What the engine itself refuses, such as a text that is too long, is the expression's fault too.
      if (!(error instanceof EvaluationError) && !(error instanceof RangeError)) throw error;
      throw new JobRefused(`${JSON.stringify(name.slice(0, 100))}: ${error.message}`);
    }
    if (length > ANSWER_LIMIT) throw new JobRefused(`the outputs are larger than ${ANSWER_LIMIT} bytes`);
  }
  const members = [...results].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  return `{${members.join(",")}}`;
}

/** The expression language's JSON escapes what HTML would read; the API's answers do not. A backslash may be one's content. */
const ESCAPED = /\\(?:\\|u003c|u003e|u0026)/g;
const PLAIN: Readonly<Record<string, string>> = { "\\u003c": "<", "\\u003e": ">", "\\u0026": "&" };

/** JSON as the expression runtime's values: maps without a prototype. */
function toValue(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(toValue);
  const map: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of Object.entries(value)) map[key] = toValue(inner);
  return map;
}
