/**
 * Wire schemas of resources in both forms: `resources` of a configuration (by source id) and `pipeline_resources` of
 * the resources route (by component). The model uses the second.
 */
import { z } from "zod";
import { AGE_PATTERN, BYTE_SIZE_PATTERN, QUANTITY_PATTERN } from "./quantity.ts";
import { integer, optional, required, text } from "./wire.ts";

/** Amounts are checked where both forms have become one, in resources_read.ts; this tells editors. */
const quantity = text.meta({ json: { pattern: QUANTITY_PATTERN } });

const amountsSchema = z.strictObject({
  cpu: optional(quantity, "Processors, as a Kubernetes quantity.", { examples: ["500m"] }),
  memory: optional(quantity, "Memory, as a Kubernetes quantity.", { examples: ["256Mi"] }),
});
const storage = optional(
  z.strictObject({
    size: optional(quantity, "Size, as a Kubernetes quantity. Fixed once the pipeline exists.", { examples: ["10Gi"] }),
  }),
  "Volume for deduplication state.",
);
const componentShape = {
  replicas: optional(integer.meta({ json: { minimum: 1 } }), "Number of workers, at least 1."),
  requests: optional(amountsSchema, "What a worker is guaranteed."),
  limits: optional(amountsSchema, "What a worker may use at most."),
};
const natsSchema = z.strictObject({
  stream: optional(
    z.strictObject({
      maxAge: optional(
        text.meta({ json: { pattern: AGE_PATTERN } }),
        "Longest stay of a message, as a duration without days.",
        { aliases: ["max_age"] },
      ),
      maxBytes: optional(
        text.meta({ json: { pattern: BYTE_SIZE_PATTERN } }),
        "Size limit, such as 10Gi or 500MB; 0 is unlimited.",
        { aliases: ["max_bytes"] },
      ),
      maxMsgs: optional(integer.meta({ json: { minimum: -1 } }), "Message limit; -1 is unlimited, 0 the default.", {
        aliases: ["max_msgs"],
      }),
    }),
    "Limits of every stream of the pipeline. Fixed once the pipeline exists.",
  ),
});
const sourceId = required(text, "The source this entry is for.");

export const configResourcesSchema = z.strictObject({
  nats: optional(natsSchema, "Message bus."),
  sources: optional(
    z.array(z.strictObject({ source_id: sourceId, ...componentShape })),
    "Workers that read Kafka sources.",
  ),
  transform: optional(
    z.array(z.strictObject({ source_id: sourceId, ...componentShape, storage })),
    "Workers that run transforms.",
  ),
  sink: optional(z.strictObject(componentShape), "Workers that insert."),
});

const componentSchema = z.strictObject({ ...componentShape, storage });

export const pipelineResourcesSchema = z.strictObject({
  nats: optional(natsSchema, "Message bus."),
  ingestor: optional(
    z.strictObject({
      base: optional(componentSchema, "Workers of the only source."),
      left: optional(componentSchema, "Workers of a join's left source."),
      right: optional(componentSchema, "Workers of a join's right source."),
    }),
    "Workers that read Kafka sources.",
  ),
  transform: optional(componentSchema, "Workers that run transforms."),
  join: optional(componentSchema, "The join worker; exactly one replica."),
  sink: optional(componentSchema, "Workers that insert."),
});

export const resourcesBodySchema = z.strictObject({
  pipeline_resources: required(pipelineResourcesSchema, "The new resources."),
});

export type WireAmounts = z.infer<typeof amountsSchema>;
export type WireComponent = z.infer<typeof componentSchema>;
export type WireNats = z.infer<typeof natsSchema>;
export type WireConfigResources = z.infer<typeof configResourcesSchema>;
export type WirePipelineResources = z.infer<typeof pipelineResourcesSchema>;
