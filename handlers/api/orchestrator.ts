/**
 * What the API asks of whatever runs pipelines: processes on this machine, or an operator in a cluster.
 *
 * The API has already changed the catalog when it calls: the status is Created, Stopping, Terminating or Resuming, and
 * the orchestrator reports back with `catalog.transition` (Running, Stopped or Failed, with a reason). A call resolves
 * as soon as the request is accepted; clients wait five seconds at most. A rejected call takes the status back.
 */
import type { PipelineConfig } from "../../pipeline/config/mod.ts";

export interface Orchestrator {
  readonly kind: "local" | "k8s";
  /** Starts a new pipeline: Created → Running. */
  create(config: PipelineConfig): Promise<void>;
  /** Drains, then stops: Stopping → Stopped. Data and dead letters are kept. */
  stop(id: string): Promise<void>;
  /** Stops at once and drops what is in flight and the dead letters: Terminating → Stopped. */
  terminate(id: string): Promise<void>;
  /** Starts again where the pipeline stopped: Resuming → Running. */
  resume(id: string): Promise<void>;
  /** Starts again with a changed configuration or changed resources: Resuming → Running. */
  edit(config: PipelineConfig): Promise<void>;
  /**
   * Removes everything the pipeline owns. `done`: all is gone and the API removes the record; `in_progress`: the
   * orchestrator calls `catalog.delete` when all is gone. Asking again must be harmless.
   */
  delete(id: string): Promise<"done" | "in_progress">;
  describe(id: string): Promise<PipelineDescription>;
  /**
   * A person's decision on a batch of which nobody can tell any more whether it is in the table: `insert` writes it again,
   * `skip` takes it as written. False when no batch is in doubt.
   */
  decide?(id: string, decision: "insert" | "skip"): Promise<boolean>;
}

export interface PipelineDescription {
  readonly stages: readonly StageSummary[];
  /** What the pipeline waits for or suffers from now, when the catalog does not know. */
  readonly reason?: string;
  /** What weakens the pipeline's guarantees, such as a table without a deduplication window. */
  readonly warnings?: readonly string[];
  /** Virtual shards, fixed when the pipeline was created. */
  readonly shards?: number;
  /** What waits in the streams of a pipeline that does not run. */
  readonly waiting?: { readonly frames: number; readonly bytes: number };
  readonly ledger?: Ledger;
}

export interface StageSummary {
  readonly stage: "ingest" | "transform" | "join" | "sink";
  readonly replicas: number;
  readonly ready: number;
  /** Records waiting in front of the stage. */
  readonly lag?: number;
  readonly reason?: string;
}

/** Counts of records; `accepted` = the sum of the others. */
export interface Ledger {
  readonly accepted: number;
  readonly written: number;
  readonly filtered: number;
  readonly deduplicated: number;
  readonly dead_lettered: number;
  /** Default: what is missing from the sum. */
  readonly in_flight?: number;
}

/** This orchestrator cannot do what was asked. Answered with 501. */
export class OrchestratorUnsupported extends Error {
  override readonly name = "OrchestratorUnsupported";
}

/** The pipeline may not run here now, e.g. only one may be active. Answered with 403; the message tells why. */
export class OrchestratorForbids extends Error {
  override readonly name = "OrchestratorForbids";
}

/** The pipeline needs what is not there (a source, streams, bytes). Answered with 422; the message says what. */
export { OrchestratorRefuses } from "../../runtime/errors.ts";

/** Stands in where no orchestrator is wired: the API can still show and rename pipelines. */
export function noOrchestrator(): Omit<Orchestrator, "kind"> & { readonly kind: "unknown" } {
  const refuse = () => Promise.reject(new OrchestratorUnsupported("no orchestrator is configured for this API"));
  return {
    kind: "unknown",
    create: refuse,
    stop: refuse,
    terminate: refuse,
    resume: refuse,
    edit: refuse,
    delete: refuse,
    describe: () => Promise.resolve({ stages: [] }),
  };
}
