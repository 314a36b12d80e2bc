/** One schema, many forms: the files made from it are up to date, and its forms agree. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { openApiDocument } from "../../handlers/api/openapi/document.ts";
import { OPERATIONS } from "../../handlers/api/openapi/operations.ts";
import { withApi } from "../../handlers/api/api_bed.ts";
import {
  ConfigError,
  type JsonSchema,
  parsePipelineConfig,
  parseYaml,
  pipelineJsonSchema,
  renderPipelineConfig,
} from "../../pipeline/config/mod.ts";
import {
  type Body,
  joinBody,
  kafkaBody,
  kafkaSource,
  otlpBody,
  sink,
  validBody,
} from "../../pipeline/config/sample_configs.ts";
import { violations } from "./json_schema_check.ts";
import { FILES, REFERENCE } from "./schema_files.ts";

const SCHEMA = pipelineJsonSchema();
const overTheWire = (value: unknown) => JSON.parse(JSON.stringify(value));
const unpadded = (text: string) => text.replaceAll(/-{3,}/g, "---").replaceAll(/\s+/g, " ");

Deno.test("docs/reference is what the code says; `deno run -A tests/docs/schema_files.ts` writes it", () => {
  for (const [name, make] of Object.entries(FILES)) {
    const file = Deno.readTextFileSync(new URL(name, REFERENCE));
    if (name.endsWith(".json")) assert.deepEqual(JSON.parse(file), JSON.parse(make()), name);
    else assert.equal(unpadded(file), unpadded(make()), name);
  }
});

Deno.test("generated configurations: JSON Schema takes them, YAML says the same, GET's form is a fixed point", () => {
  fc.assert(fc.property(validBody, (body) => {
    const wire = overTheWire(body);
    assert.deepEqual(violations(SCHEMA, wire), []);
    const yaml = parseYaml(stringify(wire)).value;
    assert.deepEqual(yaml, wire);
    const shown = overTheWire(renderPipelineConfig(parsePipelineConfig(yaml)));
    assert.deepEqual(shown, overTheWire(renderPipelineConfig(parsePipelineConfig(wire))));
    assert.deepEqual(violations(SCHEMA, shown), []);
    assert.deepEqual(overTheWire(renderPipelineConfig(parsePipelineConfig(shown))), shown);
    assert.deepEqual(overTheWire(renderPipelineConfig(parsePipelineConfig(parseYaml(stringify(shown)).value))), shown);
  }));
});

/** Every place of a body, with the value there replaced. */
function* damaged(value: unknown, replacement: unknown): Iterable<unknown> {
  yield replacement;
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const at = (value as Body)[key];
    for (const inner of damaged(at, replacement)) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      (copy as Body)[key] = inner;
      yield copy;
    }
  }
}

const SAMPLES = [
  kafkaBody(),
  otlpBody(),
  joinBody(),
  kafkaBody({
    transforms: [
      { type: "dedup", source_id: "orders", config: { key: "order_id", time_window: "1h" } },
      { type: "filter", source_id: "orders", config: { expression: "true", language: "cel" } },
      {
        type: "stateless",
        source_id: "orders",
        config: { transforms: [{ expression: "order_id", output_name: "order_id", output_type: "[]string" }] },
      },
    ],
    metadata: { tags: ["a"] },
    resources: {
      nats: { stream: { maxAge: "24h", maxBytes: "1.5TB", maxMsgs: -1 } },
      sources: [{ source_id: "orders", replicas: 2, requests: { cpu: "500m" }, limits: { memory: "1Gi" } }],
      transform: [{ source_id: "orders", storage: { size: "10Gi" } }],
      sink: { replicas: 1 },
    },
  }),
];

Deno.test("samples, whole and damaged anywhere: JSON Schema takes what the API takes, and refuses wrong types", () => {
  let taken = 0;
  let refused = 0;
  for (const sample of SAMPLES) {
    for (
      const replacement of [null, "", " ", "x", "1h", 0, 1, -2, 1.5, true, [], {}, ["x"], [null], "v3", "0s", "latest"]
    ) {
      for (const body of damaged(sample, replacement)) {
        const found = violations(SCHEMA, body);
        try {
          parsePipelineConfig(body);
          taken++;
          assert.deepEqual(found, [], JSON.stringify(body));
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error));
          assert.ok(error.issues.every(({ path }) => path.startsWith("body")));
          if (error.code === "" && !/NUL/.test(error.message)) {
            refused++;
            assert.notDeepEqual(found, [], `${error.message} ${JSON.stringify(body)}`);
          }
        }
      }
    }
  }
  assert.ok(taken > 200 && refused > 2000, `${taken} taken, ${refused} refused`);
});

Deno.test("a schema's rules reach editors: words to choose from, required parts by type, other spellings", () => {
  const breaks = (body: unknown) => violations(SCHEMA, body).length > 0;
  assert.equal(breaks(kafkaBody({ sources: [kafkaSource("orders", { type: "rabbitmq" })] })), true);
  assert.equal(
    breaks(
      kafkaBody({ sources: [kafkaSource("orders", { topic: undefined })] }) &&
        overTheWire(kafkaBody({ sources: [kafkaSource("orders", { topic: undefined })] })),
    ),
    true,
  );
  assert.equal(breaks(otlpBody({ sources: [{ type: "otlp.logs", source_id: "a", topic: "x" }] })), true);
  assert.equal(breaks(otlpBody({ transforms: [{ type: "dedup", source_id: "logs", config: {} }] })), true);
  assert.equal(breaks(kafkaBody({ join: { enabled: true } })), true);
  assert.equal(breaks(kafkaBody({ join: { enabled: false } })), false);
  assert.equal(breaks(kafkaBody({ sink: sink({ max_batch_size: 0 }) })), true);
  assert.equal(breaks(kafkaBody({ resources: { nats: { stream: { max_age: "24h" } } } })), false);
});

Deno.test("the configurations in the documentation are valid in every form", () => {
  const pages = ["README.md", "docs/configuration.md", "docs/api.md"];
  const texts = pages.map((page) => Deno.readTextFileSync(new URL(`../../${page}`, import.meta.url)));
  const bodies = texts.flatMap((text) => [...text.matchAll(/\{\s*(?:"version": "v3",\s*)?"pipeline_id"[\s\S]*?\n\}/g)])
    .flatMap(([text]) => {
      try {
        return [JSON.parse(text)];
      } catch {
        return [];
      }
    });
  assert.ok(bodies.length > 0, "there is one");
  for (const body of bodies) {
    assert.deepEqual(violations(SCHEMA, body), []);
    assert.deepEqual(parsePipelineConfig(parseYaml(stringify(body)).value), parsePipelineConfig(body));
  }
});

Deno.test("OpenAPI has every route of the router and no other, every reference leads somewhere", async () => {
  await withApi(async ({ routes, call }) => {
    const known = routes.map(({ method, path }) => `${method} ${path}`).sort();
    assert.deepEqual(Object.keys(OPERATIONS).sort(), known);
    const served = (await call("GET", "/api/v1/openapi.json")).json();
    const document = openApiDocument();
    assert.deepEqual(served, overTheWire(document));
    const inDocument = Object.entries(document.paths).flatMap(([path, all]) =>
      Object.keys(all).map((method) => `${method.toUpperCase()} ${path}`)
    );
    assert.deepEqual(inDocument.sort(), known.map((route) => route.replace(/^ANY /, "GET ")).sort());
    const ids = Object.values(OPERATIONS).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const { schemas } = document.components;
    for (const [, name] of JSON.stringify(document.paths).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      assert.ok(schemas[name], name);
    }
    assert.deepEqual((await call("GET", "/schemas/Problem.json")).json(), overTheWire(schemas.Problem));
    assert.equal((await call("GET", "/schemas/constructor")).text, "null\n");
  });
});

Deno.test("answers and errors are what OpenAPI says", async () => {
  const { paths, components } = openApiDocument();
  await withApi(async ({ call, pipeline }) => {
    const id = await pipeline("Stopped");
    const check = async (method: string, path: string, template: string, body?: unknown) => {
      const answer = await call(method, path, body);
      const operation = paths[template][method.toLowerCase()] as {
        responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
      };
      const described = operation.responses[answer.status];
      assert.ok(described, `${method} ${path}: ${answer.status} is not described`);
      const schema = described.content?.["application/json"]?.schema;
      if (!schema) return;
      const name = String(schema.$ref).split("/").at(-1)!;
      assert.deepEqual(violations(components.schemas[name], answer.json()), [], `${method} ${path}`);
    };
    const one = "/api/v1/pipeline/{id}";
    for (const at of [id, "not-there", "x"]) {
      for (const part of ["", "/health", "/resources", "/resources/validation"]) {
        await check("GET", `/api/v1/pipeline/${at}${part}`, `${one}${part}`);
      }
      await check("POST", `/api/v1/pipeline/${at}/stop`, `${one}/stop`);
      await check("PATCH", `/api/v1/pipeline/${at}`, one, { name: 1 });
      await check("PATCH", `/api/v1/pipeline/${at}/metadata`, `${one}/metadata`, { metadata: { tags: null } });
      await check("PUT", `/api/v1/pipeline/${at}/resources`, `${one}/resources`, { pipeline_resources: {} });
      await check("POST", `/api/v1/pipeline/${at}/edit`, `${one}/edit`, otlpBody({ pipeline_id: at }));
    }
    await check("GET", "/api/v1/pipeline", "/api/v1/pipeline");
    await check("POST", "/api/v1/pipeline", "/api/v1/pipeline", otlpBody());
    await check("POST", "/api/v1/pipeline", "/api/v1/pipeline", otlpBody());
    await check("POST", "/api/v1/pipeline", "/api/v1/pipeline", otlpBody({ sources: [{ type: "x" }] }));
    await check("POST", "/api/v1/pipeline/validate", "/api/v1/pipeline/validate", otlpBody());
    await check("GET", "/api/v1/readyz", "/api/v1/readyz");
    await check("GET", "/api/v1/platform", "/api/v1/platform");
  });
});

Deno.test("every component is a JSON Schema with known keywords", () => {
  for (const schema of Object.values(openApiDocument().components.schemas)) {
    for (const value of [{}, [], null, "x", 1]) violations(schema, value);
  }
});
