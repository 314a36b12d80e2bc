/** `glassflow start --check`: a system of its own, one JSON line on standard output, what disagrees on standard error. */
import { isolatedSettings, type SystemSettings } from "../settings.ts";
import { startSystem } from "../system.ts";
import { unlessAborted } from "../teardown.ts";
import { TimedOut } from "../client.ts";
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
      const running = runCheck(system, { count, seed, timeoutMs, note: say });
      const { problems, ...line } = await unlessAborted(running, stop);
      if (performance.now() > deadline) say(`the time of --timeout ${timeoutSeconds} is up`);
      for (const problem of problems) say(problem);
      console.log(JSON.stringify(line));
      return line.ok ? 0 : 1;
    } finally {
      await system.stop();
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}
