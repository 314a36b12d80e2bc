/** The bodies of successful answers. Clients must take properties they do not know. */
import { z } from "zod";
import { pipelineResourcesSchema, pipelineSchema } from "../../../pipeline/config/mod.ts";

const time = z.string();
const tags = z.looseObject({ tags: z.array(z.string()).nullable() });

export const empty = z.strictObject({});
export const anyObject = z.looseObject({});
export const status = z.looseObject({ status: z.literal("ok") });
export const platform = z.looseObject({ orchestrator: z.enum(["k8s", "local", "unknown"]) });
export const readiness = z.looseObject({
  status: z.enum(["ok", "unavailable"]),
  checks: z.record(z.string(), z.enum(["ok", "unavailable"])),
});
export const validated = z.looseObject({ valid: z.literal(true), configuration: pipelineSchema });

export const pipelineList = z.array(z.looseObject({
  pipeline_id: z.string(),
  name: z.string(),
  transformation_type: z.enum(["Ingest Only", "Deduplication", "Join", "Join & Deduplication"]),
  created_at: time,
  updated_at: time,
  status: z.string(),
  metadata: tags,
}));

export const health = z.looseObject({
  pipeline_id: z.string(),
  pipeline_name: z.string(),
  overall_status: z.enum(["Created", "Running", "Resuming", "Stopping", "Stopped", "Terminating", "Failed"]),
  created_at: time,
  updated_at: time,
  reason: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  stages: z.array(z.looseObject({ stage: z.string(), replicas: z.int(), ready: z.int() })).optional(),
});

const count = z.int().min(0);
export const ledger = z.looseObject({
  pipeline_id: z.string(),
  accepted: count,
  written: count,
  filtered: count,
  deduplicated: count,
  dead_lettered: count,
  in_flight: z.int(),
});

export const resourcesPolicy = z.looseObject({ fields_policy: z.looseObject({ immutable: z.array(z.string()) }) });
export const resources = z.looseObject({
  pipeline_resources: pipelineResourcesSchema,
  fields_policy: z.looseObject({ immutable: z.array(z.string()) }),
});

export const dlqState = z.looseObject({
  last_received_at: time.nullable(),
  last_consumed_at: time.nullable(),
  total_messages: count,
  unconsumed_messages: count,
});
const letter = { component: z.string(), error: z.string(), original_message: z.string() };
export const dlqEntries = z.array(z.looseObject(letter));
export const dlqPage = z.looseObject({
  messages: z.array(z.looseObject({ message_id: z.string(), ...letter, received_at: time })),
  next_cursor: z.string().optional(),
  has_more: z.boolean(),
});
export const discarded = z.looseObject({
  request_id: z.string(),
  discarded_count: count,
  unknown_message_ids: z.array(z.string()).optional(),
});

export const problem = z.looseObject({
  status: z.int().meta({ description: "The HTTP status." }),
  code: z.string().meta({
    description: "Stable name of the error; empty when the request has not the documented shape.",
  }),
  message: z.string().meta({ description: "What is wrong, for people." }),
  details: z.looseObject({}).optional().meta({ description: "Such as pipeline_id, error, current_status." }),
  errors: z.array(z.looseObject({
    location: z.string().meta({ description: "Place in the request, such as body.sink.mapping[0].name." }),
    message: z.string(),
    cure: z.string().optional().meta({ description: "What belongs there." }),
    line: z.int().optional().meta({ description: "Line in a YAML body, counted from 1." }),
    column: z.int().optional(),
  })).optional().meta({ description: "Every finding about the request. Values of the request are never repeated." }),
});
