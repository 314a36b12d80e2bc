/**
 * JSON Schema from the wire schemas, for editors and for the OpenAPI document. It never refuses what the API accepts in
 * documented spelling; rules between several values are left to the API.
 */
import { z } from "zod";
import { pipelineSchema } from "./pipeline_schema.ts";

/** A JSON Schema as far as readers of it in this product look. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

const LARGEST = Number.MAX_SAFE_INTEGER;

/** One schema without `$schema`. */
export function jsonSchemaOf(schema: z.ZodType, target: "draft-07" | "draft-2020-12" = "draft-2020-12"): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    target,
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      const { json, aliases: _aliases, secret, ...rest } = jsonSchema as Record<string, unknown>;
      for (const name of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[name];
      Object.assign(jsonSchema, rest, json, secret === true && { format: "password", writeOnly: true });
      if (jsonSchema.maximum === LARGEST) delete jsonSchema.maximum;
      if (jsonSchema.minimum === -LARGEST) delete jsonSchema.minimum;
    },
  });
  return withAliases(schema, made as JsonSchema);
}

/** The schema of a configuration, version 3, for editors. */
export function pipelineJsonSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "GlassFlow pipeline configuration",
    ...jsonSchemaOf(pipelineSchema, "draft-07"),
  };
}

/** Adds the other spellings of properties. */
function withAliases(schema: z.core.$ZodType, made: JsonSchema): JsonSchema {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    const inner = schema.unwrap();
    if (schema instanceof z.ZodOptional) return withAliases(inner, made);
    return made.anyOf === undefined ? made : {
      ...made,
      anyOf: made.anyOf.map((each) => each.type === "null" ? each : withAliases(inner, each)),
    };
  }
  if (schema instanceof z.ZodArray) return { ...made, items: withAliases(schema.element, made.items ?? {}) };
  if (!(schema instanceof z.ZodObject) || made.properties === undefined) return made;
  const properties: Record<string, JsonSchema> = {};
  const shape = schema.shape as Record<string, z.ZodType>;
  for (const [name, field] of Object.entries(shape)) {
    const property = withAliases(field, made.properties[name]);
    properties[name] = property;
    for (const alias of (field.meta()?.aliases ?? []) as readonly string[]) {
      properties[alias] = { ...property, deprecated: true, description: `The same as ${name}.` };
    }
  }
  return { ...made, properties };
}
