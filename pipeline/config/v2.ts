/**
 * Converts configurations of version 2 into version 3. Only the form changes; whether the result is a valid
 * configuration is found out by parsing it. What version 3 cannot express is dropped: resources of the join worker and
 * `sink.table_mapping`. Filters are kept as they are written: they name what is kept.
 */
import { ConfigError } from "./config_error.ts";
import { normaliseOutputType } from "./field_type.ts";
import { present } from "./present.ts";
import { readShape } from "./shape.ts";
import { OTLP_SOURCE_TYPES } from "./source_otlp.ts";
import { convertJoin, type Named, sourceIdOf } from "./v2_join.ts";
import { convertResources } from "./v2_resources.ts";
import { convertSink } from "./v2_sink.ts";
import { type V2Field, v2Schema, type V2Topic, type WireV2 } from "./v2_schema.ts";
import { chosen } from "./wire.ts";

type Json = Record<string, unknown>;

/** The names an expression reads; none if it is not an expression. */
export type NamesIn = (expression: string) => Iterable<string>;

/** Whether a body is of version 2: it has one `source` and no list of `sources`. */
export function isV2(input: unknown): boolean {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return false;
  const names = Object.keys(input).map((name) => name.toLowerCase());
  return names.includes("source") && !names.includes("sources");
}

/**
 * The same pipeline in the form of version 3.
 * @throws {ConfigError} 422 `unprocessable_entity` when it is not of version 2, or a join has not one left and one right
 */
export function convertV2(input: unknown, namesIn: NamesIn): Json {
  const wire = readV2(input);
  const sources = sourcesOf(wire);
  const stateless = statelessOf(wire, sources, namesIn);
  const join = convertJoin(wire, sources);
  const transforms = [...sources.flatMap(dedupOf), ...filterOf(wire, sources), ...stateless];
  return {
    version: "v3",
    pipeline_id: wire.pipeline_id,
    ...(wire.name != null && { name: wire.name }),
    sources: sources.map(sourceJson),
    ...(transforms.length > 0 && { transforms }),
    ...(join && { join: join.json }),
    sink: convertSink(wire, join?.outputs),
    ...(wire.metadata && { metadata: { tags: wire.metadata.tags ?? null } }),
    ...convertResources(wire, sources, join?.sides, transforms),
  };
}

function readV2(input: unknown): WireV2 {
  try {
    return readShape(v2Schema, input);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw ConfigError.rule(error.issues.map((issue) => ({ ...issue, message: `${issue.message} (${issue.path})` })));
  }
}

/** A source of version 3 in the making. */
export interface Converted extends Named {
  readonly type: string;
  readonly topic?: V2Topic;
  readonly settings: Json;
  readonly fields: { name: string; type: string }[];
  readonly dedup: V2Topic["deduplication"];
}

function sourcesOf(wire: WireV2): Converted[] {
  const { source } = wire;
  if (chosen(OTLP_SOURCE_TYPES, source.type) !== undefined) {
    const id = source.id?.trim() ? source.id : "otlp";
    return [{ id, names: [id], type: source.type, settings: {}, fields: [], dedup: source.deduplication }];
  }
  const topics = source.topics ?? [];
  return topics.map((topic): Converted => {
    const id = topic.id?.trim() ? topic.id : topic.name;
    const { consumer_group_initial_offset, schema_version, schema_registry } = topic;
    return {
      id,
      names: [id, topic.name],
      type: source.type,
      topic,
      settings: present({
        connection_params: source.connection_params,
        topic: topic.name,
        consumer_group_initial_offset,
        schema_version,
        schema_registry: schema_registry?.url ? schema_registry : undefined,
      }),
      fields: fieldsOf(wire, topic, id, topics.length === 1),
      dedup: topic.deduplication,
    };
  });
}

/** The topic's own fields, then those that the pipeline's schema has for it. */
function fieldsOf(wire: WireV2, topic: V2Topic, id: string, only: boolean): { name: string; type: string }[] {
  const own = [...topic.schema_fields ?? [], ...topic.schema?.fields ?? []];
  const ofSource = (field: V2Field) => field.source_id ? [id, topic.name].includes(field.source_id) : only;
  const fields = new Map<string, string>();
  for (const { name, type } of [...own, ...(wire.schema?.fields ?? []).filter(ofSource)]) {
    if (!fields.has(name)) fields.set(name, type ?? "string");
  }
  return [...fields].map(([name, type]) => ({ name, type }));
}

function sourceJson({ type, id, topic, settings, fields }: Converted): Json {
  return { type, source_id: id, ...settings, ...(topic && { schema_fields: fields }) };
}

function dedupOf({ id, dedup }: Converted): Json[] {
  if (!dedup?.enabled) return [];
  const config = { key: dedup.key || dedup.id_field || "", time_window: dedup.time_window ?? "0s" };
  return [{ type: "dedup", source_id: id, config }];
}

function filterOf({ filter }: WireV2, [first]: readonly Converted[]): Json[] {
  if (!filter?.enabled || first === undefined) return [];
  return [{ type: "filter", source_id: first.id, config: { expression: filter.expression ?? "" } }];
}

function statelessOf(wire: WireV2, sources: readonly Converted[], namesIn: NamesIn): Json[] {
  const { stateless_transformation: stateless } = wire;
  if (!stateless?.enabled) return [];
  const outputs = stateless.config?.transform ?? [];
  const source_id = stateless.source_id ? sourceIdOf(sources, stateless.source_id) : sources[0]?.id ?? "";
  const source = sources.find((each) => each.id === source_id);
  if (source?.topic) declareNames(source.fields, outputs, namesIn);
  const transforms = outputs.map(({ expression, output_name, output_type }) => ({
    expression,
    output_name,
    output_type,
  }));
  return [{ type: "stateless", source_id, config: { transforms } }];
}

/** Version 2 did not need a field to be declared that only expressions read; version 3 does. */
function declareNames(
  fields: { name: string; type: string }[],
  outputs: readonly { expression: string; output_name: string; output_type: string }[],
  namesIn: NamesIn,
): void {
  const declared = (name: string) => fields.some((field) => field.name === name || field.name.startsWith(`${name}.`));
  for (const { expression, output_type } of outputs) {
    for (const name of namesIn(expression)) {
      if (declared(name)) continue;
      const type = outputs.find((output) => output.output_name === name)?.output_type ?? output_type;
      fields.push({ name, type: type.trim().startsWith("[]") ? normaliseOutputType(type) ?? type : type });
    }
  }
}
