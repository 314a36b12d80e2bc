/**
 * From a configuration to what the catalog stores, and back. Resources are stored beside the configuration, because
 * they change on their own; always read a record with `configOf`, never its `config` alone.
 */
import {
  parsePipelineConfig,
  parseStoredResources,
  type PipelineConfig,
  renderPipelineConfig,
} from "../../pipeline/config/mod.ts";
import type { ConfigChange, JsonObject, PipelineRecord } from "./catalog.ts";

/** The configuration a record stands for. Throws `ConfigError` when it was stored under rules that no longer hold. */
export function configOf(record: Pick<PipelineRecord, "config" | "name" | "metadata" | "resources">): PipelineConfig {
  const config = parsePipelineConfig(record.config);
  const { name, metadata, resources } = record;
  const given = Object.keys(resources).length > 0;
  return { ...config, name, metadata, resources: given ? parseStoredResources(resources) : config.resources };
}

/** What the catalog stores for a configuration. */
export function stored(config: PipelineConfig): ConfigChange {
  const { tags } = config.metadata;
  return {
    name: config.name,
    config: renderPipelineConfig(config),
    metadata: { tags: tags && [...tags] },
    resources: config.resources as JsonObject,
  };
}
