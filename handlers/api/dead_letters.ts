/** The dead-letter queue's routes. They look at the pipeline's stream only, never at its record. */
import { z } from "zod";
import { pipelineHash, readShape } from "../../pipeline/config/mod.ts";
import type { DlqReader } from "../../runtime/dlq/mod.ts";
import { Problem } from "./problem.ts";
import { empty, json, ok } from "./respond.ts";
import type { Route } from "./routes.ts";

/** What the routes need of `runtime/dlq`. */
export type DeadLetterQueue = Pick<DlqReader, "state" | "consume" | "list" | "discard" | "purge">;

const LARGEST_BATCH = 1000;
const LIST_BATCH = 100;
const MOST_IDS = 1000;
export const COMPONENTS = ["ingestor", "join", "sink", "dedup", "otlp-receiver"];

export const discardSchema = z.strictObject({
  mode: z.string(),
  message_ids: z.array(z.string()).max(MOST_IDS).nullish(),
});

export function deadLetterRoutes(dlq: DeadLetterQueue): Route[] {
  const at = (name: string) => `/api/v1/pipeline/{id}/dlq/${name}`;
  return [
    {
      method: "GET",
      path: at("state"),
      handle: async ({ id }) => json(await dlq.state(pipelineHash(id))),
    },
    {
      method: "GET",
      path: at("consume"),
      async handle({ id, url }) {
        const entries = await dlq.consume(pipelineHash(id), batchSize(url, 1));
        return entries.length === 0 ? empty() : json(entries);
      },
    },
    {
      method: "GET",
      path: at("list"),
      async handle({ id, url }) {
        const component = url.searchParams.get("component") || undefined;
        if (component !== undefined && !COMPONENTS.includes(component)) {
          throw Problem.validation(`expected value to be one of ${COMPONENTS.join(", ")}`, "query.component");
        }
        const cursor = url.searchParams.get("cursor") || undefined;
        return json(await dlq.list(pipelineHash(id), batchSize(url, LIST_BATCH), cursor, component));
      },
    },
    {
      method: "POST",
      path: at("purge"),
      async handle({ id }) {
        await dlq.purge(pipelineHash(id));
        return ok();
      },
    },
    {
      method: "POST",
      path: at("discard"),
      async handle({ id, body }) {
        const { discarded_count, unknown_ids } = await dlq.discard(pipelineHash(id), chosen(await body()));
        return json({
          request_id: `dlq-discard-${crypto.randomUUID()}`,
          discarded_count,
          ...(unknown_ids.length > 0 && { unknown_message_ids: unknown_ids }),
        });
      },
    },
    {
      method: "POST",
      path: at("reprocess"),
      handle: ({ id }) => {
        throw Problem.notImplemented("reprocessing dead letters", { pipeline_id: id });
      },
    },
  ];
}

function chosen(body: unknown): readonly string[] | "all" {
  const { mode, message_ids } = readShape(discardSchema, body);
  if (mode === "all") return "all";
  if (mode !== "selected") throw Problem.validation("expected value to be one of all, selected", "body.mode");
  if (!message_ids || message_ids.length === 0) {
    throw Problem.validation("expected required property message_ids to be present", "body");
  }
  return message_ids;
}

function batchSize(url: URL, fallback: number): number {
  const text = url.searchParams.get("batch_size");
  if (text === null || text === "") return fallback;
  const refuse = (what: string) => Problem.validation(what, "query.batch_size");
  if (!/^[+-]?\d+$/.test(text)) throw refuse("invalid integer");
  const size = Number(text);
  if (size < 1) throw refuse("expected number >= 1");
  if (size > LARGEST_BATCH) throw refuse(`expected number <= ${LARGEST_BATCH}`);
  return size;
}
