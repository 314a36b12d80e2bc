/** The process that runs users' code: one job on standard input, its answer on standard output. It may do nothing else. */
import { dryRun } from "./dry_run.ts";
import { evaluate } from "./evaluate.ts";
import { DONE, type Job, JobRefused, REFUSED } from "./job.ts";

async function main(): Promise<void> {
  const job: Job = await new Response(Deno.stdin.readable).json();
  let answer: string;
  try {
    answer = DONE + (job.kind === "dry_run" ? dryRun(job) : evaluate(job));
  } catch (error) {
    if (!(error instanceof JobRefused)) throw error;
    answer = REFUSED + error.message;
  }
  const bytes = new TextEncoder().encode(answer);
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}

await main();
