/** Trying out expressions before they are part of a pipeline: check a filter, run stateless transforms on a sample. */
import { z } from "zod";
import {
  EXPRESSION_LANGUAGES,
  type ExpressionLanguage,
  type FieldDecl,
  normaliseFieldType,
  readShape,
} from "../../pipeline/config/mod.ts";
import { compileIn, filterFailure } from "../../pipeline/compile/mod.ts";
import { type CheckedExpression, ExpressionError, generate } from "../../pipeline/expr/mod.ts";
import type { EvaluateJob } from "../dry_run/job.ts";
import type { Sandbox } from "../dry_run/sandbox.ts";
import { placed } from "./expression_check.ts";
import { Problem } from "./problem.ts";
import { json, ok } from "./respond.ts";
import type { Route } from "./routes.ts";
import { inSandbox } from "./sandboxed.ts";

/** Levels of nesting in a sample. */
const DEEPEST = 200;

const language = z.string().nullish().describe("expr (default) or cel.");

export const filterSchema = z.strictObject({
  expression: z.string().min(1).describe("The filter."),
  language,
  fields: z.array(z.strictObject({ field_name: z.string(), field_type: z.string() })).nullable().describe(
    "The fields it may read; types as in schema_fields.",
  ),
});

export const evaluateSchema = z.strictObject({
  type: z.string().describe("expr_lang_transform"),
  config: z.strictObject({
    language,
    transform: z.array(
      z.strictObject({ expression: z.string(), output_name: z.string(), output_type: z.string() }),
    ).nullable().describe("The outputs; none gives the sample back."),
  }),
  sample: z.unknown().describe("The event, an object."),
});

export function expressionRoutes(sandbox: Sandbox): Route[] {
  return [
    {
      method: "POST",
      path: "/api/v1/filter/validate",
      async handle({ body }) {
        const { expression, language, fields } = readShape(filterSchema, await body());
        const refuse = (error: string) => new Problem(400, "validation_error", "invalid filter expression", { error });
        if (!fields || fields.length === 0) throw refuse("at least one field is required");
        const declared = fields.map(({ field_name, field_type }): FieldDecl => {
          const type = normaliseFieldType(field_type);
          if (type === undefined) throw refuse(`unknown type of field ${JSON.stringify(field_name.slice(0, 100))}`);
          return { name: field_name, type };
        });
        const checked = checkedOr(
          refuse,
          () => compileIn(readLanguage(language, refuse), expression, declared, "filter"),
        );
        const failure = filterFailure(checked, declared);
        if (failure !== null) throw refuse(failure);
        return ok();
      },
    },
    {
      method: "POST",
      path: "/api/v1/transform/expression/evaluate",
      async handle({ body }) {
        const { type, config, sample } = readShape(evaluateSchema, await body());
        if (sample === undefined) throw Problem.validation("expected required property sample to be present", "body");
        if (type !== "expr_lang_transform") {
          throw new Problem(400, "invalid_transformation_type", "unknown transformation type; use expr_lang_transform");
        }
        const refuse = (error: string) =>
          new Problem(400, "transformation_error", "the transformation failed", { error });
        checkDepth(sample);
        if (sample === null || typeof sample !== "object" || Array.isArray(sample)) {
          throw refuse("the sample must be an object");
        }
        const language = readLanguage(config.language, refuse);
        const outputs = (config.transform ?? []).map(({ expression, output_name, output_type }) => {
          const named = (error: string) => refuse(`${JSON.stringify(output_name.slice(0, 100))}: ${error}`);
          const checked = checkedOr(named, () => compileIn(language, expression, null, "stateless"));
          return { name: output_name, type: output_type, code: codeOf(checked, language) };
        });
        if (outputs.length === 0) return json(sample);
        const job: EvaluateJob = { kind: "evaluate", sample, time: Date.now(), outputs };
        const results = await inSandbox(sandbox, job, refuse);
        return new Response(`${results}\n`, { headers: { "content-type": "application/json" } });
      },
    },
  ];
}

type Refuse = (error: string) => Problem;

function checkedOr(refuse: Refuse, compile: () => CheckedExpression): CheckedExpression {
  try {
    return compile();
  } catch (error) {
    if (error instanceof ExpressionError) throw refuse(placed(error));
    throw error;
  }
}

function readLanguage(given: string | null | undefined, refuse: Refuse): ExpressionLanguage {
  const name = given?.trim().toLowerCase() || EXPRESSION_LANGUAGES[0];
  const language = EXPRESSION_LANGUAGES.find((each) => each === name);
  if (language !== undefined) return language;
  throw refuse(`unknown expression language; use ${EXPRESSION_LANGUAGES.join(" or ")}`);
}

/** Reads the variable `event`; names that it does not have are nil. */
function codeOf(checked: CheckedExpression, language: ExpressionLanguage): string {
  const read = language === "cel" ? "rt.cel.sampled" : "";
  return generate(checked, {
    value: (field) => `${read}(event[${JSON.stringify(field)}] ?? null)`,
    environment: () => "event",
    now: () => "now",
  });
}

function checkDepth(value: unknown, depth = 0): void {
  if (value === null || typeof value !== "object") return;
  if (depth > DEEPEST) throw Problem.validation(`expected at most ${DEEPEST} levels`, "body.sample");
  for (const inner of Object.values(value)) checkDepth(inner, depth + 1);
}
