/** `glassflow start --check`: a system of its own, one JSON line on standard output, what disagrees on standard error. */
import { isolatedSettings, type SystemSettings } from "../settings.ts";
import { startSystem, type System } from "../system.ts";
import { unlessAborted } from "../teardown.ts";
import { apiRequest, runSql, TimedOut, waitFor } from "../client.ts";
import { givenBroker } from "./broker.ts";
import { runCheck } from "./run.ts";

export interface CheckArguments {
  readonly count: number;
  readonly seed: number;
  /** For everything, the start of the system included. */
  readonly timeoutSeconds: number;
}

export async function check(
  settings: SystemSettings,
  { count, seed, timeoutSeconds }: CheckArguments,
  stop: AbortSignal,
  say: (text: string) => void,
): Promise<number> {
  const deadline = performance.now() + timeoutSeconds * 1_000;
  const dataDir = await Deno.makeTempDir({ prefix: "glassflow-check-" });
  try {
    let step = "nothing was started";
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new TimedOut(`timed out after ${timeoutSeconds} s, before the system was up: ${step}`)),
      timeoutSeconds * 1_000,
    );
    const system = await startSystem({ ...isolatedSettings(settings, dataDir), logLevel: "warn" }, {
      onStep: (what) => step = what,
      signal: AbortSignal.any([stop, late.signal]),
    });
    clearTimeout(timer);
    try {
      const timeoutMs = Math.max(1, deadline - performance.now());
      // On servers that outlive the check nothing of it may meet an earlier one's, or stay.
      const broker = settings.checkBrokers.length > 0 ? givenBroker(settings.checkBrokers) : null;
      const lasting = settings.natsUrl !== null || settings.clickhouseUrl !== null || broker !== null;
      const suffix = lasting ? crypto.randomUUID().slice(0, 8) : undefined;
      const own = { ...(suffix ? { suffix } : {}), ...(broker ? { kafka: broker } : {}) };
      const running = runCheck(system, { count, seed, timeoutMs, note: say, ...own });
      const { problems, ...line } = await unlessAborted(running, stop);
      if (performance.now() > deadline) say(`the time of --timeout ${timeoutSeconds} is up`);
      for (const problem of problems) say(problem);
      console.log(JSON.stringify(line));
      if (suffix) await unlessAborted(removePipelines(system), stop);
      if (suffix && settings.clickhouseUrl) await unlessAborted(keepOrDrop(system, suffix, line.ok, say), stop);
      await broker?.cleanUp();
      return line.ok ? 0 : 1;
    } finally {
      await system.stop();
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

const REMOVAL_MS = 30_000;

/** Pipelines with their streams. */
async function removePipelines({ apiUrl }: System): Promise<void> {
  const list = async () => await apiRequest(apiUrl, "GET", "/api/v1/pipeline") as { pipeline_id: string }[];
  for (const { pipeline_id } of await list()) {
    const path = `/api/v1/pipeline/${pipeline_id}`;
    const status = async () => (await apiRequest(apiUrl, "GET", `${path}/health`) as Health).overall_status;
    if (!AT_REST.includes(await status())) {
      await apiRequest(apiUrl, "POST", `${path}/terminate`);
      await waitFor(status, (now) => AT_REST.includes(now), REMOVAL_MS, `${pipeline_id} to end`);
    }
    await apiRequest(apiUrl, "DELETE", path);
  }
  await waitFor(list, (left) => left.length === 0, REMOVAL_MS, "the check's pipelines to be gone");
}

interface Health {
  readonly overall_status: string;
}
const AT_REST: readonly string[] = ["Stopped", "Failed"];

/** Tables of a check that failed are kept for a look. */
async function keepOrDrop(system: System, suffix: string, ok: boolean, say: (text: string) => void): Promise<void> {
  const tables = ["dedup", "pass"].map((kind) => `check_${kind}_${suffix}`);
  if (!ok) return say(`tables ${tables.join(" and ")} are kept for a look: drop them`);
  for (const table of tables) await runSql(system.clickhouse, `DROP TABLE IF EXISTS ${table}`);
}
