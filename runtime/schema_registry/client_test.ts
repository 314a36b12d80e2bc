import assert from "node:assert/strict";
import { SchemaRegistryServer } from "../../tests/services/schema_registry.ts";
import { SchemaCache, SchemaRegistryClient } from "./mod.ts";

const SECRET = "s3cr3t-value";

async function withServer(use: (server: SchemaRegistryServer) => Promise<void>): Promise<void> {
  const server = new SchemaRegistryServer({ key: "key", secret: SECRET });
  try {
    server.register("money", 1, { schema: "money text", schemaType: "PROTOBUF" });
    server.register("orders-value", 7, {
      schema: "text",
      schemaType: "PROTOBUF",
      references: [{ name: "money.proto", subject: "money", version: 1 }],
    });
    server.register("a/b value", 8, { schema: "{}" });
    await use(server);
  } finally {
    await server.close();
  }
}

const client = (server: SchemaRegistryServer, changes = {}, options = {}) =>
  new SchemaRegistryClient({ url: `${server.url}/`, apiKey: "key", apiSecret: SECRET, ...changes }, {
    attempts: 1,
    ...options,
  });

const refused = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && "code" in error);
  assert.equal(error.code, code);
  assert.match(error.message, pattern);
  assert.ok(!error.message.includes(SECRET));
  return true;
};

Deno.test("schemas by id with what they refer to; subjects and versions", () =>
  withServer(async (server) => {
    const registry = client(server);
    assert.deepEqual(await registry.schema(7), {
      type: "PROTOBUF",
      text: "text",
      references: [{ name: "money.proto", text: "money text" }],
    });
    assert.equal(await registry.schema(99), null);
    assert.deepEqual(await registry.subjects(), ["money", "orders-value", "a/b value"]);
    assert.deepEqual(await registry.versions("a/b value"), [1]);
    assert.equal(await registry.versions("none"), null);
    assert.deepEqual(await registry.version("a/b value", "latest"), {
      type: "AVRO",
      text: "{}",
      references: [],
      id: 8,
      version: 1,
    });
  }));

Deno.test("what a registry refuses or does not answer is told without its account", () =>
  withServer(async (server) => {
    await assert.rejects(
      client(server, { apiSecret: "wrong" }).subjects(),
      refused("SCHEMA_REGISTRY_REFUSED", /refuses the account \(401\)/),
    );
    await assert.rejects(client(server, { apiSecret: "" }).subjects(), refused("SCHEMA_REGISTRY_REFUSED", /401/));
    await assert.rejects(
      client(server, { url: `${server.url}/elsewhere` }).subjects(),
      refused("SCHEMA_REGISTRY_UNAVAILABLE", /is no schema registry/),
    );
    server.failing = 302;
    await assert.rejects(client(server).subjects(), refused("SCHEMA_REGISTRY_REFUSED", /redirect/));
    server.failing = 503;
    const asked = server.requests.length;
    await assert.rejects(
      client(server, {}, { attempts: 3 }).subjects(),
      refused("SCHEMA_REGISTRY_UNAVAILABLE", /answers 503/),
    );
    assert.equal(server.requests.length - asked, 3);
    server.failing = 200;
    await assert.rejects(
      client(server).subjects(),
      refused("SCHEMA_REGISTRY_UNAVAILABLE", /not what a schema registry does/),
    );
    server.failing = null;
    server.hanging = true;
    await assert.rejects(
      client(server, {}, { timeoutMs: 50 }).subjects(),
      refused("SCHEMA_REGISTRY_UNAVAILABLE", /no answer in 0\.05 s/),
    );
  }));

Deno.test("a schema is asked for once; what is not there again; a registry that is away is waited for", () =>
  withServer(async (server) => {
    const states: (string | null)[] = [];
    const ending = new AbortController();
    const cache = new SchemaCache(client(server), {
      signal: ending.signal,
      waiting: (reason) => {
        states.push(reason);
        server.failing = null;
      },
      firstPauseMs: 1,
      absentForMs: 0,
    });
    server.failing = 500;
    const [one, two] = await Promise.all([cache.get(8), cache.get(8)]);
    assert.equal(one, two);
    assert.match(states[0] ?? "", /answers 500/);
    assert.equal(states.at(-1), null);
    await cache.get(8);
    assert.equal(server.requests.filter((path) => path === "/schemas/ids/8").length, 2);
    assert.match(await cache.get(9) as string, /no schema with id 9/);
    server.register("late", 9, { schema: "{}" });
    assert.deepEqual(await cache.get(9), { type: "AVRO", text: "{}", references: [] });
    server.hanging = true;
    const waits = assert.rejects(cache.get(10), /over/);
    ending.abort(new Error("over"));
    server.failing = 500;
    await server.close();
    await waits;
  }));
