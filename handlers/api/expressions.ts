/** Trying out expressions before they are part of a pipeline: check a filter, run stateless transforms on a sample. */
import { z } from "zod";
import { type FieldDecl, normaliseFieldType, readShape } from "../../pipeline/config/mod.ts";
import {
  compileExpression,
  convertOutput,
  EvaluationError,
  ExpressionError,
  generate,
  outputJson,
} from "../../pipeline/expr/mod.ts";
import * as rt from "../../pipeline/expr/runtime.ts";
import { Problem } from "./problem.ts";
import { json, ok } from "./respond.ts";
import type { Route } from "./routes.ts";

/** Levels of nesting in a sample. */
const DEEPEST = 200;

const filterSchema = z.strictObject({
  expression: z.string().min(1),
  fields: z.array(z.strictObject({ field_name: z.string(), field_type: z.string() })).nullable(),
});

const evaluateSchema = z.strictObject({
  type: z.string(),
  config: z.strictObject({
    transform: z.array(
      z.strictObject({ expression: z.string(), output_name: z.string(), output_type: z.string() }),
    ).nullable(),
  }),
  sample: z.unknown(),
});

export function expressionRoutes(): Route[] {
  return [
    {
      method: "POST",
      path: "/api/v1/filter/validate",
      async handle({ body }) {
        const { expression, fields } = readShape(filterSchema, await body());
        const refuse = (error: string) => new Problem(400, "validation_error", "invalid filter expression", { error });
        if (!fields || fields.length === 0) throw refuse("at least one field is required");
        const declared = fields.map(({ field_name, field_type }): FieldDecl => {
          const type = normaliseFieldType(field_type);
          if (type === undefined) throw refuse(`unknown type of field ${JSON.stringify(field_name.slice(0, 100))}`);
          return { name: field_name, type };
        });
        try {
          compileExpression(expression, declared, "filter");
        } catch (error) {
          if (error instanceof ExpressionError) throw refuse(error.message);
          throw error;
        }
        return ok();
      },
    },
    {
      method: "POST",
      path: "/api/v1/transform/expression/evaluate",
      async handle({ body }) {
        const input = await body();
        const { type, config, sample } = readShape(evaluateSchema, input);
        if (sample === undefined) throw Problem.validation("expected required property sample to be present", "body");
        if (type !== "expr_lang_transform") {
          throw new Problem(400, "invalid_transformation_type", "unknown transformation type; use expr_lang_transform");
        }
        const refuse = (error: string) =>
          new Problem(400, "transformation_error", "the transformation failed", { error });
        const event = toValue(sample);
        if (event === null || typeof event !== "object" || Array.isArray(event)) {
          throw refuse("the sample must be an object");
        }
        const outputs = config.transform ?? [];
        if (outputs.length === 0) return json(sample);
        const results = new Map<string, string>();
        for (const { expression, output_name, output_type } of outputs) {
          try {
            const value = convertOutput(evaluate(expression, event as Event), output_type);
            results.set(output_name, outputJson(value, output_type));
          } catch (error) {
            if (!(error instanceof ExpressionError) && !(error instanceof EvaluationError)) throw error;
            throw refuse(`${JSON.stringify(output_name.slice(0, 100))}: ${error.message}`);
          }
        }
        const members = [...results].sort(([a], [b]) => a < b ? -1 : 1)
          .map(([name, value]) => `${JSON.stringify(name)}:${value}`);
        return new Response(`{${members.join(",")}}\n`, { headers: { "content-type": "application/json" } });
      },
    },
  ];
}

type Event = Readonly<Record<string, unknown>>;

/** Runs an expression on one event without a schema: names the event does not have are nil. */
function evaluate(expression: string, event: Event): unknown {
  const checked = compileExpression(expression, null, "stateless");
  const code = generate(checked, {
    value: (field) => `event[${JSON.stringify(field)}] ?? null`,
    environment: () => "event",
  });
  // The text comes from the checked tree only; nothing of the request is pasted into it.
  const run: unknown = new Function("rt", "event", `"use strict"; return ${code};`)(rt, event);
  return run;
}

/** JSON as the expression runtime's values: maps without a prototype. */
function toValue(value: unknown, depth = 0): unknown {
  if (value === null || typeof value !== "object") return value;
  if (depth > DEEPEST) throw Problem.validation(`expected at most ${DEEPEST} levels`, "body.sample");
  if (Array.isArray(value)) return value.map((element) => toValue(element, depth + 1));
  const map: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of Object.entries(value)) map[key] = toValue(inner, depth + 1);
  return map;
}
