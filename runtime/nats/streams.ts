/** The streams and the bucket a pipeline owns, created or brought up to date; nothing here deletes data by itself. */
import {
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type KV, Kvm } from "@nats-io/kv";
import { messageOf } from "../errors.ts";
import { apiErrorCode } from "./api_error.ts";
import { bucketName, dlqStream, type Edge, edgeSubjects, streamName } from "./names.ts";

export interface EdgeLimits {
  /** Bytes the stream may hold; −1 = no limit. Full means back-pressure, never loss. */
  readonly maxBytes: number;
  readonly replicas?: number;
}

/** Retried publishes of the same request are dropped this long. */
export const DUPLICATE_WINDOW_MS = 300_000;

export function edgeStream(hash: string, edge: Edge, limits: EdgeLimits): Partial<StreamConfig> & { name: string } {
  return {
    name: streamName(hash, edge),
    subjects: [edgeSubjects(hash, edge)],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: 0,
    max_bytes: limits.maxBytes,
    num_replicas: limits.replicas ?? 1,
    duplicate_window: DUPLICATE_WINDOW_MS * 1e6,
    allow_direct: true,
  };
}

/** Entries stay after they are consumed, because their subject is their identity; see `runtime/dlq`. */
export function deadLetterStream(hash: string, limits: EdgeLimits): Partial<StreamConfig> & { name: string } {
  return {
    name: dlqStream(hash),
    subjects: [`${dlqStream(hash)}.failed.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: 0,
    max_bytes: limits.maxBytes,
    num_replicas: limits.replicas ?? 1,
    allow_direct: true,
  };
}

/** Creates the stream, or changes the limits of the one that is there. */
export async function ensureStream(
  jsm: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<StreamInfo> {
  try {
    return await jsm.streams.add(config);
  } catch (error) {
    const code = apiErrorCode(error);
    if (code === null) throw error;
    if (code === 10058) return await jsm.streams.update(config.name, config); // exists with other settings
    throw new Error(`NATS refuses stream ${config.name}: ${messageOf(error)}`, { cause: error });
  }
}

/** Opens the pipeline's bucket, creating it when it is not there. */
export async function openBucket(nc: NatsConnection, hash: string, replicas = 1): Promise<KV> {
  return await new Kvm(nc).create(bucketName(hash), { history: 1, storage: StorageType.File, replicas });
}

/** What makes a stream's sequences comparable: its creation time. A stream made again is another origin. */
export function incarnation(info: StreamInfo): string {
  return info.created;
}

/** Deletes a stream; one that is not there is fine. */
export async function deleteStream(jsm: JetStreamManager, name: string): Promise<void> {
  try {
    await jsm.streams.delete(name);
  } catch (error) {
    if (apiErrorCode(error) !== 10059) throw error;
  }
}
