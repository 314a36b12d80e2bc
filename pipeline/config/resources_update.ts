/**
 * Changing the resources of a pipeline that exists: fixed paths may not change, and keep their value when left out.
 */
import { type PipelineConfig, topologyOf } from "./config.ts";
import { mergeResources, type PipelineResources, RESOURCE_DEFAULTS, type ResourceDefaults } from "./resources.ts";
import { parsePipelineResources } from "./resources_read.ts";
import { checkImmutable, IMMUTABLE_PATHS, keepImmutable, resourcesPolicy } from "./resources_policy.ts";

/**
 * The body of PUT resources applied to a pipeline; the result is complete.
 * @throws {ConfigError} 422
 */
export function updateResources(
  stored: PipelineConfig,
  input: unknown,
  defaults: ResourceDefaults = RESOURCE_DEFAULTS,
): PipelineResources {
  return changeResources(stored, stored, parsePipelineResources(input), "body.pipeline_resources", defaults);
}

/**
 * Resources given with a changed configuration. What a client may not change is what the stored pipeline's policy
 * says; transform settings are carried over only while there are keys to remember.
 * @throws {ConfigError} 422
 */
export function changeResources(
  stored: PipelineConfig,
  changed: PipelineConfig,
  given: PipelineResources,
  at: string,
  defaults: ResourceDefaults,
): PipelineResources {
  const policy = resourcesPolicy(stored);
  checkImmutable(stored.resources, given, policy, at);
  const carried = changed.dedup.length > 0
    ? policy.immutable
    : IMMUTABLE_PATHS.filter((path) => path.startsWith("nats"));
  return mergeResources(keepImmutable(stored.resources, given, { immutable: carried }), topologyOf(changed), defaults);
}
