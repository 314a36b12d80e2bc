/**
 * `glassflow start`: brings the whole system up on this machine and keeps it up until Ctrl-C.
 * `glassflow start --check [--count N] [--seed S]`: on free ports and in a temporary directory, sends events of known fate,
 * compares, prints one JSON line and exits 0 only if everything agrees.
 */
import { parseArgs } from "node:util";
import { freePort } from "../runtime/services/ports.ts";
import { messageOf } from "../runtime/errors.ts";
import { runCheck } from "./check/run.ts";
import { runSql, waitFor } from "./client.ts";
import { OWN_LOGS_PIPELINE } from "../tools/otel.mjs";
import { ensureOwnLogs, OWN_LOGS_TABLE } from "./own_logs.ts";
import { settingsFromEnvironment, type SystemSettings } from "./settings.ts";
import { startSystem, type System } from "./system.ts";

const USAGE = `usage: glassflow start [--check [--count N] [--seed S] [--timeout SECONDS]]`;
const FIRST_ROWS_MS = 30_000;
const HEARTBEAT_MS = 10_000;

const say = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      check: { type: "boolean", default: false },
      count: { type: "string", default: "20000" },
      seed: { type: "string", default: "1" },
      timeout: { type: "string", default: "240" },
    },
  });
  if (positionals.join(" ") !== "start") {
    say(USAGE);
    return 2;
  }
  const settings = settingsFromEnvironment((name) => Deno.env.get(name));
  if (!values.check) return await start(settings);
  return await check(
    settings,
    whole(values.count, "count"),
    whole(values.seed, "seed"),
    whole(values.timeout, "timeout"),
  );
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number of at least 1`);
  return value;
}

async function start(settings: SystemSettings): Promise<number> {
  const stopping = new AbortController();
  let asked = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      if (asked++ === 0) say("stopping: draining the workers …");
      stopping.abort();
    });
  }
  const system = await startSystem(settings, { onStep: (what) => say(`  ${what}`) });
  try {
    if (settings.ownLogs) await ensureOwnLogs(system);
    say(addresses(settings, system));
    if (settings.ownLogs) await showFirstRows(system, stopping.signal);
    await heartbeat(system, stopping.signal);
  } finally {
    await system.stop();
  }
  say("stopped; the next start goes on with the same data");
  return 0;
}

function addresses(settings: SystemSettings, system: System): string {
  return `
GlassFlow is up.
  API               ${system.apiUrl}   (also on port ${settings.apiPorts[1]})
  OTLP logs (HTTP)  ${system.otlpUrl}/v1/logs   header x-glassflow-pipeline-id: <pipeline id>
  ClickHouse        ${system.clickhouse.url}   user ${system.clickhouse.user}, password in ${settings.dataDir}/clickhouse-password
  NATS              ${system.natsUrl}
  Data              ${settings.dataDir}
Ctrl-C stops everything in order.
`;
}

/** The pipeline of the system's own logs shows that data flows. */
async function showFirstRows(system: System, signal: AbortSignal): Promise<void> {
  system.log.info("the system is up");
  const count = async () => Number(await runSql(system.clickhouse, `SELECT count() FROM ${OWN_LOGS_TABLE}`));
  try {
    const rows = await waitFor(count, (n) => n > 0 || signal.aborted, FIRST_ROWS_MS, "the first row");
    if (rows === 0) return;
    const latest = await runSql(
      system.clickhouse,
      `SELECT Timestamp, SeverityText, ServiceName, substring(Body, 1, 100) AS Body FROM ${OWN_LOGS_TABLE}
       ORDER BY Timestamp DESC LIMIT 3 FORMAT PrettyCompactMonoBlock`,
    );
    say(`${rows} rows of pipeline ${OWN_LOGS_PIPELINE} are in ClickHouse table ${OWN_LOGS_TABLE}:\n${latest}`);
  } catch (error) {
    say(`no row of pipeline ${OWN_LOGS_PIPELINE} yet: ${messageOf(error)}`);
  }
}

/** One line in a while: what the pipelines did, which itself is a log record on its way. */
async function heartbeat(system: System, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
  while (!signal.aborted) {
    for (const { pipelineId, stage, state, reason } of system.orchestrator.workers()) {
      system.log.debug({ pipeline_id: pipelineId, stage, state, reason }, "worker");
    }
    system.log.info({ workers: [...system.orchestrator.workers()].length }, "alive");
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([stopped, new Promise((next) => timer = setTimeout(next, HEARTBEAT_MS))]);
    clearTimeout(timer);
  }
}

/** Settings of a system that shares nothing with another one. */
export function isolatedSettings(settings: SystemSettings, dataDir: string): SystemSettings {
  return {
    ...settings,
    dataDir,
    apiPorts: [freePort(), freePort()],
    otlpPort: freePort(),
    natsPort: freePort(),
    clickhousePort: freePort(),
    directoryTtlMs: 500,
    ownLogs: false,
  };
}

async function check(settings: SystemSettings, count: number, seed: number, timeoutSeconds: number): Promise<number> {
  const dataDir = await Deno.makeTempDir({ prefix: "glassflow-check-" });
  const system = await startSystem({ ...isolatedSettings(settings, dataDir), logLevel: "warn" });
  try {
    const { problems, ...line } = await runCheck(system, { count, seed, timeoutMs: timeoutSeconds * 1_000, note: say });
    for (const problem of problems) say(problem);
    console.log(JSON.stringify(line));
    return line.ok ? 0 : 1;
  } finally {
    await system.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
}

if (import.meta.main) {
  let code: number;
  try {
    code = await main(Deno.args);
  } catch (error) {
    say(`glassflow: ${messageOf(error)}`);
    code = 1;
  }
  Deno.exit(code);
}
