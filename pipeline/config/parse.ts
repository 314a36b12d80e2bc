/**
 * From a request body to a {@link PipelineConfig}, or to the {@link ConfigError} the API answers. Findings come in the
 * order: shape, id, sources, transforms, join, sink, expressions, resources.
 */
import { feedOf, type PipelineConfig, topologyOf } from "./config.ts";
import { ConfigError, type ConfigIssue, Problems, quote } from "./config_error.ts";
import { cureAt } from "./cure.ts";
import { JOIN_NOT_AVAILABLE, readJoin } from "./join.ts";
import { isPipelineId, nameFromId } from "./pipeline_id.ts";
import { metadataBodySchema, pipelineSchema, renameSchema, type WirePipeline } from "./pipeline_schema.ts";
import { mergeResources, type PipelineResources, RESOURCE_DEFAULTS, type ResourceDefaults } from "./resources.ts";
import { readConfigResources, resourceIssues } from "./resources_read.ts";
import { changeResources } from "./resources_update.ts";
import { readBody, readShape } from "./shape.ts";
import { readSink } from "./sink.ts";
import { MOST_SOURCES, readSources } from "./sources.ts";
import { readTransforms } from "./transforms.ts";
import { pathKeys } from "./yaml_place.ts";

/**
 * Checks the expressions of a configuration that is right in every other respect. Paths are locations in the body,
 * such as `body.transforms[0].config.expression`; a transform knows its place (`index`).
 */
export type CheckExpressions = (config: PipelineConfig) => readonly ConfigIssue[];

/**
 * Reads the body of create.
 * @throws {ConfigError}
 */
export function parsePipelineConfig(
  input: unknown,
  checkExpressions?: CheckExpressions,
  defaults: ResourceDefaults = RESOURCE_DEFAULTS,
): PipelineConfig {
  const { config, given } = readPipeline(input, checkExpressions);
  refuseJoin(config);
  checkId(config.pipeline_id);
  checkAmounts(given);
  return { ...config, resources: mergeResources(given, topologyOf(config), defaults) };
}

/**
 * Reads the body of edit. Fixed resources the body leaves out keep their stored values; changing one is refused.
 * Client certificates the body leaves out are kept too: some clients cannot express them. An empty text removes them.
 * @throws {ConfigError} 400 `bad_request` if the body is for another pipeline; otherwise as for create
 */
export function parsePipelineEdit(
  input: unknown,
  routeId: string,
  stored: PipelineConfig,
  checkExpressions?: CheckExpressions,
  defaults: ResourceDefaults = RESOURCE_DEFAULTS,
): PipelineConfig {
  const { config, given } = readPipeline(input, checkExpressions, (wire) => {
    checkRouteId(wire.pipeline_id.trim(), routeId);
    return keepUnsaid(wire, stored);
  });
  refuseJoin(config);
  checkAmounts(given);
  return { ...config, resources: changeResources(stored, config, given, "body.resources", defaults) };
}

/** Reads the body of rename. @throws {ConfigError} */
export function parseRename(input: unknown): { readonly name: string } {
  return { name: readShape(renameSchema, input).name };
}

/** Reads the body of the metadata route. @throws {ConfigError} */
export function parseMetadata(input: unknown): PipelineConfig["metadata"] {
  return { tags: readShape(metadataBodySchema, input).metadata.tags };
}

/** Everything but the id's syntax, amounts and the availability of join; used by tests of the join model. */
export function readPipeline(
  input: unknown,
  checkExpressions?: CheckExpressions,
  adapt: (wire: WirePipeline) => WirePipeline = (wire) => wire,
): { config: PipelineConfig; given: PipelineResources } {
  const { value, broken } = readBody(pipelineSchema, input);
  const wire = adapt(value);
  const problems = new Problems();
  for (const { path, message } of broken) problems.add(path, `${subjectOf(path, wire)}${message}`);
  if ((wire.sources?.length ?? 0) > MOST_SOURCES) throw refused(problems);
  const id = wire.pipeline_id.trim();
  const joined = wire.join?.enabled ?? false;
  const sources = readSources(wire.sources ?? [], joined, problems);
  const sourcesComplete = !problems.issues.some(({ path }) => path.startsWith("body.sources"));
  const transforms = readTransforms(wire.transforms ?? [], sources, joined, problems);
  const filters = transforms.filter((each) => each.type === "filter");
  const dedup = transforms.filter((each) => each.type === "dedup");
  const stateless = transforms.filter((each) => each.type === "stateless");
  const join = readJoin(wire.join, sources, problems);
  const base = { pipeline_id: id, sources, stateless, join };
  const sink = readSink(wire.sink, sourcesComplete ? feedOf(base) : undefined, problems);
  const given = readConfigResources(
    wire.resources,
    sources,
    join && { left: join.left_source.source_id, right: join.right_source.source_id },
    new Set(dedup.map((each) => each.source_id)),
    problems,
  );
  const config: PipelineConfig = {
    version: "v3",
    pipeline_id: id,
    name: wire.name ?? nameFromId(id),
    sources,
    filters,
    dedup,
    stateless,
    transforms,
    ...(join && { join }),
    sink,
    metadata: { tags: wire.metadata?.tags ?? null },
    resources: given,
  };
  if (!problems.any) {
    for (const issue of checkExpressions?.(config) ?? []) problems.add(issue.path, named(issue, config));
  }
  if (problems.any) throw refused(problems);
  return { config, given };
}

/** Every finding gets what the schema says of the place it is about. */
function refused({ issues }: Problems): ConfigError {
  return ConfigError.rule(issues.map((issue) => {
    const cure = cureAt(pipelineSchema, pathKeys(issue.path));
    return cure === undefined ? issue : { ...issue, cure };
  }));
}

/** Whose rule is broken at a path. */
function subjectOf(path: string, wire: WirePipeline): string {
  const [section, index, property] = pathKeys(path);
  if (section === "sink") return "sink ";
  if (section === "transforms") {
    return path.includes(".config.transforms[") ? "stateless transformation: " : `transforms[${index}]: `;
  }
  if (section !== "sources" || property === undefined) return "";
  return property === "source_id"
    ? `sources[${index}]: `
    : `source ${quote(wire.sources?.[Number(index)]?.source_id ?? "")}: `;
}

function keepUnsaid(wire: WirePipeline, stored: PipelineConfig): WirePipeline {
  const sources = wire.sources?.map((source) => {
    const before = stored.sources.find((each) => each.source_id === source.source_id);
    const params = source.connection_params;
    if (before?.type !== "kafka" || !params) return source;
    const { client_cert, client_key, skip_auth } = before.connection_params;
    return {
      ...source,
      connection_params: {
        ...params,
        client_cert: params.client_cert ?? client_cert,
        client_key: params.client_key ?? client_key,
        skip_auth: params.skip_auth ?? skip_auth,
      },
    };
  });
  return { ...wire, sources: sources ?? null };
}

/** Says which kind of transform an expression belongs to, unless the checker already did. */
function named(issue: ConfigIssue, config: PipelineConfig): string {
  const index = /^body\.transforms\[(\d+)\]/.exec(issue.path)?.[1];
  const transform = config.transforms.find((each) => String(each.index) === index);
  if (transform === undefined) return issue.message;
  const kind = transform.type === "stateless" ? "stateless transformation" : `${transform.type} transform`;
  return issue.message.includes(kind) ? issue.message : `${kind}: ${issue.message}`;
}

function refuseJoin(config: PipelineConfig): void {
  if (config.join !== undefined) throw ConfigError.rule([{ path: "body.join", message: JOIN_NOT_AVAILABLE }]);
}

function checkAmounts(given: PipelineResources): void {
  const issues = resourceIssues(given, "body.resources");
  if (issues.length > 0) throw ConfigError.resources(issues);
}

function checkId(id: string): void {
  if (isPipelineId(id)) return;
  const message = "invalid pipeline ID: use 5-40 characters a-z, 0-9 and -, a letter first, no - last and no --";
  throw new ConfigError(400, "bad_request", message, [{ path: "body.pipeline_id", message }], {
    pipeline_id: id.slice(0, 100),
  });
}

function checkRouteId(id: string, routeId: string): void {
  if (id === routeId) return;
  const message = "pipeline ID in request body must match the pipeline ID in the path";
  const details = { route_id: routeId, json_id: id.slice(0, 100) };
  throw new ConfigError(400, "bad_request", message, [{ path: "body.pipeline_id", message }], details);
}
