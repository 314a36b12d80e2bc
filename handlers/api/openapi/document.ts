/** The OpenAPI 3.1 document of the API, made from the list of operations. */
import type { z } from "zod";
import { type JsonSchema, jsonSchemaOf } from "../../../pipeline/config/mod.ts";
import { YAML_TYPES } from "../body.ts";
import { problem } from "./answers.ts";
import { type Operation, OPERATIONS } from "./operations.ts";

export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const REASONS: Readonly<Record<number, string>> = {
  400: "The request cannot be carried out as it is.",
  403: "Not allowed here now.",
  404: "There is no such pipeline.",
  408: "The body did not arrive in time.",
  409: "In conflict with what is there.",
  412: "The pipeline changed since the version in If-Match.",
  413: "The body is too large.",
  415: "The body has a type that is not taken.",
  422: "The body has not the documented shape, or breaks a rule.",
  500: "A failure that is only in the log, under the answer's X-Request-Id.",
  501: "Not available in this release or installation.",
  503: "A dependency does not answer; try again after Retry-After seconds.",
};

let made: OpenApiDocument | undefined;

export function openApiDocument(): OpenApiDocument {
  return made ??= make();
}

function make(): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = {};
  const named = (name: string, schema: z.ZodType) => {
    schemas[name] ??= jsonSchemaOf(schema);
    return { $ref: `#/components/schemas/${name}` };
  };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [route, operation] of Object.entries(OPERATIONS)) {
    const [method, path] = route.split(" ");
    (paths[path] ??= {})[method === "ANY" ? "get" : method.toLowerCase()] = described(path, operation, named);
  }
  return {
    openapi: "3.1.0",
    info: { title: "GlassFlow API", version: "1.0.0" },
    paths,
    components: { schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a < b ? -1 : 1)) },
  };
}

type Named = (name: string, schema: z.ZodType) => { readonly $ref: string };

function described(path: string, { id, tag, summary, body, query, answer, errors = [] }: Operation, named: Named) {
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "string" },
    })),
    ...(query ?? []).map((each) => ({ ...each, in: "query" })),
    ...(errors.includes(412)
      ? [{ name: "If-Match", in: "header", description: "ETag of the version to change.", schema: { type: "string" } }]
      : []),
  ];
  const content = body && named(body.name, body.schema);
  const types = ["application/json", ...(body?.yaml ? YAML_TYPES : [])];
  const failures = [...new Set([...errors, 500, 503])].sort();
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(content && {
      requestBody: {
        required: true,
        content: Object.fromEntries(types.map((type) => [type, { schema: content }])),
      },
    }),
    responses: {
      ...(!errors.includes(501) || answer ? { 200: success(answer, named) } : {}),
      ...Object.fromEntries(failures.map((status) => [status, {
        description: REASONS[status],
        content: { "application/json": { schema: named("Problem", problem) } },
      }])),
    },
  };
}

function success(answer: Operation["answer"], named: Named) {
  if (answer === undefined) return { description: "Done; no body." };
  if ("mediaType" in answer) return { description: "Done.", content: { [answer.mediaType]: {} } };
  return {
    description: "Done.",
    content: { "application/json": { schema: named(answer.name, answer.schema) } },
  };
}
