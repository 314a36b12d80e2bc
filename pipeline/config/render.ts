/**
 * From a {@link PipelineConfig} to the JSON that GET answers. Parsing the result gives the same configuration again,
 * so reading a pipeline and posting it back changes nothing.
 */
import type { PipelineConfig } from "./config.ts";
import type { JoinConfig, JoinSide } from "./join.ts";
import type { ComponentResources } from "./resources.ts";
import type { SinkConfig } from "./sink.ts";
import { EXPRESSION_LANGUAGES, type ExpressionLanguage } from "./transforms.ts";
import type { KafkaConnection, KafkaSource } from "./source_kafka.ts";
import { isOtlp, type Source } from "./sources.ts";

type Json = Record<string, unknown>;

export function renderPipelineConfig(config: PipelineConfig): Json {
  const transforms = renderTransforms(config);
  return {
    version: config.version,
    pipeline_id: config.pipeline_id,
    name: config.name,
    sources: config.sources.map(renderSource),
    ...(transforms.length > 0 && { transforms }),
    ...(config.join && { join: renderJoin(config.join) }),
    sink: renderSink(config.sink),
    metadata: { tags: config.metadata.tags && [...config.metadata.tags] },
    resources: renderResources(config),
  };
}

function renderSource(source: Source): Json {
  return isOtlp(source) ? { type: source.type, source_id: source.source_id } : renderKafka(source);
}

function renderKafka(source: KafkaSource): Json {
  return {
    type: source.type,
    source_id: source.source_id,
    connection_params: renderConnection(source.connection_params),
    topic: source.topic,
    consumer_group_initial_offset: source.consumer_group_initial_offset,
    ...(source.format !== "json" && { format: source.format }),
    schema_version: source.schema_version,
    ...renderFields(source),
    ...(source.schema_registry && { schema_registry: { ...source.schema_registry } }),
  };
}

/** Those of a schema are shown for reading; they are not taken from there. */
function renderFields({ schema, schema_fields }: KafkaSource): Json {
  const fields = schema_fields.map(({ name, type }) => ({ name, type }));
  if (!schema) return { schema_fields: fields };
  const { file, message_type } = schema;
  return { schema: { file, ...(message_type !== "" && { message_type }), parsed_fields: fields } };
}

/** Empty strings and false flags are left out. */
function renderConnection(connection: KafkaConnection): Json {
  return Object.fromEntries(
    Object.entries(connection)
      .filter(([, value]) => value !== "" && value !== false)
      .map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}

function renderTransforms(config: PipelineConfig): Json[] {
  const { filters, dedup, stateless } = config;
  const out: Json[] = dedup.map(({ type, source_id, key, time_window }) => ({
    type,
    source_id,
    config: { key, time_window: time_window.toString() },
  }));
  for (const { type, source_id, expression, language } of filters) {
    out.push({ type, source_id, config: { expression, ...named(language), time_window: "0s" } });
  }
  for (const { type, source_id, transforms, language } of stateless) {
    const outputs = transforms.map(({ expression, output_name, output_type }) => ({
      expression,
      output_name,
      output_type,
    }));
    out.push({ type, source_id, config: { ...named(language), transforms: outputs, time_window: "0s" } });
  }
  return out;
}

/** The original knows one language only, so the default is not shown. */
function named(language: ExpressionLanguage): Json {
  return language === EXPRESSION_LANGUAGES[0] ? {} : { language };
}

function renderJoin(join: JoinConfig): Json {
  const side = ({ source_id, key, time_window }: JoinSide) => ({ source_id, key, time_window: time_window.toString() });
  return {
    enabled: true,
    type: join.type,
    left_source: side(join.left_source),
    right_source: side(join.right_source),
    output_fields: join.output_fields.map((output) => ({
      source_id: output.source_id,
      name: output.field,
      output_name: output.name,
    })),
  };
}

function renderSink(sink: SinkConfig): Json {
  const { skip_certificate_verification, ...connection } = sink.connection_params;
  return {
    type: sink.type,
    connection_params: { ...connection, ...(skip_certificate_verification && { skip_certificate_verification }) },
    table: sink.table,
    max_batch_size: sink.max_batch_size,
    max_delay_time: sink.max_delay_time.toString(),
    ...(sink.mapping.length > 0 && {
      mapping: sink.mapping.map(({ name, column_name, column_type }) => ({ name, column_name, column_type })),
    }),
  };
}

/** The configuration's form of resources: by source id, storage only where keys are remembered. */
function renderResources(config: PipelineConfig): Json {
  const { nats, ingestor, transform, sink } = config.resources;
  const sources = config.sources.flatMap(({ source_id }) => {
    const side = config.join === undefined
      ? "base"
      : source_id === config.join.right_source.source_id
      ? "right"
      : "left";
    const part = ingestor?.[side];
    return part === undefined ? [] : [{ source_id, ...workers(part) }];
  });
  return {
    ...(nats && { nats: structuredClone(nats) }),
    ...(sources.length > 0 && { sources }),
    ...(transform && {
      transform: transformSources(config).map((source_id) => ({
        source_id,
        ...workers(transform),
        ...(transform.storage && config.dedup.some((each) => each.source_id === source_id) &&
          { storage: { ...transform.storage } }),
      })),
    }),
    ...(sink && { sink: workers(sink) }),
  };
}

/** Dedup sources first, then those of the other transforms; the only source if nothing is transformed. */
function transformSources(config: PipelineConfig): string[] {
  const others = [...config.filters, ...config.stateless].map((each) => each.source_id);
  const ids = [...new Set([...config.dedup.map((each) => each.source_id), ...others])];
  return ids.length > 0 ? ids : config.sources.slice(0, 1).map((each) => each.source_id);
}

function workers({ replicas, requests, limits }: ComponentResources): Json {
  return {
    ...(replicas !== undefined && { replicas }),
    ...(requests && { requests: { ...requests } }),
    ...(limits && { limits: { ...limits } }),
  };
}
