/** `glassflow start`: the system until it is asked to stop, and what a person sees meanwhile. */
import { messageOf } from "../runtime/errors.ts";
import { sleep } from "../runtime/nats/publish.ts";
import { OWN_LOGS_PIPELINE } from "../tools/otel.mjs";
import { runSql, waitFor } from "./client.ts";
import { ensureOwnLogs, OWN_LOGS_TABLE } from "./own_logs.ts";
import type { SystemSettings } from "./settings.ts";
import { startSystem, type System } from "./system.ts";

const FIRST_ROWS_MS = 30_000;
const HEARTBEAT_MS = 10_000;
const RETRY_MS = 10_000;

const WITHOUT = "It is tried again; GLASSFLOW_OWN_LOGS=false does without them.";
const FOREIGN =
  `Check GLASSFLOW_CLICKHOUSE_URL, GLASSFLOW_CLICKHOUSE_USER and GLASSFLOW_CLICKHOUSE_PASSWORD. ${WITHOUT}`;

type Say = (text: string) => void;

export async function start(settings: SystemSettings, stop: AbortSignal, say: Say): Promise<number> {
  const system = await startSystem(settings, { onStep: (what) => say(`  ${what}`), signal: stop });
  try {
    say(addresses(settings, system));
    await Promise.all([
      settings.ownLogs ? showOwnLogs(system, settings.clickhouseUrl ? FOREIGN : WITHOUT, stop, say) : undefined,
      heartbeat(system, stop),
    ]);
  } finally {
    await system.stop();
  }
  say("stopped; the next start goes on with the same data");
  return 0;
}

function addresses(settings: SystemSettings, system: System): string {
  const { url, user } = system.clickhouse;
  const account = settings.clickhouseUrl ? "" : `   user ${user}, password in ${settings.dataDir}/clickhouse-password`;
  return `
GlassFlow is up.
  API               ${system.apiUrl}   (also on port ${settings.apiPorts[1]})
  OTLP logs (HTTP)  ${system.otlpUrl}/v1/logs   header x-glassflow-pipeline-id: <pipeline id>
  ClickHouse        ${url}${account}
  NATS              ${system.natsUrl}
  Data              ${settings.dataDir}
Ctrl-C stops everything in order.
`;
}

/** The pipeline of the system's own logs shows that data flows. Without it the system runs all the same, and says why. */
async function showOwnLogs(system: System, advice: string, stop: AbortSignal, say: Say): Promise<void> {
  let said = "";
  while (!stop.aborted) {
    try {
      await ensureOwnLogs(system);
      system.log.info("the system is up");
      return await showFirstRows(system, stop, say);
    } catch (error) {
      const why = messageOf(error);
      if (why !== said) {
        say(`the system is up, but its own logs are not kept yet: ${why}
${advice}`);
      }
      said = why;
      await sleep(RETRY_MS, stop).catch(() => {}); // asked to stop
    }
  }
}

async function showFirstRows(system: System, stop: AbortSignal, say: Say): Promise<void> {
  const count = async () => Number(await runSql(system.clickhouse, `SELECT count() FROM ${OWN_LOGS_TABLE}`));
  try {
    const rows = await waitFor(count, (n) => n > 0 || stop.aborted, FIRST_ROWS_MS, "the first row");
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
async function heartbeat(system: System, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    for (const { pipelineId, stage, state, reason } of system.orchestrator.workers()) {
      system.log.debug({ pipeline_id: pipelineId, stage, state, reason }, "worker");
    }
    system.log.info({ workers: [...system.orchestrator.workers()].length }, "alive");
    await sleep(HEARTBEAT_MS, stop).catch(() => {}); // asked to stop
  }
}
