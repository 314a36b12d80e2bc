/**
 * Resources of a pipeline, by component: reading both wire forms, defaults, merging, and which paths may not change.
 */
import { ConfigError, type ConfigIssue, type Problems, quote } from "./config_error.ts";
import { Duration } from "./duration.ts";
import { ageProblem, byteSize, byteSizeProblem, quantityProblem } from "./quantity.ts";
import {
  pipelineResourcesSchema,
  resourcesBodySchema,
  type WireAmounts,
  type WireComponent,
  type WireConfigResources,
  type WireNats,
  type WirePipelineResources,
} from "./resources_schema.ts";
import { readShape } from "./shape.ts";

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
 * Reads the body of PUT resources. Shape findings are 422 with an empty code, the others `unprocessable_entity`.
 * @throws {ConfigError}
 */
export function parsePipelineResources(input: unknown): PipelineResources {
  return fromWire(readShape(resourcesBodySchema, input).pipeline_resources, "body.pipeline_resources");
}

/**
 * Reads stored resources, i.e. the value of `pipeline_resources` alone.
 * @throws {ConfigError}
 */
export function parseStoredResources(input: unknown): PipelineResources {
  return fromWire(readShape(pipelineResourcesSchema, input, "resources"), "resources");
}

function fromWire(wire: WirePipelineResources, at: string): PipelineResources {
  const resources = compact({
    nats: wire.nats && readNats(wire.nats),
    ingestor: wire.ingestor && compact({
      base: component(wire.ingestor.base),
      left: component(wire.ingestor.left),
      right: component(wire.ingestor.right),
    }),
    transform: component(wire.transform),
    join: component(wire.join),
    sink: component(wire.sink),
  });
  const issues = resourceIssues(resources, at);
  if (issues.length > 0) throw ConfigError.resources(issues);
  return resources;
}

/** Converts `resources` of a configuration. Of several transform entries the first counts. */
export function readConfigResources(
  wire: WireConfigResources | null | undefined,
  sources: readonly { readonly source_id: string; readonly type: string }[],
  join: { readonly left: string; readonly right: string } | undefined,
  dedupSources: ReadonlySet<string>,
  problems: Problems,
): PipelineResources {
  if (!wire) return {};
  const ingestor: { base?: ComponentResources; left?: ComponentResources; right?: ComponentResources } = {};
  const seen = new Set<string>();
  (wire.sources ?? []).forEach((entry, i) => {
    const at = `body.resources.sources[${i}]`;
    const source = sources.find((each) => each.source_id === entry.source_id);
    const id = quote(entry.source_id);
    if (source === undefined) {
      problems.add(`${at}.source_id`, `resources.sources[${i}]: source_id ${id} does not match any source`);
    } else if (source.type !== "kafka") {
      const message = `resources.sources[${i}]: per-source resources are not supported for OTLP source ${id}`;
      problems.add(at, message);
    } else if (seen.has(entry.source_id)) {
      problems.add(`${at}.source_id`, `resources.sources[${i}]: source ${id} is listed twice`);
    }
    seen.add(entry.source_id);
    const side = join === undefined ? "base" : entry.source_id === join.left ? "left" : "right";
    ingestor[side] = component(entry);
  });
  (wire.transform ?? []).forEach((entry, i) => {
    const at = `body.resources.transform[${i}]`;
    const id = quote(entry.source_id);
    if (!sources.some((each) => each.source_id === entry.source_id)) {
      problems.add(`${at}.source_id`, `resources.transform[${i}]: source_id ${id} does not match any source`);
    } else if (entry.storage?.size && !dedupSources.has(entry.source_id)) {
      problems.add(`${at}.storage`, `resources.transform[${i}]: storage needs a dedup transform on source ${id}`);
    }
  });
  return compact({
    nats: wire.nats && readNats(wire.nats),
    ingestor: Object.keys(ingestor).length > 0 ? ingestor : undefined,
    transform: component(wire.transform?.[0]),
    sink: component(wire.sink),
  });
}

/** Every wrong amount; `at` is the location of the resources in the body. */
export function resourceIssues(resources: PipelineResources, at: string): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const check = (path: string, text: string | undefined, problem: (text: string) => string | undefined) => {
    const reason = text === undefined ? undefined : problem(text);
    if (reason !== undefined) issues.push({ path: `${at}.${path}`, message: `resources: ${path} ${reason}` });
  };
  const stream = resources.nats?.stream;
  check("nats.stream.maxAge", stream?.maxAge, ageProblem);
  check("nats.stream.maxBytes", stream?.maxBytes, byteSizeProblem);
  if (stream?.maxMsgs !== undefined && stream.maxMsgs < -1) {
    const message = "resources: nats.stream.maxMsgs must be -1 (unlimited) or more";
    issues.push({ path: `${at}.nats.stream.maxMsgs`, message });
  }
  for (const [path, part] of components(resources)) {
    check(`${path}.requests.cpu`, part.requests?.cpu, quantityProblem);
    check(`${path}.requests.memory`, part.requests?.memory, quantityProblem);
    check(`${path}.limits.cpu`, part.limits?.cpu, quantityProblem);
    check(`${path}.limits.memory`, part.limits?.memory, quantityProblem);
    check(`${path}.storage.size`, part.storage?.size, quantityProblem);
    if (part.replicas === undefined) continue;
    const wrong = path === "join" ? part.replicas !== 1 : part.replicas < 1;
    const message = `resources: ${path}.replicas must be ${path === "join" ? "1" : "at least 1"}`;
    if (wrong) issues.push({ path: `${at}.${path}.replicas`, message });
  }
  return issues;
}

function components(resources: PipelineResources): [string, ComponentResources][] {
  const all: [string, ComponentResources | undefined][] = [
    ["ingestor.base", resources.ingestor?.base],
    ["ingestor.left", resources.ingestor?.left],
    ["ingestor.right", resources.ingestor?.right],
    ["transform", resources.transform],
    ["join", resources.join],
    ["sink", resources.sink],
  ];
  return all.filter((entry): entry is [string, ComponentResources] => entry[1] !== undefined);
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

function readNats(wire: WireNats): PipelineResources["nats"] {
  const { stream } = wire;
  if (!stream) return {};
  return {
    stream: compact({
      maxAge: stream.maxAge || undefined,
      maxBytes: stream.maxBytes || undefined,
      maxMsgs: stream.maxMsgs ?? undefined,
    }),
  };
}

function component(wire: WireComponent | null | undefined): ComponentResources | undefined {
  if (!wire) return undefined;
  return compact({
    requests: amounts(wire.requests),
    limits: amounts(wire.limits),
    replicas: wire.replicas ?? undefined,
    storage: wire.storage?.size ? { size: wire.storage.size } : undefined,
  });
}

function amounts(wire: WireAmounts | null | undefined): Amounts | undefined {
  return wire ? compact({ cpu: wire.cpu || undefined, memory: wire.memory || undefined }) : undefined;
}

/** Without the properties that are undefined. */
function compact<T extends object>(value: { [K in keyof T]: T[K] | null | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined && each !== null)) as T;
}
