/**
 * A target that is not there, not right, or changes: the reason says what to do, the statement in it mends the target, and
 * nothing that was accepted meanwhile is lost.
 */
import assert from "node:assert/strict";
import { waitFor } from "../../../cli/client.ts";
import {
  accepted,
  act,
  api,
  becomes,
  beside,
  createPipeline,
  createTable,
  health,
  MAPPING,
  PATIENCE_MS,
  pipelineConfig,
  type PipelineOptions,
  remove,
  settled,
  shows,
  sql,
  tableOf,
  test,
} from "./bed.ts";
import { WayToClickHouse } from "./outage.ts";

async function create(options: PipelineOptions): Promise<void> {
  const created = await api("POST", "/api/v1/pipeline", await pipelineConfig(options));
  assert.equal(created.status, 200, created.text);
}

async function resume(id: string): Promise<void> {
  const resumed = await act(id, "resume");
  assert.equal(resumed.status, 200, resumed.text);
}

/** Waits for a reason of a pipeline that runs. */
async function suffers(id: string, reason: RegExp): Promise<void> {
  await waitFor(() => health(id), (now) => reason.test(String(now.reason)), PATIENCE_MS, `${id} to say ${reason}`);
  assert.equal((await health(id)).overall_status, "Running");
}

async function recovers(id: string): Promise<void> {
  await waitFor(() => health(id), ({ reason }) => reason === undefined, PATIENCE_MS, `${id} to recover`);
}

test("target: a server that is not there yet is waited for; what is accepted meanwhile is written", () =>
  beside(async () => {
    const id = "late-server";
    const way = new WayToClickHouse();
    await createTable("late_server");
    await create({ id, connection: { http_port: String(way.port) } });
    const { reason } = await becomes(id, "Created", /cannot reach ClickHouse/);
    assert.match(
      String(reason),
      /ECONNREFUSED.*; check that ClickHouse runs and that http:\/\/127\.0\.0\.1:\d+ is its HTTP port; .*terminate it, then edit it$/,
    );
    await accepted(id, [{ attributes: { id: "while waiting" } }]);
    way.up();
    assert.equal((await becomes(id, "Running")).reason, undefined);
    await shows("SELECT id FROM late_server", "while waiting");
    way.down();
    await accepted(id, [{ attributes: { id: "second outage" } }]);
    await suffers(id, /cannot reach ClickHouse at .*check that ClickHouse runs/);
    way.up();
    await shows("SELECT count(), uniqExact(id) FROM late_server", "2\t2");
    await recovers(id);
    await remove(id);
    way.down();
  }));

test("target: types whose parameters only the table has are taken from it", () =>
  beside(async () => {
    const id = "bare-types";
    await createTable("bare_types", "id FixedString(4), kind Enum8('a' = 1, 'b' = 2), at DateTime64(6)");
    await create({
      id,
      mapping: [["attributes.id", "id", "FixedString"], ["body", "kind", "Enum8"], ["timestamp", "at", "DateTime64"]],
    });
    await becomes(id, "Running");
    await accepted(id, [{ attributes: { id: "four" }, body: "b" }]);
    await shows("SELECT id, kind FROM bare_types", "four\tb");
    await remove(id);
  }));

test("target: a wrong password is Failed; an edit mends it and nothing is lost", () =>
  beside(async () => {
    const id = "wrong-password";
    await createTable("wrong_password");
    await create({ id, connection: { password: "not-the-password" } });
    const failed = await becomes(id, "Failed");
    assert.match(String(failed.reason), /code: 516.*check the user name and password in sink.connection_params$/);
    assert.doesNotMatch(JSON.stringify(failed), /not-the-password/);
    await accepted(id, [{ attributes: { id: "meanwhile" } }]);
    const edited = await api("POST", `/api/v1/pipeline/${id}/edit`, await pipelineConfig({ id }));
    assert.equal(edited.status, 200, edited.text);
    await becomes(id, "Running");
    await shows("SELECT id FROM wrong_password", "meanwhile");
    await remove(id);
  }));

test("target: what is missing is made by the statement in the reason", () =>
  beside(async () => {
    const id = "nothing-there";
    const database = "odd `db`; DROP TABLE healthy";
    const table = "o'dd \\ta`ble; --";
    const mapping = [...MAPPING, ["severity_text", "sev`; DROP", "LowCardinality(String)"]] as const;
    await create({ id, database, table, mapping });
    const { reason } = await becomes(id, "Failed", /^database .* does not exist: run /);
    const [makeDatabase, makeTable] = /run (CREATE DATABASE .*); (CREATE TABLE .*); and resume/s.exec(String(reason))!
      .slice(1);
    await accepted(id, [{ attributes: { id: "meanwhile" }, body: "b" }]);
    await sql(makeDatabase);
    await resume(id);
    const missing = await becomes(id, "Failed", /^table .* does not exist: run /);
    assert.ok(String(missing.reason).includes(makeTable), String(missing.reason));
    assert.match(String(missing.reason), /user default may not see it: grant SELECT and INSERT/);
    await sql(makeTable);
    await resume(id);
    await becomes(id, "Running");
    const quoted = makeTable.slice("CREATE TABLE ".length, makeTable.indexOf(" ("));
    await shows(`SELECT * FROM ${quoted} FORMAT TSV`, "meanwhile\tb\tINFO");
    assert.equal((await health(id)).warnings, undefined, "the table that was proposed gives exactly-once");
    await remove(id);

    await createTable("nothing_there", "id String");
    await create({ id });
    const column = await becomes(id, "Failed", /has no column body/);
    await sql(/\((ALTER TABLE .* ADD COLUMN .*)\)/.exec(String(column.reason))![1]);
    await accepted(id, [{ attributes: { id: "meanwhile" }, body: "b" }]);
    await resume(id);
    await shows("SELECT * FROM nothing_there FORMAT TSV", "meanwhile\tb");
    await remove(id);
  }));

test("target: columns and tables that cannot take the rows", () =>
  beside(async () => {
    await sql("CREATE VIEW cannot_view AS SELECT '' AS id, '' AS body");
    const cases: [name: string, columns: string | null, engine: string | undefined, reason: RegExp][] = [
      [
        "materialized",
        "id String, body String MATERIALIZED 'x'",
        ,
        /column body .* is MATERIALIZED.*remove it from the map/,
      ],
      ["alias", "id String, body String ALIAS 'x'", , /column body .* is ALIAS.*remove it from the mapping/],
      ["array", "id Array(String), body String", , /type string, which does not fit column id of type Array\(String\)/],
      ["tuple", "id String, body Tuple(String, String)", , /does not fit column body of type Tuple/],
      ["view", null, , /has engine View, which takes no rows: name the table behind it/],
      ["merge", "id String, body String", "Merge(default, '^healthy$')", /has engine Merge, which takes no rows/],
    ];
    await Promise.all(cases.map(async ([name, columns, engine, reason]) => {
      const id = `cannot-${name}`;
      if (columns) await createTable(tableOf(id), columns, engine);
      await create({ id });
      await becomes(id, "Failed", reason);
      await remove(id);
    }));
  }));

test("target: engines that weaken exactly-once are warned of, and written", () =>
  beside(async () => {
    const cases: [name: string, engine: string, warning: RegExp, rows: string][] = [
      ["memory", "Memory", /engine Memory cannot recognise a replayed insert/, "1"],
      ["log", "Log", /engine Log cannot recognise a replayed insert/, "1"],
      ["null", "Null", /has engine Null: it keeps no rows/, "0"],
      ["no-window", "MergeTree ORDER BY id", /remembers 0 inserts; for exactly-once run: ALTER TABLE/, "1"],
      ["replacing", "ReplacingMergeTree ORDER BY id", /remembers 0 inserts; for exactly-once run: ALTER TABLE/, "1"],
    ];
    await Promise.all(cases.map(async ([name, engine, warning, rows]) => {
      const id = `weak-${name}`;
      await createTable(tableOf(id), undefined, engine);
      await createPipeline({ id });
      await accepted(id, [{ attributes: { id: "1" } }]);
      await settled(id, 1);
      assert.equal(await sql(`SELECT count() FROM ${tableOf(id)}`), rows, name);
      const { warnings } = await health(id) as { warnings: string[] };
      assert.match(warnings.join(), warning);
      const mend = /run: (ALTER TABLE .*)$/.exec(warnings[0]);
      if (mend) {
        await sql(mend[1]);
        assert.equal((await act(id, "stop")).status, 200);
        await becomes(id, "Stopped");
        await resume(id);
        assert.equal((await becomes(id, "Running")).warnings, undefined, "the statement mends it");
      }
      await remove(id);
    }));
  }));

test("target: a table that is dropped, loses a column or changes a type while rows flow", () =>
  beside(async () => {
    const id = "changing-table";
    await createTable("changing_table");
    await createPipeline({ id });
    let sent = 0;
    const send = () => accepted(id, [{ attributes: { id: `${++sent}` }, body: "b" }]);
    const flows = (rows: number) => shows("SELECT count(), uniqExact(id) FROM changing_table", `${rows}\t${rows}`);
    await send();
    await flows(1);

    await sql("DROP TABLE changing_table");
    await send();
    await suffers(id, /code: 60.*create table default\.changing_table.*writing goes on by itself once it exists/);
    await createTable("changing_table");
    await flows(1);
    await recovers(id);

    await sql("ALTER TABLE changing_table DROP COLUMN body");
    await send();
    await suffers(id, /code: 16.*bring the columns of default\.changing_table back/);
    await sql("ALTER TABLE changing_table ADD COLUMN body String");
    await flows(2);
    await recovers(id);

    await sql("ALTER TABLE changing_table MODIFY COLUMN body Nullable(String)");
    await send();
    await suffers(
      id,
      /code: 53.*changed its type: change it back, then writing goes on by itself; to change a type, stop/,
    );
    await sql("ALTER TABLE changing_table MODIFY COLUMN body String DEFAULT ''");
    await flows(3);
    await recovers(id);

    assert.equal((await act(id, "stop")).status, 200);
    await becomes(id, "Stopped");
    await sql("ALTER TABLE changing_table MODIFY COLUMN body Nullable(String)");
    await send();
    await resume(id);
    await flows(4);
    assert.equal((await settled(id, sent)).dead_lettered, 0);
    await remove(id);
  }));

test("target: a stop does not wait for a target that only a person can mend; its rows are written after resume", () =>
  beside(async () => {
    const id = "stopped-unfit";
    await createTable("stopped_unfit");
    await createPipeline({ id });
    await sql("RENAME TABLE stopped_unfit TO stopped_unfit_away");
    await accepted(id, [{ attributes: { id: "kept" } }]);
    await suffers(id, /code: 60/);
    assert.equal((await act(id, "stop")).status, 200);
    await becomes(id, "Stopped", /^1 frames could not be written yet; they are kept and written after resume$/);
    await sql("RENAME TABLE stopped_unfit_away TO stopped_unfit");
    await resume(id);
    await shows("SELECT id FROM stopped_unfit", "kept");
    await remove(id);
  }));

Deno.test({
  name: "target: a user that may only read",
  // The embedded ClickHouse has one account and refuses CREATE USER; the law for code 164 and 497 is tested in runtime/target.
  ignore: true,
  fn: () => {},
});
