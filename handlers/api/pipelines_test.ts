import assert from "node:assert/strict";
import { otlpConfig, withApi } from "./api_bed.ts";
import { OrchestratorForbids, OrchestratorRefuses } from "./mod.ts";

const PATH = "/api/v1/pipeline";

Deno.test("create, get, list, delete", async () => {
  await withApi(async ({ call, orchestrator, catalog }) => {
    assert.deepEqual((await call("GET", PATH)).text, "[]\n");
    const config = otlpConfig("shop-logs", {
      transforms: [
        { type: "dedup", source_id: "logs", config: { key: "trace_id", time_window: "1h" } },
        { type: "filter", source_id: "logs", config: { expression: "severity_number >= 9" } },
      ],
    });
    const created = await call("POST", PATH, config);
    assert.equal(created.status, 200);
    assert.equal(created.text, "{}\n");
    assert.deepEqual(orchestrator.calls, ["create shop-logs"]);
    assert.equal((await catalog.get("shop-logs")).status, "Created");
    await call("POST", PATH, otlpConfig("other-logs"));

    const list = (await call("GET", PATH)).json() as unknown as Record<string, unknown>[];
    assert.deepEqual(list.map((p) => [p.pipeline_id, p.transformation_type, p.status, p.metadata]), [
      ["other-logs", "Ingest Only", "Created", { tags: ["test"] }],
      ["shop-logs", "Deduplication", "Created", { tags: ["test"] }],
    ]);
    assert.deepEqual(Object.keys(list[0]).sort(), [
      "created_at",
      "metadata",
      "name",
      "pipeline_id",
      "status",
      "transformation_type",
      "updated_at",
    ]);

    const got = (await call("GET", `${PATH}/shop-logs`)).json();
    assert.equal(got.version, "v3");
    assert.deepEqual(got.sources, [{ type: "otlp.logs", source_id: "logs" }]);
    assert.deepEqual(got.metadata, { tags: ["test"] });
    const sink = got.sink as { connection_params: { password: string } };
    assert.equal(sink.connection_params.password, "s3cret-p4ss", "clients send back what they got");
  });
});

Deno.test("GET followed by edit changes nothing", async () => {
  await withApi(async ({ call, pipeline, catalog, orchestrator }) => {
    const id = await pipeline("Stopped");
    await call("PATCH", `${PATH}/${id}`, { name: "Renamed" });
    await call("PATCH", `${PATH}/${id}/metadata`, { metadata: { tags: ["a"] } });
    const before = await call("GET", `${PATH}/${id}`);
    const edit = await call("POST", `${PATH}/${id}/edit`, before.text);
    assert.equal(edit.status, 200, edit.text);
    assert.equal((await call("GET", `${PATH}/${id}`)).text, before.text);
    assert.equal((await catalog.get(id)).name, "Renamed");
    assert.deepEqual(orchestrator.calls, [`edit ${id}`]);
  });
});

Deno.test("refusals of create", async () => {
  await withApi(async ({ call, orchestrator, catalog }) => {
    const refused = async (body: unknown, status: number, code: string, text: string | RegExp) => {
      const answer = await call("POST", PATH, body);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.json().code, code);
      assert.ok(text instanceof RegExp ? text.test(answer.text) : answer.text.includes(text), answer.text);
      assert.ok(!answer.text.includes("s3cret-p4ss"), "no value of the body is repeated");
    };
    const cfg = (more: Record<string, unknown>, id = "shop-logs") => otlpConfig(id, more);
    await refused(cfg({}, "test"), 422, "unprocessable_entity", "failed to convert request to pipeline model");
    await refused(cfg({}, "test"), 422, "unprocessable_entity", "pipeline ID must be at least 5 characters");
    await refused(cfg({}, "Shop_Logs"), 400, "bad_request", "invalid pipeline ID");
    await refused(cfg({ sources: [] }), 422, "unprocessable_entity", "at least one source");
    await refused(
      cfg({ sources: [{ type: "rabbitmq", source_id: "q" }] }),
      422,
      "unprocessable_entity",
      "unsupported type",
    );
    await refused(cfg({ nonsense: 1 }), 422, "", "validation failed: unexpected property (body.nonsense)");
    await refused(cfg({ sink: null }), 422, "", "validation failed: ");
    await refused(
      cfg({ transforms: [{ type: "filter", source_id: "logs", config: { expression: "severity_number >>> 2" } }] }),
      422,
      "unprocessable_entity",
      "filter transform",
    );
    await refused(
      cfg({
        transforms: [{
          type: "stateless",
          source_id: "logs",
          config: { transforms: [{ expression: "invalid ??? syntax", output_name: "body", output_type: "string" }] },
        }],
      }),
      422,
      "unprocessable_entity",
      "stateless transformation",
    );
    await refused([], 422, "", "expected object");
    assert.deepEqual(orchestrator.calls, []);

    await call("POST", PATH, otlpConfig("shop-logs"));
    await refused(otlpConfig("shop-logs"), 409, "conflict", "already exists");
    orchestrator.fails = new OrchestratorForbids("one pipeline may be active");
    await refused(otlpConfig("second-one"), 403, "forbidden", "one pipeline may be active");
    orchestrator.fails = new OrchestratorRefuses("NATS has no room for 16 more consumers");
    await refused(otlpConfig("second-one"), 422, "unprocessable_entity", "16 more consumers");
    orchestrator.fails = new Error("boom");
    await refused(otlpConfig("second-one"), 500, "internal_error", "Internal server error");
    await assert.rejects(catalog.get("second-one"), "nothing is left behind");
  });
});

Deno.test("refusals of edit, rename and metadata", async () => {
  await withApi(async ({ call, pipeline }) => {
    const id = await pipeline("Stopped");
    const mismatch = await call("POST", `${PATH}/${id}/edit`, otlpConfig("other-id"));
    assert.equal(mismatch.status, 400);
    assert.equal(mismatch.json().code, "bad_request");
    assert.ok(mismatch.text.includes("pipeline ID in request body must match"));
    assert.deepEqual(mismatch.json().details, { route_id: id, json_id: "other-id" });
    const invalid = await call("POST", `${PATH}/${id}/edit`, otlpConfig(id, { sources: [] }));
    assert.equal(invalid.status, 422);
    assert.equal(invalid.json().code, "unprocessable_entity");
    assert.equal((await call("PATCH", `${PATH}/${id}`, {})).status, 422);
    assert.equal(
      (await call("PATCH", `${PATH}/${id}`, { name: 1 })).json().message,
      "validation failed: expected string (body.name)",
    );
    assert.equal((await call("PATCH", `${PATH}/${id}`, { name: "x", resources: {} })).status, 422);
    assert.equal((await call("PATCH", `${PATH}/${id}`, { NAME: "" })).status, 200);
    assert.equal((await call("PATCH", `${PATH}/${id}/metadata`, { metadata: {} })).status, 422);
  });
});

Deno.test("the schema query selects what exists", async () => {
  await withApi(async ({ call, pipeline }) => {
    const id = await pipeline("Created");
    const status = async (query: string) => (await call("GET", `${PATH}/${id}?${query}`)).status;
    assert.equal(await status("topic=x"), 200);
    assert.equal(await status("schema="), 200);
    assert.equal(await status("schema=logs:1"), 200);
    assert.equal(await status("schema=%20logs%20:%201"), 200);
    for (const bad of ["schema=broken", "schema=:1", "schema=logs:", "schema=logs:1&schema=logs:2"]) {
      assert.equal(await status(bad), 400, bad);
    }
    assert.equal(await status("schema=logs:2"), 400);
    assert.equal(await status("schema=nope:1"), 400);
  });
});

Deno.test("resources: shown with defaults, replaced, fixed ones kept", async () => {
  await withApi(async ({ call, pipeline }) => {
    const id = await pipeline("Stopped");
    const path = `${PATH}/${id}/resources`;
    const shown = (await call("GET", path)).json();
    const immutable = ["nats/stream/maxAge", "nats/stream/maxBytes", "nats/stream/maxMsgs", "transform/storage/size"];
    assert.deepEqual(shown.fields_policy, { immutable });
    assert.deepEqual((shown.pipeline_resources as Record<string, unknown>).nats, {
      stream: { maxAge: "24h", maxBytes: "0", maxMsgs: 8000 },
    });
    assert.deepEqual((await call("GET", `${path}/validation`)).json(), { fields_policy: { immutable } });
    const put = (resources: unknown) => call("PUT", path, { pipeline_resources: resources });
    const bad = await put({ sink: { requests: { memory: "1GB" } } });
    assert.equal(bad.status, 422);
    assert.equal(bad.json().code, "unprocessable_entity");
    const fixed = await put({ nats: { stream: { maxAge: "1440m" } } });
    assert.equal(fixed.status, 422);
    assert.ok(fixed.text.includes("nats/stream/maxAge"));
    assert.equal((await call("PUT", path, {})).json().code, "");
    const done = await put({ sink: { replicas: 3 } });
    assert.equal(done.status, 200, done.text);
    const { pipeline_resources } = done.json() as { pipeline_resources: Record<string, Record<string, unknown>> };
    assert.equal(pipeline_resources.sink.replicas, 3);
    assert.deepEqual((await call("GET", path)).json().pipeline_resources, pipeline_resources);
    assert.equal((await call("GET", `${PATH}/not-there/resources`)).status, 404);
  });
});
