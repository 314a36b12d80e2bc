/**
 * The `sources` array: one wire schema for every kind of source, and the rules between sources.
 */
import { z } from "zod";
import { type Problems, quote } from "./config_error.ts";
import type { FieldDecl } from "./field_type.ts";
import { type KafkaSource, kafkaSourceShape, readKafkaSource } from "./source_kafka.ts";
import { OTLP_FIELDS, OTLP_MUST_NOT, OTLP_SOURCE_TYPES, type OtlpSource, readOtlpSource } from "./source_otlp.ts";
import { choice, chosen, filled, required, text } from "./wire.ts";

/** Two only with a join. */
export const MOST_SOURCES = 2;

const SOURCE_TYPES = ["kafka", ...OTLP_SOURCE_TYPES] as const;

export type Source = KafkaSource | OtlpSource;

export const sourceSchema = z.strictObject({
  type: required(
    choice(SOURCE_TYPES, (type) => `unsupported type ${quote(type)}; use ${SOURCE_TYPES.join(", ")}`),
    "kafka, otlp.logs, otlp.traces or otlp.metrics.",
  ),
  source_id: required(
    filled(text, "empty source_id"),
    "Name of the source inside the pipeline; transforms and resources refer to it.",
  ),
  ...kafkaSourceShape,
}).meta({
  json: {
    if: { properties: { type: { pattern: "^\\s*[kK][aA][fF][kK][aA]\\s*$" } } },
    then: { required: ["connection_params", "topic"] },
    else: { properties: OTLP_MUST_NOT },
  },
});

type Wire = z.infer<typeof sourceSchema>;

/** Checks the rules of every source and those between them. Sources of unsupported type are left out. */
export function readSources(wires: readonly Wire[], joined: boolean, problems: Problems): Source[] {
  const seen = new Set<string>();
  const sources: Source[] = [];
  wires.forEach((wire, i) => {
    const at = `body.sources[${i}]`;
    const id = wire.source_id;
    if (id.trim() !== "" && seen.has(id.trim())) problems.add(`${at}.source_id`, `duplicate source_id ${quote(id)}`);
    seen.add(id.trim());
    const type = chosen(SOURCE_TYPES, wire.type);
    if (type === "kafka") sources.push(readKafkaSource(wire, id, at, problems));
    else if (type !== undefined) sources.push(readOtlpSource(wire, type, id, at, problems));
  });
  checkTogether(sources, joined, problems);
  return sources;
}

function checkTogether(sources: readonly Source[], joined: boolean, problems: Problems): void {
  const kafka = sources.filter((source) => source.type === "kafka");
  const otlp = sources.length - kafka.length;
  if (otlp > 0 && kafka.length > 0) {
    problems.add("body.sources", "mixed kafka and OTLP sources are not supported");
  } else if (otlp > 1) {
    problems.add("body.sources", "at most one OTLP source is supported");
  } else if (otlp === 1 && joined) {
    problems.add("body.join", "join is not supported for OTLP pipelines");
  } else if (kafka.length === 2) {
    if (JSON.stringify(kafka[0].connection_params) !== JSON.stringify(kafka[1].connection_params)) {
      problems.add("body.sources[1].connection_params", "both kafka sources must have the same connection_params");
    }
    if (!joined) problems.add("body.join", "two kafka sources need an enabled join");
  } else if (kafka.length === 1 && joined) {
    problems.add("body.join", "join needs two kafka sources");
  }
}

export function isOtlp(source: Source): source is OtlpSource {
  return source.type !== "kafka";
}

/** The fields records of this source have. */
export function fieldsOf(source: Source): readonly FieldDecl[] {
  if (isOtlp(source)) return OTLP_FIELDS[source.type];
  return source.schema_fields.map(({ name, field_type }) => ({ name, type: field_type }));
}
