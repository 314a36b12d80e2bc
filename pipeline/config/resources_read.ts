/**
 * Reads both wire forms of resources into the model and checks their amounts.
 */
import { ConfigError, type ConfigIssue, type Problems, quote } from "./config_error.ts";
import { ageProblem, byteSizeProblem, quantityProblem } from "./quantity.ts";
import { type Amounts, compact, type ComponentResources, type PipelineResources } from "./resources.ts";
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
