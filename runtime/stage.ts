/** What a stage is to the worker that runs it, and what the worker gives it. */
import type { NatsConnection } from "@nats-io/nats-core";
import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { KafkaSettings, openKafkaSource } from "./kafka/mod.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { NatsAddress } from "./nats/connect.ts";
import type { RegistryAddress, SchemaCache, SchemaRegistryClient } from "./schema_registry/mod.ts";
import type { Fingerprints, openStateFile } from "./state/mod.ts";

export type StageName = "ingest" | "transform" | "sink";

/** Where and as whom a sink writes. Never logged. */
export interface ClickHouseAddress {
  /** `http(s)://host:port` */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly skipCertificateVerification: boolean;
}

/** Everything a worker process is told, as JSON in its environment. */
export interface WorkerSettings {
  readonly pipelineId: string;
  /** First 8 hex digits of SHA-256 of the pipeline id. */
  readonly hash: string;
  readonly stage: StageName;
  /** This replica's number and how many there are; shard s belongs to replica s mod replicas. */
  readonly replica: number;
  readonly replicas: number;
  /** Virtual shards of the edge, fixed when the pipeline is created. */
  readonly shards: number;
  /** Groups of shards that the sink inserts together; shard s belongs to lane s mod lanes. */
  readonly lanes: number;
  readonly nats: NatsAddress;
  readonly clickhouse?: ClickHouseAddress;
  /** Where and what an ingest stage reads. */
  readonly kafka?: KafkaSettings;
  /** Where an ingest stage finds the schemas that its records name. Never logged. */
  readonly registry?: RegistryAddress;
  /** Directory of the state files; only stages with state have one. */
  readonly stateDir?: string;
  /** The SQLite engine's native file, the only one that a worker with state may load. */
  readonly stateEngine?: string;
  readonly bundle: { readonly path: string; readonly digest: string };
  readonly logLevel: string;
  readonly httpPort: number;
  /** Tests only: failpoint → the how-many-th passing stops the process. */
  readonly failpoints: Readonly<Record<string, number>>;
}

/** What a person should know of a worker now. */
export interface StageStatus {
  /** `running`: data flows or may flow. `waiting`: something outside must come back first. `blocked`: a person must act. */
  readonly state: "starting" | "running" | "waiting" | "blocked" | "stopped";
  /** Why it waits or is blocked, and what to do. */
  readonly reason?: string;
}

export interface WorkerContext {
  readonly settings: WorkerSettings;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly kv: KV;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Aborts when the worker shall finish what it holds and stop. */
  readonly draining: AbortSignal;
  /** The state engine; given by the worker because it is native code that only stages with state may load. */
  readonly state: { readonly openStateFile: typeof openStateFile; readonly Fingerprints: typeof Fingerprints };
  /** Kafka clients; given by the worker because only stages that read from Kafka may load them. */
  readonly kafka?: { readonly openKafkaSource: typeof openKafkaSource };
  /** Clients of schema registries; only where the source has one. */
  readonly registry?: {
    readonly SchemaRegistryClient: typeof SchemaRegistryClient;
    readonly SchemaCache: typeof SchemaCache;
  };
  report(part: string, status: StageStatus): void;
}

/** A stage as a bundle exports it. */
export interface Stage {
  readonly name: StageName;
  /** Whether it keeps state on its volume. */
  readonly stateful: boolean;
  /** Owns its shards until `context.draining` aborts; then finishes in order. Rejects when it must be restarted. */
  run(context: WorkerContext): Promise<void>;
  /** One frame in, one frame out, without any effect: the HTTP face and the dry run. */
  invoke?(frame: import("./frame.ts").Frame): import("./frame.ts").Frame;
}

/** Shards (or lanes) that replica `replica` of `replicas` owns. */
export function ownShards(count: number, replica: number, replicas: number): number[] {
  return Array.from({ length: count }, (_, shard) => shard).filter((shard) => shard % replicas === replica);
}
