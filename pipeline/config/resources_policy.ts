/**
 * Which resources are fixed once a pipeline exists, and what happens to them when a change leaves them out.
 */
import { ConfigError, type ConfigIssue } from "./config_error.ts";
import type { PipelineResources } from "./resources.ts";

/** Always fixed, in the order they are reported. */
export const IMMUTABLE_PATHS = [
  "nats/stream/maxAge",
  "nats/stream/maxBytes",
  "nats/stream/maxMsgs",
  "transform/storage/size",
] as const;

/** Also fixed when a source is deduplicated: keys are spread over the replicas. */
export const IMMUTABLE_WITH_DEDUP = "transform/replicas";

export interface ResourcesPolicy {
  readonly immutable: readonly string[];
}

export function resourcesPolicy(config: { readonly dedup: readonly unknown[] }): ResourcesPolicy {
  return { immutable: config.dedup.length > 0 ? [...IMMUTABLE_PATHS, IMMUTABLE_WITH_DEDUP] : [...IMMUTABLE_PATHS] };
}

/**
 * Refuses resources that change a fixed path; leaving one out is allowed. Texts are compared as written: `24h` and
 * `1440m` differ.
 * @throws {ConfigError} 422 `unprocessable_entity`
 */
export function checkImmutable(
  stored: PipelineResources,
  given: PipelineResources,
  policy: ResourcesPolicy,
  at = "body.pipeline_resources",
): void {
  const issues: ConfigIssue[] = [];
  for (const path of policy.immutable) {
    const before = valueAt(stored, path);
    const after = valueAt(given, path);
    if (before === undefined || after === undefined || before === after) continue;
    issues.push({
      path: `${at}.${path.replaceAll("/", ".")}`,
      message: `resources: ${path} cannot be changed after the pipeline was created`,
    });
  }
  if (issues.length > 0) throw ConfigError.resources(issues);
}

/** The given resources, with the stored value of every fixed path they leave out. */
export function keepImmutable(
  stored: PipelineResources,
  given: PipelineResources,
  policy: ResourcesPolicy,
): PipelineResources {
  let result: unknown = given;
  for (const path of policy.immutable) {
    const before = valueAt(stored, path);
    if (before !== undefined && valueAt(given, path) === undefined) result = withValue(result, path.split("/"), before);
  }
  return result as PipelineResources;
}

function valueAt(resources: PipelineResources, path: string): unknown {
  let value: unknown = resources;
  for (const key of path.split("/")) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

function withValue(target: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value;
  const object = (target ?? {}) as Record<string, unknown>;
  return { ...object, [path[0]]: withValue(object[path[0]], path.slice(1), value) };
}
