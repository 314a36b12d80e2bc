/**
 * The pipeline status machine: pure data and functions, shared by the API, the catalog and the orchestrators.
 *
 * Guarantees: a status changes only along `TRANSITIONS`; every refusal is a `StatusError` with the code, message and
 * details that clients rely on.
 */

export const STATUSES = ["Created", "Running", "Stopping", "Stopped", "Terminating", "Resuming", "Failed"] as const;
export type PipelineStatus = (typeof STATUSES)[number];

/** Where each status may go next. */
export const TRANSITIONS: Readonly<Record<PipelineStatus, readonly PipelineStatus[]>> = {
  Created: ["Running", "Terminating", "Failed"],
  Running: ["Stopping", "Terminating", "Failed"],
  Resuming: ["Running", "Terminating", "Failed"],
  Stopping: ["Stopped", "Terminating", "Failed"],
  Stopped: ["Resuming", "Failed"],
  Terminating: ["Stopped", "Failed"],
  Failed: ["Resuming"],
};

/** Statuses in which an orchestrator is at work and will report back. */
export const TRANSITIONAL: ReadonlySet<PipelineStatus> = new Set(["Resuming", "Stopping", "Terminating"]);

/** Statuses in which nothing of the pipeline runs: the only ones that allow edit, resource changes and deletion. */
export const AT_REST: readonly PipelineStatus[] = ["Stopped", "Failed"];

/** Lifecycle actions that are a change of status, and the status each of them asks for. */
export const ACTION_TARGET = { stop: "Stopping", terminate: "Terminating", resume: "Resuming" } as const;
export type LifecycleAction = keyof typeof ACTION_TARGET;

export type StatusErrorCode =
  | "INVALID_STATUS_TRANSITION"
  | "PIPELINE_ALREADY_IN_STATE"
  | "PIPELINE_IN_TRANSITION"
  | "PIPELINE_NOT_STOPPED_FOR_EDIT"
  | "UNKNOWN_STATUS"
  | "PIPELINE_NOT_FOUND"
  | "TERMINAL_STATE_VIOLATION";

/** The pipeline's status does not allow what was asked. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly retryable = false;
  constructor(
    readonly code: StatusErrorCode,
    message: string,
    readonly current: string,
    readonly requested: PipelineStatus | "",
    readonly validTransitions: readonly PipelineStatus[],
  ) {
    super(message);
  }
}

export function isStatus(text: string): text is PipelineStatus {
  return (STATUSES as readonly string[]).includes(text);
}

export function canTransition(from: PipelineStatus, to: PipelineStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

/** The statuses from which `to` is allowed. */
export function sourcesOf(to: PipelineStatus): PipelineStatus[] {
  return STATUSES.filter((from) => canTransition(from, to));
}

/**
 * Throws the `StatusError` of asking for `requested` in status `current`, if there is one.
 * Order: already there, then in transition (terminating interrupts any transition), then the table.
 */
export function checkTransition(current: string, requested: PipelineStatus): void {
  if (!isStatus(current)) {
    throw new StatusError("UNKNOWN_STATUS", `Unknown pipeline status: ${current}`, current, requested, []);
  }
  const valid = TRANSITIONS[current];
  if (current === requested) {
    throw new StatusError(
      "PIPELINE_ALREADY_IN_STATE",
      `Pipeline is already in ${requested} state`,
      current,
      requested,
      valid,
    );
  }
  if (TRANSITIONAL.has(current) && requested !== "Terminating" && !valid.includes(requested)) {
    throw new StatusError(
      "PIPELINE_IN_TRANSITION",
      `Pipeline is currently transitioning from ${current} state, cannot perform ${requested} operation`,
      current,
      requested,
      valid,
    );
  }
  if (!valid.includes(requested)) {
    throw new StatusError(
      "INVALID_STATUS_TRANSITION",
      `Invalid status transition from ${current} to ${requested}`,
      current,
      requested,
      valid,
    );
  }
}

/** Throws unless `current` allows a lifecycle action. */
export function checkAction(current: string, action: LifecycleAction): void {
  checkTransition(current, ACTION_TARGET[action]);
}

/** Throws unless the configuration or the resources may be replaced. */
export function checkEditable(current: string): void {
  if ((AT_REST as readonly string[]).includes(current)) return;
  if (!isStatus(current)) {
    throw new StatusError("UNKNOWN_STATUS", `Unknown pipeline status: ${current}`, current, "", []);
  }
  throw new StatusError(
    "PIPELINE_NOT_STOPPED_FOR_EDIT",
    `Pipeline must be stopped before editing, current status: ${current}`,
    current,
    "",
    [],
  );
}

/** The error of any lifecycle action on a pipeline whose deletion has begun. */
export function deletionUnderway(current: PipelineStatus, requested: PipelineStatus | ""): StatusError {
  return new StatusError(
    "PIPELINE_IN_TRANSITION",
    `Pipeline is being deleted, cannot perform ${requested || "edit"} operation`,
    current,
    requested,
    [],
  );
}
