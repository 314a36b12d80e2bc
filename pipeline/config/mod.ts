/** Pipeline configuration: everything other folders use. Start at {@link parsePipelineConfig}. */
export * from "./config.ts";
export { ConfigError, type ConfigErrorCode, type ConfigIssue, type ErrorEntry } from "./config_error.ts";
export { isKnownColumnType } from "./column_type.ts";
export { Duration, InvalidDuration } from "./duration.ts";
export { type FieldRef, fieldResolver, resolveFieldRef } from "./field_ref.ts";
export { type FieldDecl, type FieldType, normaliseFieldType, normaliseOutputType } from "./field_type.ts";
export { JOIN_NOT_AVAILABLE, type JoinConfig, type JoinOutput, type JoinSide } from "./join.ts";
export { type KeyPath, KeyPathError, keyPathProblem, keyRefs, parseKeyPath } from "./key_path.ts";
export * from "./names.ts";
export { type CheckExpressions, parseMetadata, parsePipelineConfig, parsePipelineEdit, parseRename } from "./parse.ts";
export { isPipelineId, nameFromId } from "./pipeline_id.ts";
export { type JsonSchema, jsonSchemaOf, pipelineJsonSchema } from "./json_schema.ts";
export { metadataBodySchema, pipelineSchema, renameSchema } from "./pipeline_schema.ts";
export { byteSize, quantityValue } from "./quantity.ts";
export { renderPipelineConfig } from "./render.ts";
export {
  type Amounts,
  type ComponentResources,
  mergeResources,
  type PipelineResources,
  RESOURCE_DEFAULTS,
  type ResourceDefaults,
  type ResourceTopology,
  type StreamLimits,
  streamLimits,
  type StreamResources,
} from "./resources.ts";
export { parsePipelineResources, parseStoredResources } from "./resources_read.ts";
export * from "./resources_policy.ts";
export { updateResources } from "./resources_update.ts";
export { pipelineResourcesSchema, resourcesBodySchema } from "./resources_schema.ts";
export { redact, REDACTED, type Secret, secretsOf } from "./secrets.ts";
export { readShape } from "./shape.ts";
export { isHost, urlHost } from "./target_host.ts";
export type { SinkConfig, SinkConnection, SinkMapping } from "./sink.ts";
export { parseOauthExtensions } from "./kafka_login.ts";
export { isRegistryUrl } from "./target_host.ts";
export { kafkaConnectionSchema, parseKafkaConnection, schemaRegistrySchema } from "./source_kafka.ts";
export type { KafkaConnection, KafkaSource, SchemaField, SchemaRegistry } from "./source_kafka.ts";
export { OTLP_FIELDS, OTLP_SOURCE_TYPES, type OtlpSource, type OtlpSourceType } from "./source_otlp.ts";
export { isOtlp, type Source } from "./sources.ts";
export { v2Schema } from "./v2_schema.ts";
export { convertV2, isV2, type NamesIn } from "./v2.ts";
export { parseYaml, YAML_LIMIT, type YamlDocument, YamlError } from "./yaml.ts";
export {
  type DedupTransform,
  EXPRESSION_LANGUAGES,
  type ExpressionLanguage,
  type FilterTransform,
  LONGEST_WINDOW,
  outputFields,
  type StatelessOutput,
  type StatelessTransform,
  type Transform,
} from "./transforms.ts";
