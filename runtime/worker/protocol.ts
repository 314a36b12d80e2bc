/**
 * How a supervisor and a worker process talk. The settings come in an environment variable (they hold secrets; arguments
 * can be read by every user). SIGTERM means: finish what you hold and stop. Standard output: one status line per change.
 * Logs go to standard error.
 */
import type { StageStatus } from "../stage.ts";

export const STATUS_LINE = "glassflow-status ";
export const SETTINGS_VARIABLE = "GLASSFLOW_WORKER";

/** Exit codes a supervisor tells apart. */
export const EXIT = {
  drained: 0,
  /** Something broke; start it again. */
  failed: 1,
  /** A newer owner exists; start it again only if this replica is still wanted. */
  fenced: 3,
  /** The settings or the bundle are unusable; starting again does not help. */
  unusable: 4,
} as const;

export interface WorkerStatus extends StageStatus {
  /** Part of the stage: `lane 0`, `shard 3`, or `worker`. */
  readonly part: string;
}

export function statusLine(status: WorkerStatus): string {
  return `${STATUS_LINE}${JSON.stringify(status)}\n`;
}

/** The worst part decides what a person sees first. */
export function worst(parts: Iterable<WorkerStatus>): WorkerStatus | null {
  const rank = { blocked: 4, waiting: 3, starting: 2, running: 1, stopped: 0 };
  let found: WorkerStatus | null = null;
  for (const part of parts) if (!found || rank[part.state] > rank[found.state]) found = part;
  return found;
}
