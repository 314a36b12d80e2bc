/**
 * Resources of a pipeline, by component: the model, the defaults, and how what is missing is filled in.
 */
import { Duration } from "./duration.ts";
import { byteSize } from "./quantity.ts";

export interface Amounts {
  readonly cpu?: string;
  readonly memory?: string;
}

export interface ComponentResources {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
  readonly replicas?: number;
  readonly storage?: { readonly size?: string };
}

export interface StreamResources {
  readonly maxAge?: string;
  readonly maxBytes?: string;
  readonly maxMsgs?: number;
}

/** Also the wire form of the resources route. */
export interface PipelineResources {
  readonly nats?: { readonly stream?: StreamResources };
  readonly ingestor?: {
    readonly base?: ComponentResources;
    readonly left?: ComponentResources;
    readonly right?: ComponentResources;
  };
  readonly transform?: ComponentResources;
  readonly join?: ComponentResources;
  readonly sink?: ComponentResources;
}

/** What deployments may set for pipelines that do not say. */
export interface ResourceDefaults {
  readonly ingestor: ComponentResources;
  readonly join: ComponentResources;
  readonly sink: ComponentResources;
  readonly transform: ComponentResources;
  readonly storageSize: string;
  readonly streamMaxAge: string;
  readonly streamMaxBytes: string;
}

const WORKER: ComponentResources = {
  requests: { cpu: "100m", memory: "128Mi" },
  limits: { cpu: "1500m", memory: "1.5Gi" },
  replicas: 1,
};

export const RESOURCE_DEFAULTS: ResourceDefaults = {
  ingestor: WORKER,
  join: WORKER,
  sink: WORKER,
  transform: WORKER,
  storageSize: "10Gi",
  streamMaxAge: "24h",
  streamMaxBytes: "0",
};

/** The facts about a pipeline that decide which components it has. */
export interface ResourceTopology {
  readonly otlp: boolean;
  readonly joined: boolean;
  readonly dedup: boolean;
  /** Whether any transform is configured. */
  readonly transforms: boolean;
  readonly maxBatchSize: number;
}

/**
 * Fills what is missing: absent components entirely, present ones by whole objects, the bus only when entirely
 * absent. Components the pipeline does not have are dropped, and so is storage without deduplication.
 */
export function mergeResources(
  given: PipelineResources,
  topology: ResourceTopology,
  defaults: ResourceDefaults = RESOURCE_DEFAULTS,
): PipelineResources {
  const { otlp, joined, dedup, transforms, maxBatchSize } = topology;
  const { ingestor } = given;
  const readers = joined
    ? { left: fill(ingestor?.left, defaults.ingestor), right: fill(ingestor?.right, defaults.ingestor) }
    : { base: fill(ingestor?.base, defaults.ingestor) };
  const transform = transforms || given.transform !== undefined
    ? fill(given.transform, defaults.transform, dedup ? defaults.storageSize : undefined)
    : undefined;
  return compact({
    nats: given.nats ?? {
      stream: {
        maxAge: defaults.streamMaxAge,
        maxBytes: defaults.streamMaxBytes,
        maxMsgs: defaultMaxMsgs(maxBatchSize),
      },
    },
    ingestor: otlp ? undefined : readers,
    transform,
    join: joined ? fill(given.join, defaults.join) : undefined,
    sink: fill(given.sink, defaults.sink),
  });
}

function fill(
  given: ComponentResources | undefined,
  defaults: ComponentResources,
  storageSize?: string,
): ComponentResources {
  return compact({
    requests: given?.requests ?? defaults.requests,
    limits: given?.limits ?? defaults.limits,
    replicas: given?.replicas ?? defaults.replicas,
    storage: storageSize === undefined ? undefined : given?.storage ?? { size: storageSize },
  });
}

/** Messages a stream may hold when nothing is said: eight batches. */
export function defaultMaxMsgs(maxBatchSize: number): number {
  return maxBatchSize > 0 ? 8 * maxBatchSize : 500_000;
}

/** Stream limits as numbers; undefined is unlimited. */
export interface StreamLimits {
  readonly maxAge: Duration | undefined;
  readonly maxBytes: number | undefined;
  readonly maxMsgs: number | undefined;
}

export function streamLimits(
  resources: PipelineResources,
  maxBatchSize: number,
  defaults: ResourceDefaults = RESOURCE_DEFAULTS,
): StreamLimits {
  const stream = resources.nats?.stream;
  const age = Duration.parse(stream?.maxAge ?? defaults.streamMaxAge);
  const bytes = byteSize(stream?.maxBytes ?? defaults.streamMaxBytes) ?? 0;
  const messages = stream?.maxMsgs || defaultMaxMsgs(maxBatchSize);
  return {
    maxAge: age.isZero() ? undefined : age,
    maxBytes: bytes > 0 ? bytes : undefined,
    maxMsgs: messages > 0 ? messages : undefined,
  };
}

/** Without the properties that are undefined. */
export function compact<T extends object>(value: { [K in keyof T]: T[K] | null | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined && each !== null)) as T;
}
