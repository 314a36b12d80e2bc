/** Waiting for a server that an earlier process of ours started and that may still run. */
import { runTool, ToolFailed } from "./run_tool.ts";

/**
 * True once no process has the pid written in `pidFile` and `mark` in its command line; false when it still runs after
 * `timeoutMs`. A missing file means nothing was left.
 */
export async function ended(pidFile: string, mark: string, timeoutMs: number): Promise<boolean> {
  let pid: number;
  try {
    pid = Number.parseInt(await Deno.readTextFile(pidFile), 10);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  const deadline = performance.now() + timeoutMs;
  while ((await commandLine(pid)).includes(mark)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

/** Empty when there is no such process. */
async function commandLine(pid: number): Promise<string> {
  try {
    if (Deno.build.os === "linux") return await Deno.readTextFile(`/proc/${pid}/cmdline`);
    return (await runTool("ps", ["-o", "command=", "-p", String(pid)])).stdout;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof ToolFailed) return "";
    // The process went away while its entry was being read.
    if (error instanceof Error && /No such process|os error 3\b/.test(error.message)) return "";
    throw error;
  }
}
