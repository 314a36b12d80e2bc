import assert from "node:assert/strict";
import { AllowList } from "../../runtime/discovery/allow_list.ts";
import { SchemaRegistryServer } from "../../tests/services/schema_registry.ts";
import { withApi } from "./api_bed.ts";

interface Answer {
  readonly connected: boolean;
  readonly subjects: string[] | number;
  readonly versions: number[];
  readonly format: string;
  readonly fields: unknown[];
  readonly problem: string;
}

const AT = "/api/v1/discovery";
const SECRET = "s3cr3t-value";
const connection_params = {
  brokers: ["127.0.0.1:1"],
  protocol: "SASL_PLAINTEXT",
  mechanism: "PLAIN",
  username: "me",
  password: SECRET,
};

Deno.test("a registry's subjects, versions and schemas with their fields", async () => {
  const server = new SchemaRegistryServer({ key: "key", secret: SECRET });
  const schema_registry = { url: server.url, api_key: "key", api_secret: SECRET };
  try {
    server.register("zeta", 1, { schema: '{"type":"record","name":"A","fields":[{"name":"n","type":"int"}]}' });
    server.register("orders-value", 2, {
      schema: 'syntax = "proto3"; message M { string id = 1; }',
      schemaType: "PROTOBUF",
    });
    server.register("orders-key", 3, { schema: '"string"' });
    await withApi(async ({ call }) => {
      const ask = async (path: string, more: Record<string, unknown> = {}) => {
        const answer = await call("POST", `${AT}/schema-registry/${path}`, { schema_registry, ...more });
        assert.ok(!answer.text.includes(SECRET));
        return { ...answer.json() as unknown as Answer, status: answer.status };
      };
      assert.deepEqual(await ask("test"), { connected: true, subjects: 3, status: 200 });
      assert.deepEqual((await ask("subjects", { topic: "orders" })).subjects, ["orders-value", "orders-key", "zeta"]);
      assert.deepEqual((await ask("versions", { subject: "zeta" })).versions, [1]);
      assert.equal((await ask("versions", { subject: "none" })).status, 404);
      assert.deepEqual((await ask("schema", { subject: "orders-value" })).fields, [{ name: "id", type: "string" }]);
      const avro = await ask("schema", { id: 1 });
      assert.deepEqual([avro.format, avro.fields], ["avro", [{ name: "n", type: "int32" }]]);
      assert.match((await ask("schema", { id: 3 })).problem, /must be a record/);
      assert.equal((await ask("schema", { id: 9 })).status, 404);
      assert.equal((await ask("schema")).status, 422);
      const wrong = await call("POST", `${AT}/schema-registry/test`, {
        schema_registry: { ...schema_registry, api_secret: "no" },
      });
      assert.equal(wrong.status, 422);
      assert.match(String(wrong.json().message), /refuses the account/);
    });
  } finally {
    await server.close();
  }
});

Deno.test("addresses that may not be reached are refused, before any connection and without a secret", async () => {
  await withApi(async ({ call, logged }) => {
    const tried = [
      ["kafka/topics", { connection_params: { ...connection_params, brokers: ["169.254.169.254:80"] } }],
      ["schema-registry/test", {
        schema_registry: { url: "http://169.254.169.254/latest", api_key: "k", api_secret: SECRET },
      }],
    ] as const;
    for (const [path, body] of tried) {
      const answer = await call("POST", `${AT}/${path}`, body);
      assert.equal(answer.status, 403, answer.text);
      assert.match(String(answer.json().message), /never connected to/);
    }
    assert.ok(!JSON.stringify(logged).includes(SECRET));
  });
  const allowed = new AllowList("broker.example");
  await withApi(async ({ call }) => {
    const answer = await call("POST", `${AT}/kafka/test`, { connection_params });
    assert.equal(answer.status, 403);
    assert.match(String(answer.json().message), /GLASSFLOW_DISCOVERY_ALLOW/);
  }, { discovery: { allowed } });
});

Deno.test("brokers that do not answer, and connections that cannot be, are told with their cure", async () => {
  await withApi(async ({ call }) => {
    const dead = await call("POST", `${AT}/kafka/test`, { connection_params });
    assert.equal(dead.status, 422);
    assert.equal(dead.json().code, "unreachable");
    assert.match(String(dead.json().message), /127\.0\.0\.1:1/);
    assert.ok(!dead.text.includes(SECRET));
    for (
      const [change, reason] of [
        [{ brokers: [] }, /broker/],
        [{ mechanism: "NONE" }, /mechanism/],
        [{ password: "" }, /password/],
        [{ extra: 1 }, /unexpected property/],
      ] as const
    ) {
      const answer = await call("POST", `${AT}/kafka/test`, { connection_params: { ...connection_params, ...change } });
      assert.equal(answer.status, 422, answer.text);
      assert.match(String(answer.json().message), reason);
    }
  }, { discovery: { timeoutMs: 2_000 } });
});
