/**
 * A machine that is not as it should be: taken ports, folders that cannot be used, damaged files, a full disk, settings that
 * say nothing sensible. Every start ends at once with a message that says what to do, or the system runs and says what it
 * suffers from.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { waitFor } from "../../../cli/client.ts";
import { BadSetting, isolatedSettings, settingsFromEnvironment, type SystemSettings } from "../../../cli/settings.ts";
import { startSystem } from "../../../cli/system.ts";
import { pipelineHash } from "../../../pipeline/config/mod.ts";
import { openCatalog } from "../../../runtime/catalog/mod.ts";
import { freePort } from "../../../runtime/services/ports.ts";
import {
  accepted,
  act,
  becomes,
  beside,
  createPipeline,
  createTable,
  health,
  PATIENCE_MS,
  shows,
  sql,
  test,
  theSystem,
} from "./bed.ts";

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "glassflow-environment-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A start that must fail soon; gives the message. */
async function refusal(dataDir: string, change: Partial<SystemSettings> = {}): Promise<string> {
  const settings = { ...isolatedSettings(settingsFromEnvironment(() => undefined), dataDir), logLevel: "silent" };
  let message = "";
  await assert.rejects(startSystem({ ...settings, dependencyWaitMs: 500, ...change }), (error) => {
    assert.ok(error instanceof Error);
    message = error.message;
    return true;
  });
  return message;
}

test("environment: a port that is in use, whoever listens there", () =>
  withFolder(async (folder) => {
    const cases: [variable: string, (port: number) => Partial<SystemSettings>][] = [
      ["GLASSFLOW_API_PORT", (port) => ({ apiPorts: [port, freePort()] })],
      ["GLASSFLOW_SDK_PORT", (port) => ({ apiPorts: [freePort(), port] })],
      ["GLASSFLOW_OTLP_PORT", (port) => ({ otlpPort: port })],
      ["GLASSFLOW_NATS_PORT", (port) => ({ natsPort: port })],
      ["GLASSFLOW_CLICKHOUSE_PORT", (port) => ({ clickhousePort: port })],
    ];
    await Promise.all(cases.map(async ([variable, setting]) => {
      const port = freePort();
      using _listener = Deno.listen({ hostname: "127.0.0.1", port });
      const message = await refusal(join(folder, variable), setting(port));
      assert.match(
        message,
        new RegExp(
          `^port ${port} is in use by .* \\(process ${Deno.pid}\\): stop what listens there, ` +
            `or set ${variable} to another port$`,
        ),
      );
    }));
    const twice = freePort();
    assert.equal(
      await refusal(join(folder, "twice"), { otlpPort: twice, natsPort: twice }),
      `GLASSFLOW_OTLP_PORT and GLASSFLOW_NATS_PORT are both ${twice}: give each a port of its own`,
    );
    for (const hostname of ["no.such.host.invalid", "192.0.2.1"]) {
      assert.match(
        await refusal(join(folder, "host"), { hostname }),
        /set GLASSFLOW_HOST to an address of this machine/,
      );
    }
  }));

test("environment: a data directory that cannot be used", () =>
  withFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "x");
    for (const path of [file, join(file, "below"), "/proc/nothing"]) {
      assert.match(await refusal(path), /cannot be used .*or set GLASSFLOW_DATA_DIR to another one$/);
    }
    for (const part of ["nats", "clickhouse", "catalog"]) {
      const path = join(folder, `without-${part}`);
      await Deno.mkdir(path);
      await Deno.writeTextFile(join(path, part), "x");
      assert.match(await refusal(path), /cannot be (?:used|written)/, part);
    }
    const catalog = join(folder, "garbage", "catalog");
    await (await openCatalog({ dataDir: catalog })).close();
    await Deno.writeTextFile(join(catalog, "pg", "global", "pg_control"), "garbage");
    assert.match(await refusal(join(folder, "garbage")), /cannot be opened; restore it from a backup, or move .* away/);
    await Deno.mkdir(join(folder, "password", "clickhouse-password"), { recursive: true });
    assert.match(await refusal(join(folder, "password")), /cannot read .*make it readable, or move it away/);
  }));

test("environment: dependencies that are not there", () =>
  withFolder(async (folder) => {
    const nats = await refusal(join(folder, "nats"), { natsUrl: "nats://127.0.0.1:1" });
    assert.match(nats, /cannot reach NATS at nats:\/\/127.0.0.1:1: start nats-server there, or set GLASSFLOW_NATS_URL/);
    const database = await refusal(join(folder, "db"), { databaseUrl: "postgres://user:hunter2@127.0.0.1:1/x" });
    assert.match(database, /PostgreSQL cannot be reached; check GLASSFLOW_DATABASE_URL/);
    assert.doesNotMatch(database, /hunter2/);
  }));

test("environment: settings that say nothing sensible", () => {
  const wrong: Record<string, string[]> = {
    GLASSFLOW_API_PORT: ["x", "0", "70000", "80.5", "-1"],
    GLASSFLOW_SDK_PORT: ["x"],
    GLASSFLOW_OTLP_PORT: ["x"],
    GLASSFLOW_NATS_PORT: ["x"],
    GLASSFLOW_CLICKHOUSE_PORT: ["x"],
    GLASSFLOW_NATS_PROFILE: ["quick", "constructor"],
    GLASSFLOW_LOG_LEVEL: ["loud"],
    GLASSFLOW_OWN_LOGS: ["maybe"],
    GLASSFLOW_NATS_URL: ["::::", "http://x:4222", "nats://", "nats://a:4222,"],
    GLASSFLOW_DATABASE_URL: ["mysql://user:hunter2@x", "hunter2"],
    GLASSFLOW_CLICKHOUSE_URL: ["nope", "clickhouse://x:9000"],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(
        () => settingsFromEnvironment((asked) => asked === name ? value : undefined),
        (error) =>
          error instanceof BadSetting && error.message.startsWith(`${name} must be `) &&
          !error.message.includes("hunter2"),
        `${name}=${value}`,
      );
    }
  }
  const empty = settingsFromEnvironment(() => "");
  assert.deepEqual(empty, settingsFromEnvironment(() => undefined), "an empty variable is one that is not set");
  return Promise.resolve();
});

test("environment: the command says one line and ends with a code", async () => {
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const main = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));
    const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--quiet", main, ...args],
      env: { ...env, NO_COLOR: "1" },
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "");
    return { code, text: new TextDecoder().decode(stderr) };
  };
  const [setting, action, option, count] = await Promise.all([
    run(["start"], { GLASSFLOW_API_PORT: "x" }),
    run(["begin"]),
    run(["start", "--nonsense"]),
    run(["start", "--check", "--count", "-3"]),
  ]);
  assert.deepEqual(setting, { code: 1, text: "glassflow: GLASSFLOW_API_PORT must be a port number from 1 to 65535\n" });
  assert.equal(action.code, 2);
  assert.match(action.text, /^glassflow: no such command: begin\nusage: glassflow start /);
  assert.equal(option.code, 2);
  assert.match(option.text, /^glassflow: .*--nonsense.*\nusage: /s);
  assert.equal(count.code, 2);
  assert.match(count.text, /^glassflow: .*count.*\nusage: /s);
});

test("environment: a second start on the same data", () =>
  beside(async () => {
    const { orchestrator } = await theSystem();
    const message = await refusal(orchestrator.env.dataDir);
    assert.match(
      message,
      new RegExp(`is used by another glassflow \\(process ${Deno.pid}\\): stop it, or set GLASSFLOW_DATA_DIR`),
    );
  }));

const DEDUP = [{ type: "dedup", source_id: "logs", config: { key: "attributes.id", time_window: "1h" } }];

/** Waits for a reason of a pipeline that runs. */
const suffers = (id: string, reason: RegExp) =>
  waitFor(() => health(id), (now) => reason.test(String(now.reason)), PATIENCE_MS, `${id} to say ${reason}`);

async function stopAndResume(id: string): Promise<void> {
  assert.equal((await act(id, "stop")).status, 200);
  await becomes(id, "Stopped");
  assert.equal((await act(id, "resume")).status, 200);
  await becomes(id, "Running");
}

test("environment: a bundle that was changed on disk is not run; stop and resume make it again", () =>
  beside(async () => {
    const id = "changed-bundle";
    const { orchestrator } = await theSystem();
    await createTable("changed_bundle");
    // What the sink needs names the table, so no other pipeline has the same bundle.
    await createPipeline({ id });
    const folder = join(orchestrator.env.dataDir, "bundles");
    for (const { name } of [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("sink-"))) {
      const path = join(folder, name);
      const code = await Deno.readTextFile(path);
      if (code.includes("changed_bundle")) await Deno.writeTextFile(path, code + "\nconsole.log('changed');\n");
    }
    for (const { pipelineId, stage, pids } of orchestrator.workers()) {
      if (pipelineId === id && stage === "sink") { for (const pid of pids) Deno.kill(pid, "SIGKILL"); }
    }
    await suffers(id, /^sink-0 cannot load its bundle, which was changed or removed: stop and resume the pipeline/);
    await accepted(id, [{ attributes: { id: "kept" } }]);
    await stopAndResume(id);
    await shows("SELECT id FROM changed_bundle", "kept");
    assert.equal((await health(id)).reason, undefined);
  }));

test("environment: damaged or missing state stops the shard; terminate and resume start without it", () =>
  beside(async () => {
    const id = "damaged-state";
    const { orchestrator } = await theSystem();
    const folder = join(orchestrator.env.dataDir, "state", id);
    await createTable("damaged_state");
    await createPipeline({ id, transforms: DEDUP });
    await accepted(id, [{ attributes: { id: "a" } }, { attributes: { id: "a" } }]);
    await shows("SELECT count() FROM damaged_state", "1");
    const damages: [(path: string) => Promise<void>, RegExp][] = [
      [
        (path) => Deno.writeTextFile(path, "garbage ".repeat(1_000)),
        /^state file .* is damaged \(file is not a database\); restore it from a backup, or terminate and resume/,
      ],
      [(path) => Deno.remove(path), /^state file .* is not there; attach the right volume .* or terminate and resume/],
    ];
    for (const [i, [damage, reason]] of damages.entries()) {
      assert.equal((await act(id, "stop")).status, 200);
      await becomes(id, "Stopped");
      for (const { name } of Deno.readDirSync(folder)) await damage(join(folder, name));
      await accepted(id, [{ attributes: { id: `${i}` } }]);
      assert.equal((await act(id, "resume")).status, 200);
      await suffers(id, reason);
      assert.equal(await sql(`SELECT count() FROM damaged_state WHERE id = '${i}'`), "0");
      assert.equal((await act(id, "terminate")).status, 200);
      await becomes(id, "Stopped");
      assert.equal((await act(id, "resume")).status, 200);
      await shows(`SELECT count() FROM damaged_state WHERE id = '${i}'`, "1");
    }
  }));

test("environment: rows that NATS lost are named, and the pipeline goes on", async () => {
  const id = "lost-by-nats";
  const { orchestrator, parts } = await theSystem();
  await createTable("lost_by_nats");
  await createPipeline({ id });
  assert.equal((await act(id, "stop")).status, 200);
  await becomes(id, "Stopped");
  await accepted(id, [{ attributes: { id: "lost" } }]);
  await parts.nats!.hold();
  const streams = join(orchestrator.env.dataDir, "nats", "data", "jetstream", "$G", "streams");
  await Deno.remove(join(streams, `gf-${pipelineHash(id)}-in`), { recursive: true });
  parts.nats!.release();
  await waitFor(
    async () => (await act(id, "resume")).status,
    (status) => status === 200,
    PATIENCE_MS,
    "NATS to be back",
  );
  await becomes(id, "Running");
  assert.match(
    String((await health(id)).warnings),
    /stream gf-.*-in was gone and was made anew: rows that waited in it may be lost/,
  );
  await accepted(id, [{ attributes: { id: "after" } }]);
  await shows("SELECT id FROM lost_by_nats", "after");
});

/** Whether this machine lets us mount a small disk. */
async function mounted(folder: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder] })
      .output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("environment: a full disk (needs the right to mount)", async (t) => {
  await withFolder(async (folder) => {
    if (!await mounted(folder)) {
      await t.step({ name: "skipped: a tmpfs cannot be mounted here", ignore: true, fn: () => {} });
      return;
    }
    try {
      await Deno.writeFile(join(folder, "fill"), new Uint8Array(23 << 20));
      assert.match(await refusal(join(folder, "data")), /no space left on the disk|No space left on device/);
    } finally {
      await new Deno.Command("umount", { args: ["--lazy", folder] }).output();
    }
  });
});
