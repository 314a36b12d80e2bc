import assert from "node:assert/strict";
import { stringify } from "yaml";
import { otlpConfig, withApi } from "./api_bed.ts";

const PATH = "/api/v1/pipeline";
const yaml = (type = "application/yaml") => ({ "content-type": type });

Deno.test("a configuration in YAML: created, edited and validated as in JSON", async () => {
  await withApi(async ({ call, pipeline }) => {
    for (const [i, type] of ["application/yaml", "application/x-yaml; charset=utf-8", "text/yaml"].entries()) {
      const answer = await call("POST", PATH, stringify(otlpConfig(`yaml-${i}-x`)), yaml(type));
      assert.equal(answer.status, 200, answer.text);
    }
    await call("POST", PATH, otlpConfig("json-0-x"));
    const shown = async (id: string) => (await call("GET", `${PATH}/${id}`)).text.replaceAll(id, "");
    assert.equal(await shown("yaml-0-x"), await shown("json-0-x"));
    const id = await pipeline("Stopped");
    const edited = await call("POST", `${PATH}/${id}/edit`, stringify(otlpConfig(id, { name: "New" })), yaml());
    assert.equal(edited.status, 200, edited.text);
    assert.equal((await call("GET", `${PATH}/${id}`)).json().name, "New");
    assert.equal((await call("PATCH", `${PATH}/${id}`, "name: x", yaml())).status, 415);
  });
});

Deno.test("validate creates nothing and hides secrets", async () => {
  await withApi(async ({ call, catalog, orchestrator }) => {
    const answer = await call("POST", `${PATH}/validate`, stringify(otlpConfig("shop-logs")), yaml());
    assert.equal(answer.json().valid, true);
    assert.equal(answer.text.includes("s3cret-p4ss"), false);
    assert.deepEqual([await catalog.list(), orchestrator.calls], [[], []]);
    const refused = await call("POST", `${PATH}/validate`, otlpConfig("shop-logs", { sources: [] }));
    assert.deepEqual([refused.status, refused.json().code], [422, "unprocessable_entity"]);
  });
});

Deno.test("findings in YAML have line and column, place and cure, and never a value", async () => {
  await withApi(async ({ call }) => {
    const post = async (text: string) => {
      const answer = await call("POST", PATH, text, yaml());
      assert.equal(answer.text.includes("s3cret-p4ss"), false);
      return answer;
    };
    const text = stringify(otlpConfig("shop-logs"));
    const lineOf = (part: string) => text.slice(0, text.indexOf(part)).split("\n").length;
    const wrong = await post(text.replace('port: "9000"', "port: 9000"));
    assert.equal(wrong.status, 422);
    assert.match(
      wrong.json().message as string,
      /^validation failed: expected string \(body\.sink\.connection_params\.port\) at line \d+, column \d+$/,
    );
    assert.deepEqual(wrong.json().errors, [{
      location: "body.sink.connection_params.port",
      message: "expected string",
      cure: "Port of the native protocol, as text.",
      line: lineOf("port:"),
      column: 5,
    }]);
    const rules =
      (await post(text.replace("max_batch_size: 1000", "max_batch_size: 0").replace("otlp.logs", "rabbitmq"))).json();
    assert.equal(rules.code, "unprocessable_entity");
    const errors = rules.errors as { location: string; line: number }[];
    assert.deepEqual(errors.map(({ location, line }) => [location, line]), [
      ["body.sources[0].type", lineOf("type: otlp.logs")],
      ["body.sink.max_batch_size", lineOf("max_batch_size")],
    ]);
    const broken = await post(`${text}\nsink: {password: s3cret-p4ss}`);
    assert.equal(broken.status, 400);
    assert.match(
      broken.json().message as string,
      /^validation failed: expected valid YAML: the same key twice.* at line \d+, column 1$/,
    );
    const near = (await call("POST", PATH, otlpConfig("shop-logs", { metdata: {} }))).json();
    assert.deepEqual(near.errors, [{
      location: "body.metdata",
      message: "unexpected property",
      cure: "Did you mean metadata?",
    }]);
  });
});

const VERSION_2 = {
  pipeline_id: "old-logs",
  name: "Old",
  source: { type: "otlp.logs", id: "logs", deduplication: { enabled: true, key: "trace_id", time_window: "1h" } },
  schema: { fields: [{ source_id: "logs", name: "body", type: "string", column_name: "body", column_type: "String" }] },
  sink: {
    type: "clickhouse",
    host: "ch",
    port: "9000",
    database: "default",
    username: "u",
    password: btoa("s3cret-p4ss"),
    table: "logs",
    max_batch_size: 5,
  },
  pipeline_resources: { sink: { replicas: 3 } },
};

Deno.test("version 2: created, edited, and previewed", async () => {
  await withApi(async ({ call, pipeline }) => {
    const preview = (await call("POST", `${PATH}/migrate-preview`, { ...VERSION_2, nonsense: 1 })).json();
    assert.deepEqual(preview.resources, { sink: { replicas: 3 } });
    const created = await call("POST", PATH, VERSION_2);
    assert.equal(created.status, 200, created.text);
    const shown = (await call("GET", `${PATH}/old-logs`)).json();
    assert.equal(shown.version, "v3");
    assert.equal((shown.transforms as { type: string }[])[0].type, "dedup");
    assert.equal((shown.sink as { connection_params: { password: string } }).connection_params.password, "s3cret-p4ss");
    assert.equal((shown.resources as { sink: { replicas: number } }).sink.replicas, 3);
    const id = await pipeline("Stopped");
    const edited = await call("POST", `${PATH}/${id}/edit`, stringify({ ...VERSION_2, pipeline_id: id }), yaml());
    assert.equal(edited.status, 200, edited.text);
    const refused = await call("POST", `${PATH}/migrate-preview`, { ...VERSION_2, sink: { host: 1 } });
    assert.deepEqual([refused.status, refused.json().code], [422, "unprocessable_entity"]);
    assert.equal((await call("POST", `${PATH}/migrate-preview`, [])).status, 422);
  });
});

Deno.test("names that only a version 2 expression reads are declared", async () => {
  await withApi(async ({ call }) => {
    const transform = [{ expression: "lower(city)", output_name: "town", output_type: "string" }];
    const source = {
      type: "kafka",
      connection_params: { brokers: ["b:1"], protocol: "PLAINTEXT" },
      topics: [{ name: "t" }],
    };
    const preview = (await call("POST", `${PATH}/migrate-preview`, {
      ...VERSION_2,
      source,
      stateless_transformation: { enabled: true, config: { transform } },
    })).json();
    assert.deepEqual((preview.sources as { schema_fields: unknown }[])[0].schema_fields, [{
      name: "city",
      type: "string",
    }]);
  });
});
