/**
 * The catalog: the one place that knows which pipelines exist, what they are configured to do, and their status.
 *
 * Guarantees of every implementation: each call is one transaction; a status changes only by compare-and-set along the
 * status machine; `version` grows with every change of a pipeline; secrets are encrypted at rest when a key is
 * configured and are returned in clear.
 */
import type { PipelineStatus } from "./status.ts";

/** A JSON object as parsed. */
export type JsonObject = Record<string, unknown>;

export interface PipelineMetadata {
  tags: string[] | null;
}

export interface PipelineRecord {
  readonly id: string;
  readonly name: string;
  readonly status: PipelineStatus;
  /** Why the pipeline is Failed, or what its transition waits for. */
  readonly reason: string | null;
  /** The configuration in wire form; `name` and `metadata` in it are the current ones. */
  readonly config: JsonObject;
  readonly metadata: PipelineMetadata;
  /** The resources in wire form, `{}` when never set. */
  readonly resources: JsonObject;
  /** Grows by at least one with every change; the ETag. */
  readonly version: number;
  /** Deletion has been accepted; the record goes away once the orchestrator is done. */
  readonly deleting: boolean;
  /** RFC 3339, UTC, microseconds. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface NewPipeline {
  id: string;
  name: string;
  config: JsonObject;
  metadata: PipelineMetadata;
  resources: JsonObject;
}

export interface ConfigChange {
  name: string;
  config: JsonObject;
  metadata: PipelineMetadata;
  resources: JsonObject;
}

/** Conditions of a change; none means: whatever the pipeline's state. */
export interface ChangeGuard {
  /** Refuse with `VersionConflict` unless the pipeline has this version. */
  version?: number;
}

export interface HistoryEntry {
  readonly type: "history" | "status" | "error";
  readonly at: string;
  readonly status: PipelineStatus;
  readonly reason: string | null;
  /** Snapshot of the configuration, for entries of type `history`. */
  readonly config: JsonObject | null;
}

export interface Catalog {
  /** Inserts a pipeline in status Created. Throws `PipelineExists`. */
  createPipeline(pipeline: NewPipeline): Promise<PipelineRecord>;
  /** Throws `PipelineNotFound`. */
  get(id: string): Promise<PipelineRecord>;
  /** Every pipeline, newest first; those whose secrets cannot be decrypted are left out and reported. */
  list(): Promise<PipelineRecord[]>;
  /**
   * Replaces the configuration of a pipeline at rest and moves it to `to` in the same step.
   * Throws `StatusError` when it is not at rest.
   */
  updateConfig(id: string, change: ConfigChange, to: "Resuming" | null, guard?: ChangeGuard): Promise<PipelineRecord>;
  rename(id: string, name: string, guard?: ChangeGuard): Promise<PipelineRecord>;
  setMetadata(id: string, metadata: PipelineMetadata, guard?: ChangeGuard): Promise<PipelineRecord>;
  /** Replaces the resources of a pipeline at rest and moves it to `to` in the same step. */
  setResources(
    id: string,
    resources: JsonObject,
    to: "Resuming" | null,
    guard?: ChangeGuard,
  ): Promise<PipelineRecord>;
  /**
   * Compare-and-set of the status. Throws `StatusError` when the current status is not one of `from`, or when the
   * status machine has no such transition, or while the pipeline is being deleted.
   */
  transition(
    id: string,
    from: readonly PipelineStatus[],
    to: PipelineStatus,
    reason?: string,
    guard?: ChangeGuard,
  ): Promise<PipelineRecord>;
  /** Replaces the reason without a change of status; no effect when the status is no longer `status`. */
  setReason(id: string, status: PipelineStatus, reason: string | null): Promise<void>;
  /**
   * Takes back a change whose effect could not be started: restores everything `before` had, provided nothing has
   * changed since `after`. Returns whether it did.
   */
  revert(before: PipelineRecord, after: PipelineRecord): Promise<boolean>;
  /** Marks a pipeline at rest as being deleted; again is fine. Throws `StatusError` when it is not at rest. */
  beginDelete(id: string, guard?: ChangeGuard): Promise<PipelineRecord>;
  /** Removes the record and its history. Removing what is not there is fine. */
  delete(id: string): Promise<void>;
  /** Newest first, at most `limit` entries. */
  history(id: string, limit?: number): Promise<HistoryEntry[]>;
  /** Whether the encryption key opens what is stored; false when it opens none of the secrets. */
  keyFits(): Promise<boolean>;
  /** Throws `CatalogUnavailable` when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
