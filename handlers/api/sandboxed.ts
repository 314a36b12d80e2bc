/** Jobs with users' code, and what their ends mean to the client. */
import type { Job } from "../dry_run/job.ts";
import { type Sandbox, SandboxBusy } from "../dry_run/sandbox.ts";
import { Problem } from "./problem.ts";

/** The answer's JSON text. `refuse` words why a job cannot be done. */
export async function inSandbox(sandbox: Sandbox, job: Job, refuse: (reason: string) => Problem): Promise<string> {
  try {
    const outcome = await sandbox.run(job);
    if (outcome.kind === "refused") throw refuse(outcome.reason);
    return outcome.json;
  } catch (error) {
    if (error instanceof SandboxBusy) throw new Problem(503, "unavailable", error.message);
    throw error;
  }
}
