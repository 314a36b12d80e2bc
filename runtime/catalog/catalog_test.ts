import assert from "node:assert/strict";
import { serviceTest, withPostgres } from "../../tests/services/mod.ts";
import { freePort } from "../services/ports.ts";
import { migrate, MIGRATIONS } from "./migrations.ts";
import {
  type Catalog,
  CatalogCorrupt,
  CatalogLocked,
  CatalogTooNew,
  CatalogUnavailable,
  type NewPipeline,
  openCatalog,
  PipelineExists,
  PipelineNotFound,
  StatusError,
  VersionConflict,
} from "./mod.ts";
import { openPglite } from "./pglite.ts";
import { openPostgres } from "./postgres.ts";

function pipeline(id: string): NewPipeline {
  return {
    id,
    name: `Name of ${id}`,
    config: { pipeline_id: id, name: "stale", sources: [], sink: { connection_params: { password: "s3cret" } } },
    metadata: { tags: ["shop"] },
    resources: { sink: { replicas: 1 } },
  };
}

const ALL = ["Created", "Running", "Stopping", "Stopped", "Terminating", "Resuming", "Failed"] as const;

async function behaves(catalog: Catalog): Promise<void> {
  const created = await catalog.createPipeline(pipeline("shop-orders"));
  assert.equal(created.status, "Created");
  assert.equal(created.version, 1);
  assert.match(created.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.equal(created.config.name, "Name of shop-orders");
  assert.deepEqual(created.config.metadata, { tags: ["shop"] });
  assert.deepEqual(created.config.sink, { connection_params: { password: "s3cret" } });
  await assert.rejects(catalog.createPipeline(pipeline("shop-orders")), PipelineExists);
  await assert.rejects(catalog.get("nothing-here"), PipelineNotFound);

  await catalog.createPipeline(pipeline("second-one"));
  await catalog.createPipeline(pipeline("third-one"));
  assert.deepEqual((await catalog.list()).map((p) => p.id), ["third-one", "second-one", "shop-orders"]);

  const renamed = await catalog.rename("shop-orders", "New", { version: 1 });
  assert.equal(renamed.version, 2);
  assert.equal(renamed.config.name, "New");
  await assert.rejects(catalog.rename("shop-orders", "Newer", { version: 1 }), VersionConflict);
  assert.deepEqual((await catalog.setMetadata("shop-orders", { tags: null })).metadata, { tags: null });
  await assert.rejects(catalog.rename("nothing-here", "x"), PipelineNotFound);

  const change = { name: "N", config: { a: 1 }, metadata: { tags: null }, resources: {} };
  await assert.rejects(catalog.updateConfig("shop-orders", change, "Resuming"), StatusError);
  await assert.rejects(catalog.beginDelete("shop-orders"), StatusError);
  await assert.rejects(catalog.transition("shop-orders", ALL, "Stopped"), StatusError);
  await assert.rejects(catalog.transition("shop-orders", ["Resuming"], "Running"), StatusError);
  await catalog.transition("shop-orders", ["Created"], "Running");
  await catalog.transition("shop-orders", ["Running"], "Stopping");
  const stopped = await catalog.transition("shop-orders", ["Stopping"], "Stopped");

  const edited = await catalog.updateConfig("shop-orders", change, "Resuming");
  assert.equal(edited.status, "Resuming");
  assert.equal(edited.createdAt, created.createdAt);
  assert.deepEqual(edited.config, { a: 1, name: "N", metadata: { tags: null } });
  assert.ok(await catalog.revert(stopped, edited));
  const back = await catalog.get("shop-orders");
  assert.equal(back.status, "Stopped");
  assert.deepEqual(back.config, stopped.config);
  assert.ok(!await catalog.revert(created, edited), "nothing is reverted over a later change");

  const failed = await catalog.transition("shop-orders", ["Stopped"], "Failed", "the volume is gone");
  assert.equal(failed.reason, "the volume is gone");
  await catalog.setReason("shop-orders", "Failed", "still gone");
  await catalog.setReason("shop-orders", "Running", "not now");
  assert.equal((await catalog.get("shop-orders")).reason, "still gone");
  const resized = await catalog.setResources("shop-orders", { sink: { replicas: 2 } }, "Resuming");
  assert.deepEqual(resized.resources, { sink: { replicas: 2 } });
  assert.equal(resized.reason, null);
  await catalog.transition("shop-orders", ["Resuming"], "Failed", "again");

  const history = await catalog.history("shop-orders");
  assert.equal(history[0].type, "error");
  assert.equal(history[0].reason, "again");
  assert.equal(history.at(-1)?.type, "history");
  assert.deepEqual(history.at(-1)?.config?.sink, { connection_params: { password: "s3cret" } });

  assert.ok((await catalog.beginDelete("shop-orders")).deleting);
  assert.ok((await catalog.beginDelete("shop-orders")).deleting);
  await assert.rejects(catalog.transition("shop-orders", ["Failed"], "Resuming"), StatusError);
  await assert.rejects(catalog.updateConfig("shop-orders", change, "Resuming"), StatusError);
  await catalog.delete("shop-orders");
  await catalog.delete("shop-orders");
  await assert.rejects(catalog.get("shop-orders"), PipelineNotFound);

  // One of many concurrent attempts wins.
  const attempts = await Promise.allSettled(
    Array.from({ length: 8 }, () => catalog.transition("second-one", ["Created"], "Terminating")),
  );
  assert.equal(attempts.filter((a) => a.status === "fulfilled").length, 1);
  await catalog.ping();
}

Deno.test("embedded, in memory: the catalog behaves", async () => {
  const catalog = await openCatalog({ encryptionKey: new Uint8Array(32).fill(1) });
  try {
    await behaves(catalog);
  } finally {
    await catalog.close();
  }
});

Deno.test("embedded, on disk: survives a restart, is held by one, does not touch the schema of a newer release", async () => {
  const parent = await Deno.makeTempDir();
  const dataDir = `${parent}/catalog`;
  try {
    const first = await openCatalog({ dataDir, encryptionKey: new Uint8Array(32).fill(1) });
    await first.createPipeline(pipeline("shop-orders"));
    await assert.rejects(openCatalog({ dataDir }), CatalogLocked);
    await first.close();

    const problems: string[] = [];
    for (const [fill, fits] of [[1, true], [2, false]] as const) {
      const keyed = await openCatalog({ dataDir, encryptionKey: new Uint8Array(32).fill(fill) });
      assert.equal(await keyed.keyFits(), fits);
      await keyed.close();
    }

    const second = await openCatalog({ dataDir, onProblem: (message) => problems.push(message) });
    assert.equal(await second.keyFits(), false);
    assert.deepEqual(await second.list(), []);
    assert.equal(problems.length, 1, "a pipeline whose secrets cannot be read is reported");
    await second.close();

    const db = await openPglite(dataDir);
    const [{ stored }] = await db.query("select config::text as stored from glassflow.pipeline");
    assert.ok(!String(stored).includes("s3cret"));
    await migrate(db, [...MIGRATIONS, {
      version: 99,
      name: "future",
      statements: ["create table glassflow.x (a int)"],
    }]);
    await assert.rejects(migrate(db), CatalogTooNew);
    await db.close();

    await Deno.remove(`${dataDir}/pg/global/pg_control`);
    await assert.rejects(openCatalog({ dataDir }), CatalogCorrupt);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test("a failed migration leaves nothing behind", async () => {
  const db = await openPglite(null);
  const broken = [{ version: 1, name: "broken", statements: ["create table glassflow.a (x int)", "create nonsense"] }];
  await assert.rejects(migrate(db, broken));
  const [{ there }] = await db.query("select to_regnamespace('glassflow') is not null as there");
  assert.equal(there, false);
  await db.close();
});

Deno.test("PostgreSQL that is not there is named as such, without the URL's password", async () => {
  const url = `postgres://user:hunter2@127.0.0.1:${freePort()}/db`;
  await assert.rejects(openCatalog({ url, connectForMs: 0 }), (error) => {
    assert.ok(error instanceof CatalogUnavailable);
    assert.ok(!error.message.includes("hunter2"));
    return true;
  });
});

serviceTest("PostgreSQL: the catalog behaves", ["postgres"], () =>
  withPostgres(async ({ url }) => {
    const [one, other] = await Promise.all([openCatalog({ url }), openCatalog({ url })]);
    try {
      await behaves(one);
      assert.deepEqual((await other.list()).map((p) => p.id), ["third-one", "second-one"]);
    } finally {
      await Promise.all([one.close(), other.close()]);
    }
    const db = await openPostgres({ url, applicationName: "test", connectForMs: 0, onProblem: () => {} });
    await assert.rejects(
      db.transaction(async (session) => {
        await session.query("delete from glassflow.pipeline");
        throw new Error("changed my mind");
      }),
      /changed my mind/,
    );
    assert.equal((await db.query("select 1 from glassflow.pipeline")).length, 2);
    await db.close();
  }));
