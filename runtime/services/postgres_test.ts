import assert from "node:assert/strict";
import pg from "pg";
import { serviceTest } from "../../tests/services/mod.ts";
import { findPostgres, PostgresNotFound, startPostgres } from "./postgres.ts";

serviceTest("a cluster of our own starts, answers and leaves nothing", ["postgres"], async () => {
  const server = await startPostgres();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  assert.equal((await client.query("SELECT 1 + 1 AS two")).rows[0].two, 2);
  await client.end();
  await server.stop();
  assert.throws(() => Deno.statSync(`/proc/${server.pid}`), Deno.errors.NotFound);
});

Deno.test("a wrong GLASSFLOW_POSTGRES_BIN is named", async () => {
  const before = Deno.env.get("GLASSFLOW_POSTGRES_BIN");
  Deno.env.set("GLASSFLOW_POSTGRES_BIN", "/nonexistent");
  try {
    await assert.rejects(
      findPostgres(),
      (error) => error instanceof PostgresNotFound && /no initdb and postgres in \/nonexistent/.test(error.message),
    );
  } finally {
    if (before === undefined) Deno.env.delete("GLASSFLOW_POSTGRES_BIN");
    else Deno.env.set("GLASSFLOW_POSTGRES_BIN", before);
  }
});
