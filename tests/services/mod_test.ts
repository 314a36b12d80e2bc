import assert from "node:assert/strict";
import { createClient } from "@clickhouse/client";
import { serviceTest, withClickHouse, withNats, withPostgres } from "./mod.ts";

Deno.test("the shared NATS server is one, an isolated one is another", () =>
  withNats((shared) =>
    withNats(async (again) => {
      assert.equal(again.port, shared.port);
      await withNats((own) => Promise.resolve(assert.notEqual(own.port, shared.port)), { isolated: true });
    })
  ));

Deno.test("each borrower of ClickHouse has an empty database", async () => {
  const names: string[] = [];
  for (let i = 0; i < 2; i++) {
    await withClickHouse(async ({ url, user, password, database }) => {
      const client = createClient({ url, username: user, password, database });
      await client.command({ query: "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a" });
      await client.close();
      names.push(database);
    });
  }
  assert.notEqual(names[0], names[1]);
});

Deno.test("an isolated ClickHouse can be killed and started again", () =>
  withClickHouse(async (lent) => {
    const client = createClient({
      url: lent.url,
      username: lent.user,
      password: lent.password,
      database: lent.database,
    });
    await client.command({ query: "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a" });
    await client.insert({ table: "t", values: [{ a: 1 }], format: "JSONEachRow" });
    await lent.server.kill();
    const again = await lent.restart();
    assert.equal(again.port, lent.port);
    const rows = await client.query({ query: "SELECT a FROM t", format: "JSONEachRow" });
    assert.deepEqual(await rows.json(), [{ a: 1 }]);
    await client.close();
  }, { isolated: true }));

serviceTest(
  "PostgreSQL is shared",
  ["postgres"],
  () => withPostgres((shared) => withPostgres((again) => Promise.resolve(assert.equal(again.port, shared.port)))),
);
