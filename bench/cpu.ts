/**
 * CPU time of processes, as the kernel counts it: user and system time of all threads, also of those that have ended.
 * Linux only; elsewhere every reading is null. Resolution 10 ms: measure at least some tenths of a second.
 */
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ, which Linux fixes for programs

/** Null when there is no such process (any more), or no /proc. */
function secondsOf(pid: number): number | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null; // it has ended
  }
  // The second field is the program's name in parentheses and may hold anything; the rest is numbers.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** CPU seconds of these processes so far. */
export function cpuSeconds(pids: readonly number[]): number | null {
  let sum = 0;
  for (const pid of pids) {
    const seconds = secondsOf(pid);
    if (seconds === null) return null;
    sum += seconds;
  }
  return sum;
}

/** Processes whose CPU time is told apart, each group under its name. */
export type ProcessGroups = Readonly<Record<string, readonly number[]>>;

export const OURS: ProcessGroups = { ours: [Deno.pid] };
