/** The wire schema of a whole pipeline configuration, version 3. Documentation and JSON Schema come from here. */
import { z } from "zod";
import { joinSchema } from "./join.ts";
import { PIPELINE_ID_MIN_LENGTH, PIPELINE_ID_PATTERN } from "./pipeline_id.ts";
import { configResourcesSchema } from "./resources_schema.ts";
import { sinkSchema } from "./sink.ts";
import { MOST_SOURCES, sourceSchema } from "./sources.ts";
import { transformSchema } from "./transforms.ts";
import { choice, list, optional, required, rule, text } from "./wire.ts";

const pipelineId = rule(
  text,
  (id) => id.trim().length >= PIPELINE_ID_MIN_LENGTH,
  `pipeline ID must be at least ${PIPELINE_ID_MIN_LENGTH} characters`,
  { pattern: PIPELINE_ID_PATTERN },
);
const sources = rule(
  rule(
    list(sourceSchema, "Where records come from: one OTLP source, one Kafka source, or two with a join."),
    (given) => given !== null && given.length > 0,
    "at least one source is required",
    { minItems: 1 },
  ),
  (given) => given === null || given.length <= MOST_SOURCES,
  `at most ${MOST_SOURCES} sources are supported`,
  { maxItems: MOST_SOURCES },
);

export const metadataSchema = z.strictObject({
  tags: required(z.array(text).nullable(), "Free labels."),
});

export const pipelineSchema = z.strictObject({
  version: optional(choice(["v3"], "unsupported version; use v3", { blank: true }), "Format version; v3.", {
    default: "v3",
  }),
  pipeline_id: required(pipelineId, "Id of the pipeline: 5-40 characters a-z, 0-9 and -, a letter first.", {
    examples: ["shop-orders"],
  }),
  name: optional(text, "Display name; the id in title case if absent."),
  sources,
  transforms: optional(
    z.array(transformSchema),
    "What happens to records. Filters always run first, then dedup, then stateless; of one type in the given order.",
  ),
  join: optional(joinSchema, "Joins two Kafka sources. Not available yet."),
  sink: required(sinkSchema, "Where records go."),
  metadata: optional(metadataSchema, "Labels of the pipeline."),
  resources: optional(configResourcesSchema, "Workers and limits; defaults apply to what is absent."),
});

export type WirePipeline = z.infer<typeof pipelineSchema>;

export const renameSchema = z.strictObject({ name: required(text, "The new name; may be empty.") });

export const metadataBodySchema = z.strictObject({
  metadata: required(metadataSchema, "Replaces the metadata of the pipeline."),
});
