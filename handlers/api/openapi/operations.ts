/**
 * What every route takes, answers and refuses: the content of the OpenAPI document. Bodies are the schemas that the
 * routes read them with. A test holds this list and the router's against each other.
 */
import type { z } from "zod";
import {
  metadataBodySchema,
  pipelineSchema,
  renameSchema,
  resourcesBodySchema,
  v2Schema,
} from "../../../pipeline/config/mod.ts";
import { COMPONENTS, discardSchema } from "../dead_letters.ts";
import * as discovery from "../discovery.ts";
import { dryRunSchema } from "../dry_run.ts";
import { evaluateSchema, filterSchema } from "../expressions.ts";
import { decisionBody } from "../lifecycle.ts";
import type { Route } from "../routes.ts";
import * as answers from "./answers.ts";

export interface Operation {
  readonly id: string;
  readonly tag: "Pipelines" | "Lifecycle" | "Resources" | "Dead letters" | "Expressions" | "Discovery" | "Platform";
  readonly summary: string;
  readonly body?: { readonly name: string; readonly schema: z.ZodType; readonly yaml?: boolean };
  readonly query?: readonly Query[];
  /** What a success answers; nothing means an empty body. */
  readonly answer?: { readonly name: string; readonly schema: z.ZodType } | { readonly mediaType: string };
  /** Statuses of its errors, besides 500 and 503. */
  readonly errors?: readonly number[];
}

interface Query {
  readonly name: string;
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

const nothing = { name: "Empty", schema: answers.empty };
const configuration = { name: "PipelineConfiguration", schema: pipelineSchema, yaml: true };
const BODY = [400, 408, 413, 415, 422];
const CHANGE = [400, 404, 412];
const batchSize = (fallback: number): Query => ({
  name: "batch_size",
  description: "How many at most.",
  schema: { type: "integer", minimum: 1, maximum: 1000, default: fallback },
});
const lifecycle = (id: string, summary: string): Operation => ({
  id,
  tag: "Lifecycle",
  summary,
  answer: nothing,
  errors: [...CHANGE, 422, 501],
});

/** By method and path as the router has them. */
export const OPERATIONS: Readonly<Record<`${Route["method"]} /${string}`, Operation>> = {
  "POST /api/v1/pipeline": {
    id: "create-pipeline",
    tag: "Pipelines",
    summary: "Creates and starts a pipeline. Version 2 is accepted too.",
    body: configuration,
    answer: nothing,
    errors: [...BODY, 403, 409, 501],
  },
  "POST /api/v1/pipeline/validate": {
    id: "validate-pipeline",
    tag: "Pipelines",
    summary: "Checks a configuration as create does, and creates nothing.",
    body: configuration,
    answer: { name: "Validated", schema: answers.validated },
    errors: BODY,
  },
  "POST /api/v1/pipeline/migrate-preview": {
    id: "migrate-pipeline-preview",
    tag: "Pipelines",
    summary: "Converts a configuration of version 2; the result is not checked.",
    body: { name: "PipelineConfigurationV2", schema: v2Schema, yaml: true },
    answer: { name: "PipelineConfiguration", schema: pipelineSchema },
    errors: BODY,
  },
  "POST /api/v1/pipeline/dry-run": {
    id: "dry-run-pipeline",
    tag: "Pipelines",
    summary: "Runs sample events through a pipeline's stages; nothing is stored or sent.",
    body: { name: "DryRun", schema: dryRunSchema },
    answer: { name: "DryRunReport", schema: answers.anyObject },
    errors: [...BODY, 404],
  },
  "GET /api/v1/pipeline": {
    id: "get-pipelines",
    tag: "Pipelines",
    summary: "All pipelines, newest first.",
    answer: { name: "PipelineList", schema: answers.pipelineList },
  },
  "GET /api/v1/pipeline/{id}": {
    id: "get-pipeline",
    tag: "Pipelines",
    summary: "The whole configuration, defaults filled in.",
    query: [{
      name: "schema",
      description: "Schema version of a source, as <source_id>:<version_id>; repeatable.",
      schema: { type: "array", items: { type: "string" } },
    }],
    answer: { name: "PipelineConfiguration", schema: pipelineSchema },
    errors: [400, 404],
  },
  "PATCH /api/v1/pipeline/{id}": {
    id: "update-pipeline-name",
    tag: "Pipelines",
    summary: "Renames a pipeline.",
    body: { name: "Rename", schema: renameSchema },
    answer: nothing,
    errors: [...BODY, 404, 412],
  },
  "DELETE /api/v1/pipeline/{id}": {
    id: "delete-pipeline",
    tag: "Pipelines",
    summary: "Removes a stopped or failed pipeline.",
    answer: nothing,
    errors: [...CHANGE, 422, 501],
  },
  "PATCH /api/v1/pipeline/{id}/metadata": {
    id: "update-pipeline-metadata",
    tag: "Pipelines",
    summary: "Replaces the metadata.",
    body: { name: "MetadataChange", schema: metadataBodySchema },
    answer: nothing,
    errors: [...BODY, 404, 412],
  },
  "POST /api/v1/pipeline/{id}/edit": {
    id: "edit-pipeline",
    tag: "Pipelines",
    summary: "Replaces the configuration of a stopped or failed pipeline and starts it.",
    body: configuration,
    answer: nothing,
    errors: [...BODY, 404, 412, 501],
  },
  "GET /api/v1/pipeline/{id}/health": {
    id: "get-pipeline-health",
    tag: "Lifecycle",
    summary: "Status, reason, warnings and stages.",
    answer: { name: "Health", schema: answers.health },
    errors: [404],
  },
  "GET /api/v1/pipeline/{id}/ledger": {
    id: "get-pipeline-ledger",
    tag: "Lifecycle",
    summary: "What became of every row.",
    answer: { name: "Ledger", schema: answers.ledger },
    errors: [404],
  },
  "POST /api/v1/pipeline/{id}/plan/decide": {
    id: "decide-plan",
    tag: "Lifecycle",
    summary: "Decides on a batch of which nobody can tell any more whether it was written.",
    body: { name: "Decision", schema: decisionBody },
    answer: nothing,
    errors: [...BODY, 404, 409, 501],
  },
  "POST /api/v1/pipeline/{id}/stop": lifecycle("stop-pipeline", "Writes what is between the stages, then stops."),
  "POST /api/v1/pipeline/{id}/terminate": lifecycle("terminate-pipeline", "Stops at once and drops what is in flight."),
  "POST /api/v1/pipeline/{id}/resume": lifecycle("resume-pipeline", "Goes on where the pipeline stopped."),
  "GET /api/v1/pipeline/{id}/resources": {
    id: "get-pipeline-resources",
    tag: "Resources",
    summary: "Resources, and which of them are fixed.",
    answer: { name: "Resources", schema: answers.resources },
    errors: [404],
  },
  "PUT /api/v1/pipeline/{id}/resources": {
    id: "update-pipeline-resources",
    tag: "Resources",
    summary: "Replaces the resources of a stopped or failed pipeline and starts it.",
    body: { name: "ResourcesChange", schema: resourcesBodySchema },
    answer: { name: "Resources", schema: answers.resources },
    errors: [...BODY, 404, 409, 412, 501],
  },
  "GET /api/v1/pipeline/{id}/resources/validation": {
    id: "get-pipeline-resources-validation",
    tag: "Resources",
    summary: "Which resources are fixed.",
    answer: { name: "ResourcesPolicy", schema: answers.resourcesPolicy },
    errors: [404],
  },
  "GET /api/v1/pipeline/{id}/dlq/state": {
    id: "get-pipeline-dlq-state",
    tag: "Dead letters",
    summary: "Counts and times.",
    answer: { name: "DeadLetterState", schema: answers.dlqState },
    errors: [404],
  },
  "GET /api/v1/pipeline/{id}/dlq/list": {
    id: "list-pipeline-dlq",
    tag: "Dead letters",
    summary: "A page of dead letters; nothing is taken.",
    query: [
      batchSize(100),
      { name: "cursor", description: "next_cursor of the page before.", schema: { type: "string" } },
      { name: "component", description: "Only those of one component.", schema: { type: "string", enum: COMPONENTS } },
    ],
    answer: { name: "DeadLetterPage", schema: answers.dlqPage },
    errors: [404, 422],
  },
  "GET /api/v1/pipeline/{id}/dlq/consume": {
    id: "consume-pipeline-dlq",
    tag: "Dead letters",
    summary: "Takes the oldest dead letters out; an empty body when there are none.",
    query: [batchSize(1)],
    answer: { name: "DeadLetters", schema: answers.dlqEntries },
    errors: [404, 422],
  },
  "POST /api/v1/pipeline/{id}/dlq/purge": {
    id: "purge-pipeline-dlq",
    tag: "Dead letters",
    summary: "Removes all dead letters.",
    answer: nothing,
    errors: [404],
  },
  "POST /api/v1/pipeline/{id}/dlq/discard": {
    id: "discard-pipeline-dlq",
    tag: "Dead letters",
    summary: "Removes all or some dead letters.",
    body: { name: "DeadLetterSelection", schema: discardSchema },
    answer: { name: "Discarded", schema: answers.discarded },
    errors: [...BODY, 404, 409],
  },
  "POST /api/v1/pipeline/{id}/dlq/reprocess": {
    id: "reprocess-pipeline-dlq",
    tag: "Dead letters",
    summary: "Not in this release.",
    errors: [501],
  },
  "POST /api/v1/filter/validate": {
    id: "validate-filter-expression",
    tag: "Expressions",
    summary: "Checks a filter against declared fields.",
    body: { name: "FilterCheck", schema: filterSchema },
    answer: nothing,
    errors: BODY,
  },
  "POST /api/v1/transform/expression/evaluate": {
    id: "evaluate-transformation-expression",
    tag: "Expressions",
    summary: "Runs stateless transforms on a sample.",
    body: { name: "Evaluation", schema: evaluateSchema },
    answer: { name: "Evaluated", schema: answers.anyObject },
    errors: BODY,
  },
  "POST /api/v1/discovery/kafka/test": {
    id: "test-kafka",
    tag: "Discovery",
    summary: "Whether brokers answer.",
    body: { name: "KafkaTarget", schema: discovery.kafkaTarget },
    answer: { name: "KafkaCluster", schema: answers.anyObject },
    errors: [...BODY, 403],
  },
  "POST /api/v1/discovery/kafka/topics": {
    id: "list-kafka-topics",
    tag: "Discovery",
    summary: "Topics with their partitions, without the cluster's own.",
    body: { name: "KafkaTarget", schema: discovery.kafkaTarget },
    answer: { name: "KafkaTopics", schema: answers.anyObject },
    errors: [...BODY, 403],
  },
  "POST /api/v1/discovery/kafka/events": {
    id: "sample-kafka-events",
    tag: "Discovery",
    summary: "Some records of a topic, forwards or backwards.",
    body: { name: "KafkaSample", schema: discovery.sampleSchema },
    answer: { name: "KafkaEvents", schema: answers.anyObject },
    errors: [...BODY, 403],
  },
  "POST /api/v1/discovery/schema-registry/test": {
    id: "test-schema-registry",
    tag: "Discovery",
    summary: "Whether a schema registry answers.",
    body: { name: "RegistryTarget", schema: discovery.registryTarget },
    answer: { name: "RegistryStatus", schema: answers.anyObject },
    errors: [...BODY, 403],
  },
  "POST /api/v1/discovery/schema-registry/subjects": {
    id: "list-registry-subjects",
    tag: "Discovery",
    summary: "Subjects; those of a topic first.",
    body: { name: "RegistrySubjectsRequest", schema: discovery.subjectsSchema },
    answer: { name: "RegistrySubjects", schema: answers.anyObject },
    errors: [...BODY, 403],
  },
  "POST /api/v1/discovery/schema-registry/versions": {
    id: "list-registry-versions",
    tag: "Discovery",
    summary: "Versions of a subject.",
    body: { name: "RegistryVersionsRequest", schema: discovery.versionsSchema },
    answer: { name: "RegistryVersions", schema: answers.anyObject },
    errors: [...BODY, 403, 404],
  },
  "POST /api/v1/discovery/schema-registry/schema": {
    id: "get-registry-schema",
    tag: "Discovery",
    summary: "A schema by id or subject, with its fields.",
    body: { name: "RegistrySchemaRequest", schema: discovery.registeredSchema },
    answer: { name: "RegistrySchema", schema: answers.anyObject },
    errors: [...BODY, 403, 404],
  },
  "GET /api/v1/healthz": { id: "get-healthz", tag: "Platform", summary: "The process lives." },
  "GET /api/v2/healthz": {
    id: "get-healthz-v2",
    tag: "Platform",
    summary: "The process lives.",
    answer: { name: "Status", schema: answers.status },
  },
  "GET /api/v1/readyz": {
    id: "get-readyz",
    tag: "Platform",
    summary: "Whether what the API needs answers; 503 with the same body when not.",
    answer: { name: "Readiness", schema: answers.readiness },
  },
  "GET /api/v1/platform": {
    id: "get-platform",
    tag: "Platform",
    summary: "What runs the pipelines.",
    answer: { name: "Platform", schema: answers.platform },
  },
  "GET /metrics": {
    id: "get-metrics",
    tag: "Platform",
    summary: "Metrics of the API, for Prometheus.",
    answer: { mediaType: "text/plain" },
  },
  "GET /internal/pipelines/{id}/otlp-config": {
    id: "get-otlp-config",
    tag: "Platform",
    summary: "What the OTLP receiver needs to know of a pipeline.",
    answer: { name: "OtlpConfig", schema: answers.anyObject },
    errors: [404],
  },
  "ANY /api/v1/openapi.json": {
    id: "get-openapi",
    tag: "Platform",
    summary: "This document.",
    answer: { mediaType: "application/json" },
  },
  "GET /schemas/{name}": {
    id: "get-schema",
    tag: "Platform",
    summary: "One schema of this document, with or without .json; null where there is none.",
    answer: { mediaType: "application/json" },
  },
  "ANY /api/v1/docs": { id: "get-docs", tag: "Platform", summary: "Not in this release.", errors: [501] },
};
