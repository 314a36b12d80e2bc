/**
 * What a client needs to know before it makes a Kafka pipeline: whether brokers and registries answer, their topics, some
 * records, their schemas. Addresses and accounts come in the body, are used once, and are in no answer; which addresses may
 * be connected to is `runtime/discovery/allow_list.ts`.
 */
import { z } from "zod";
import {
  isRegistryUrl,
  type KafkaConnection,
  kafkaConnectionSchema,
  parseKafkaConnection,
  readShape,
  schemaRegistrySchema,
} from "../../pipeline/config/mod.ts";
import { AddressForbidden, ALLOW_LIST_VARIABLE, AllowList } from "../../runtime/discovery/allow_list.ts";
import { KafkaDiscovery } from "../../runtime/discovery/kafka.ts";
import { KafkaUnavailable, KafkaUnusable } from "../../runtime/kafka/errors.ts";
import { kafkaAddress } from "../../runtime/local/kafka_worker.ts";
import { RegistryRefused, RegistryUnavailable, SchemaRegistryClient } from "../../runtime/schema_registry/mod.ts";
import { shownEvent, shownSchema } from "./discovery_views.ts";
import { Problem } from "./problem.ts";
import { json } from "./respond.ts";
import type { Call, Route } from "./routes.ts";

const MOST_SAMPLES = 100;
const TIMEOUT_MS = 10_000;

const connection_params = kafkaConnectionSchema.describe("As in a Kafka source.");
const schema_registry = schemaRegistrySchema.describe("As in a Kafka source.");

export const kafkaTarget = z.strictObject({ connection_params });
export const sampleSchema = z.strictObject({
  connection_params,
  topic: z.string().min(1).describe("The topic to read."),
  partition: z.int().min(0).nullish().describe("Default: the first one with records."),
  direction: z.enum(["next", "previous"]).nullish().describe(
    "next (default): from the offset on. previous: before it.",
  ),
  offset: z.int().min(0).nullish().describe("Default: the partition's beginning for next, its end for previous."),
  limit: z.int().min(1).max(MOST_SAMPLES).nullish().describe("How many records at most; 1."),
});
export const registryTarget = z.strictObject({ schema_registry });
export const subjectsSchema = z.strictObject({
  schema_registry,
  topic: z.string().nullish().describe("The subjects of this topic come first."),
});
export const versionsSchema = z.strictObject({ schema_registry, subject: z.string().min(1) });
export const registeredSchema = z.strictObject({
  schema_registry,
  id: z.int().min(0).nullish().describe("A schema id; or subject."),
  subject: z.string().nullish(),
  version: z.int().min(1).nullish().describe("Default: the latest."),
});

export interface DiscoveryOptions {
  readonly allowed?: AllowList;
  readonly timeoutMs?: number;
}

export function discoveryRoutes({ allowed, timeoutMs = TIMEOUT_MS }: DiscoveryOptions): Route[] {
  const list = allowed ?? new AllowList(Deno.env.get(ALLOW_LIST_VARIABLE) ?? "");
  const kafka = (connection: unknown) => new KafkaDiscovery(kafkaAddress(connectionOf(connection)), list, timeoutMs);
  const registry = async (given: z.infer<typeof schemaRegistrySchema>) => {
    const { url, api_key, api_secret } = given;
    if (!url || !isRegistryUrl(url)) {
      throw Problem.validation("expected an http:// or https:// address without a user", "body.schema_registry.url");
    }
    await list.checkUrl(url);
    return new SchemaRegistryClient({ url, apiKey: api_key ?? "", apiSecret: api_secret ?? "" }, {
      attempts: 1,
      timeoutMs,
    });
  };
  return [
    route("kafka/test", kafkaTarget, async ({ connection_params }) => ({
      connected: true,
      ...await kafka(connection_params).cluster(),
    })),
    route("kafka/topics", kafkaTarget, async ({ connection_params }) => ({
      topics: await kafka(connection_params).topics(),
    })),
    route("kafka/events", sampleSchema, async ({ connection_params, topic, partition, direction, offset, limit }) => {
      const sample = await kafka(connection_params).sample({
        topic,
        direction: direction ?? "next",
        limit: limit ?? 1,
        ...(partition != null ? { partition } : {}),
        ...(offset != null ? { offset } : {}),
      });
      const { earliest, end, events } = sample;
      return {
        topic,
        partition: sample.partition,
        earliest_offset: earliest,
        end_offset: end,
        is_empty: end <= earliest,
        is_at_earliest: events.length > 0 ? events[0].offset <= earliest : end <= earliest || direction === "previous",
        is_at_latest: events.length > 0 ? events[events.length - 1].offset >= end - 1 : direction !== "previous",
        events: events.map(shownEvent),
      };
    }),
    route("schema-registry/test", registryTarget, async ({ schema_registry }) => ({
      connected: true,
      subjects: (await (await registry(schema_registry)).subjects()).length,
    })),
    route("schema-registry/subjects", subjectsSchema, async ({ schema_registry, topic }) => {
      const subjects = await (await registry(schema_registry)).subjects();
      const rank = (subject: string) =>
        subject === `${topic}-value` ? 0 : topic && subject.startsWith(`${topic}-`) ? 1 : 2;
      return { subjects: subjects.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)) };
    }),
    route("schema-registry/versions", versionsSchema, async ({ schema_registry, subject }) => ({
      versions: await (await registry(schema_registry)).versions(subject) ??
        absent("the registry does not have the subject"),
    })),
    route("schema-registry/schema", registeredSchema, async ({ schema_registry, id, subject, version }) => {
      const client = await registry(schema_registry);
      if (id != null) {
        return shownSchema({ ...await client.schema(id) ?? absent("the registry does not have the schema"), id });
      }
      if (!subject) throw Problem.validation("expected id or subject", "body");
      return shownSchema(
        await client.version(subject, version ?? "latest") ?? absent("the registry does not have the schema"),
      );
    }),
  ];
}

function route<S extends z.ZodType>(path: string, schema: S, answer: (body: z.output<S>) => Promise<unknown>): Route {
  return {
    method: "POST",
    path: `/api/v1/discovery/${path}`,
    async handle({ body }: Call) {
      const given = readShape(schema, await body());
      try {
        return json(await answer(given));
      } catch (error) {
        throw problemOf(error);
      }
    },
  };
}

function connectionOf(given: unknown): KafkaConnection {
  return parseKafkaConnection(given, "body.connection_params");
}

function absent(what: string): never {
  throw new Problem(404, "not_found", what);
}

/** Clients' faults and strangers' alike: nothing here is the API's own failure. */
function problemOf(error: unknown): unknown {
  if (error instanceof AddressForbidden) return new Problem(403, "forbidden", error.message);
  if (error instanceof KafkaUnavailable || error instanceof RegistryUnavailable) {
    return new Problem(422, "unreachable", error.message);
  }
  if (error instanceof KafkaUnusable || error instanceof RegistryRefused) {
    return new Problem(422, "unprocessable_entity", error.message);
  }
  return error;
}
