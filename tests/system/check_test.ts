/** `start --check`: one JSON line, a code, and a verdict that sees what is missing and what is too much. */
import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { runCheck } from "../../cli/check/run.ts";
import { apiRequest, runSql, waitFor } from "../../cli/client.ts";
import { connectNats } from "../../runtime/nats/connect.ts";
import { serviceTest, withClickHouse, withNats } from "../services/mod.ts";
import { withSystem } from "./bed.ts";
import { Command, DENO, LAUNCHER, silentServer } from "./command.ts";

const check = (...options: string[]) => [...DENO, "--check", ...options];

/** The only line on standard output. */
function verdictOf({ stdout }: Command): Record<string, unknown> {
  assert.equal(stdout.length, 1, stdout.join("\n"));
  return JSON.parse(stdout[0]);
}

serviceTest("a check that finds everything prints one line and ends with 0", ["nats"], async () => {
  await using command = new Command([...LAUNCHER, "--check", "--count", "300"], {});
  await command.says("pipelines are running");
  assert.equal(await command.endsAfter(() => {}), 0);
  const { seconds, ...verdict } = verdictOf(command);
  assert.equal(typeof seconds, "number");
  const { accepted, written, filtered, deduplicated, dead_lettered } = verdict as Record<string, number>;
  assert.equal(accepted, 600);
  assert.equal(written + filtered + deduplicated + dead_lettered, 600);
  assert.deepEqual([verdict.ok, verdict.missing, verdict.unexpected], [true, 0, 0]);
});

serviceTest(
  "rows that are taken out and put in behind the system's back are counted, the code is 1",
  ["nats"],
  async () => {
    await withClickHouse(async ({ url, user, password }) => {
      const env = {
        GLASSFLOW_CLICKHOUSE_URL: url,
        GLASSFLOW_CLICKHOUSE_USER: user,
        GLASSFLOW_CLICKHOUSE_PASSWORD: password,
      };
      const sql = (statement: string) => runSql({ url, user, password }, statement);
      await using command = new Command(check("--count", "3000"), env);
      const table = await waitFor(
        async () => (await sql("SELECT name FROM system.tables WHERE name LIKE 'check_pass%'")).trim(),
        (name) => name !== "",
        60_000,
        "the check's table",
      );
      await waitFor(
        () => sql(`SELECT event_id FROM ${table} LIMIT 1`),
        (id) => id !== "",
        60_000,
        "the first row",
      );
      await sql(`INSERT INTO ${table} (event_id) VALUES ('stranger')`);
      const victim = (await sql(`SELECT event_id FROM ${table} WHERE event_id != 'stranger' LIMIT 1`)).trim();
      await sql(`ALTER TABLE ${table} DELETE WHERE event_id = '${victim}' SETTINGS mutations_sync = 2`);
      assert.equal(await command.ends(), 1);
      const { ok, missing, unexpected } = verdictOf(command);
      assert.deepEqual({ ok, missing, unexpected }, { ok: false, missing: 1, unexpected: 1 });
      const said = command.stderr.join("\n");
      assert.match(said, new RegExp(`1 missing in the table: ${victim}`));
      assert.match(said, /1 unexpected in the table: stranger/);
      assert.match(said, new RegExp(`${table} are kept for a look`));
    }, { isolated: true });
  },
);

Deno.test("when time is up, a check says so and counts what is not there", async () => {
  await withSystem({}, async ({ system }) => {
    const result = await runCheck(system, {
      kinds: ["pass"],
      count: 400,
      seed: 1,
      timeoutMs: 6_000,
      // What is accepted from here on is kept in the stream.
      disturb: async () => void await apiRequest(system.apiUrl, "POST", "/api/v1/pipeline/check-pass/stop"),
      pace: () =>
        waitFor(
          () => apiRequest(system.apiUrl, "GET", "/api/v1/pipeline/check-pass/health"),
          (health) => JSON.stringify(health).includes('"Stopped"'),
          5_000,
          "the pipeline to be stopped",
        ).then(() => {}),
    });
    const { ok, written, dead_lettered, missing, problems } = result;
    assert.deepEqual({ ok, written, dead_lettered }, { ok: false, written: 0, dead_lettered: 0 });
    assert.ok(missing > 300, `${missing} are missing`);
    assert.match(problems[0], /^timed out/);
  });
});

Deno.test("a pipeline that does not run in time is named", async () => {
  await withSystem({}, async ({ system }) => {
    const { ok, missing, problems } = await runCheck(system, { kinds: ["pass"], count: 100, seed: 1, timeoutMs: 1 });
    assert.equal(ok, false);
    assert.ok(missing > 80);
    assert.match(problems.join("\n"), /^timed out.*\nwaited .* for pipeline check-pass to run/);
  });
});

serviceTest("a system that is not up in time: the step it was at, code 1", ["nats"], async () => {
  await using silent = silentServer();
  const env = { GLASSFLOW_NATS_URL: `nats://127.0.0.1:${silent.port}` };
  await using command = new Command(check("--timeout", "3"), env);
  assert.equal(await command.ends(), 1);
  assert.match(command.stderr.at(-1)!, /timed out after 3 s, before the system was up: connecting to NATS at /);
});

serviceTest("a check that is interrupted leaves neither processes nor its folder", ["nats"], async () => {
  const parent = await Deno.makeTempDir({ prefix: "check-interrupted-" });
  await using command = new Command(check("--count", "20000"), { TMPDIR: parent });
  await command.says("pipelines are running");
  assert.equal(await command.endsAfter(() => command.signal("SIGINT")), 130);
  assert.deepEqual(
    [...Deno.readDirSync(parent)].map(({ name }) => name).filter((name) => name.startsWith("glass")),
    [],
  );
  await Deno.remove(parent, { recursive: true });
});

serviceTest("on a NATS server that outlives it, a check can be made again and leaves no stream", ["nats"], async () => {
  await withNats(async ({ url }) => {
    for (let i = 0; i < 2; i++) {
      await using command = new Command(check("--count", "50"), { GLASSFLOW_NATS_URL: url });
      assert.equal(await command.ends(), 0, command.stderr.join("\n"));
    }
    const nc = await connectNats({ servers: url }, "test");
    try {
      assert.deepEqual(await Array.fromAsync((await jetstreamManager(nc)).streams.names()), []);
    } finally {
      await nc.close();
    }
  }, { isolated: true });
});
