import { strict as assert } from "node:assert";
import { z } from "zod";
import { parsePipelineConfig } from "./parse.ts";
import { metadataBodySchema, pipelineSchema, renameSchema } from "./pipeline_schema.ts";
import { resourcesBodySchema } from "./resources_schema.ts";
import { kafkaBody, kafkaSource } from "./sample_configs.ts";
import { redact, secretsOf } from "./secrets.ts";

interface Field {
  readonly path: string;
  readonly description: string | undefined;
  readonly secret: boolean;
}

function fieldsIn(schema: unknown, at: string): Field[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return fieldsIn(schema.unwrap(), at);
  if (schema instanceof z.ZodArray) return fieldsIn(schema.element, `${at}[0]`);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, field]) => {
    const path = at === "" ? name : `${at}.${name}`;
    return [
      { path, description: field.description, secret: field.meta()?.secret === true },
      ...fieldsIn(field, path),
    ];
  });
}

Deno.test("every property is described and JSON Schema can be generated", () => {
  for (const schema of [pipelineSchema, resourcesBodySchema, renameSchema, metadataBodySchema]) {
    for (const { path, description } of fieldsIn(schema, "")) assert.ok(description, path);
    assert.equal(z.toJSONSchema(schema).additionalProperties, false);
  }
});

Deno.test("what the schema calls secret is found, and redacted", () => {
  const connection = {
    brokers: ["b:1"],
    protocol: "SSL",
    password: "s1",
    kerberos_keytab: "s2",
    client_key: "s3",
    oauth_client_secret: "s6",
    aws_secret_access_key: "s7",
    aws_session_token: "s8",
  };
  const config = parsePipelineConfig(kafkaBody({
    sources: [kafkaSource("orders", {
      connection_params: connection,
      schema_version: "7",
      schema_registry: { url: "https://registry.example", api_key: "s4", api_secret: "s5" },
    })],
  }));
  const marked = fieldsIn(pipelineSchema, "").filter((field) => field.secret).map((field) => field.path);
  assert.deepEqual(secretsOf(config).map((secret) => secret.path).sort(), marked.sort());
  const shown = JSON.stringify(redact(config));
  for (const { value } of secretsOf(config)) assert.equal(shown.includes(JSON.stringify(value)), false, value);
});
