/** `npm start` as a person uses it: however it is asked to end it ends, leaves no process and goes on with its data. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runSql, waitFor } from "../../cli/client.ts";
import { serviceTest } from "../services/mod.ts";
import { Command, DENO, LAUNCHER, NPM, type Place, withPlace } from "./command.ts";

const PATIENCE_MS = 30_000;
const UP = "GlassFlow is up.";
const STOPPED = "stopped; the next start goes on with the same data";

async function sql({ dataDir, ports }: Place, statement: string): Promise<string> {
  const password = (await Deno.readTextFile(join(dataDir, "clickhouse-password"))).trim();
  return (await runSql({ url: `http://127.0.0.1:${ports.clickhouse}`, user: "default", password }, statement)).trim();
}

/** The launcher of `npm start`: npm's only child. */
async function launcherOf(npm: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-axo", "pid=,ppid="] }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const children = lines.filter(([, parent]) => parent === npm).map(([pid]) => pid);
  assert.equal(children.length, 1);
  return children[0];
}

interface End {
  readonly name: string;
  readonly start: readonly string[];
  /** Gives what asks it to end. */
  end(command: Command): Promise<() => void>;
}

const signal = (name: Deno.Signal) => (command: Command) => Promise.resolve(() => command.signal(name));

const ENDS: readonly End[] = [
  { name: "SIGTERM to npm", start: NPM, end: signal("SIGTERM") },
  { name: "SIGINT to the launcher", start: LAUNCHER, end: signal("SIGINT") },
  { name: "SIGINT to the supervisor", start: DENO, end: signal("SIGINT") },
  { name: "SIGHUP to the supervisor: its terminal is closed", start: DENO, end: signal("SIGHUP") },
  { name: "kill -9 of npm", start: NPM, end: signal("SIGKILL") },
  {
    name: "kill -9 of the launcher",
    start: NPM,
    async end(command) {
      const launcher = await launcherOf(command.pid);
      return () => Deno.kill(launcher, "SIGKILL");
    },
  },
];

async function endsInOrder({ name, start, end }: End, place: Place, kept: number): Promise<number> {
  await using command = new Command(start, place.env);
  await command.says("rows of pipeline glassflow-logs are in ClickHouse");
  const rows = await waitFor(
    async () => Number(await sql(place, "SELECT count() FROM glassflow_logs")),
    (count) => count > kept,
    PATIENCE_MS,
    `more rows than the ${kept} of the start before`,
  );
  const code = await command.endsAfter(await end(command));
  if (!name.startsWith("kill")) assert.equal(code, 0, name);
  // The output of a killed launcher is its supervisor's too: what that said last is read.
  assert.equal(command.stderr.at(-1), STOPPED, name);
  return rows;
}

serviceTest("however it is asked to end, it ends in order and the next start goes on", ["nats"], async () => {
  await withPlace(async (place) => {
    let rows = 0;
    for (const end of ENDS) rows = await endsInOrder(end, place, rows);
  });
});

serviceTest("the logs of the system's processes arrive, sent by Deno's own exporter", ["nats"], async () => {
  await withPlace(async (place) => {
    await using command = new Command(LAUNCHER, place.env);
    await command.says(UP);
    const wanted = ["glassflow", "glassflow-sink"];
    await waitFor(
      // The table is made after the system is up.
      () =>
        sql(place, "SELECT groupUniqArray(ServiceName) FROM glassflow_logs WHERE SeverityText = 'INFO'").catch(String),
      (found) => wanted.every((name) => found.includes(`'${name}'`)),
      PATIENCE_MS,
      `logs of ${wanted}`,
    );
    assert.equal(await command.endsAfter(() => command.signal("SIGTERM")), 0);
  });
});
