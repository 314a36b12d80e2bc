/** Stop, terminate, resume, and the health of a pipeline. */
import { z } from "zod";
import { readShape } from "../../pipeline/config/mod.ts";
import { ACTION_TARGET, type Catalog, type LifecycleAction, sourcesOf } from "../../runtime/catalog/mod.ts";
import type { AnyOrchestrator } from "./api.ts";
import type { PipelineDescription } from "./orchestrator.ts";
import { orElseRevert } from "./pipelines.ts";
import { Problem } from "./problem.ts";
import { changing, etag, find } from "./records.ts";
import { json, ok } from "./respond.ts";
import type { ApiLog, Route } from "./routes.ts";

export const decisionBody = z.strictObject({ decision: z.enum(["insert", "skip"]) });

/** Clients give up after five seconds; a slow orchestrator must not hide the status. */
const DESCRIBE_WITHIN_MS = 2_000;

export function lifecycleRoutes(
  { catalog, orchestrator, log }: { catalog: Catalog; orchestrator: AnyOrchestrator; log: ApiLog },
): Route[] {
  const action = (name: LifecycleAction): Route => ({
    method: "POST",
    path: `/api/v1/pipeline/{id}/${name}`,
    async handle({ id, request }) {
      const to = ACTION_TARGET[name];
      const after = await changing(catalog, id, request, async (before, guard) => {
        const after = await catalog.transition(id, sourcesOf(to), to, undefined, guard);
        await orElseRevert(catalog, before, after, log, () => orchestrator[name](id));
        return after;
      });
      return ok(etag(after));
    },
  });
  return [
    action("stop"),
    action("terminate"),
    action("resume"),
    {
      method: "GET",
      path: "/api/v1/pipeline/{id}/health",
      async handle({ id }) {
        const record = await find(catalog, id);
        const description = await describe(orchestrator, id, log);
        const reason = record.reason ?? description?.reason;
        return json(
          {
            pipeline_id: record.id,
            pipeline_name: record.name,
            overall_status: record.status,
            created_at: record.createdAt,
            updated_at: record.updatedAt,
            ...(reason && { reason }),
            ...(record.deleting && { deleting: true }),
            ...(description && description.stages.length > 0 && { stages: description.stages }),
            ...(description?.warnings?.length && { warnings: description.warnings }),
            ...(description?.waiting && { waiting: description.waiting }),
          },
          200,
          etag(record),
        );
      },
    },
    {
      method: "POST",
      path: "/api/v1/pipeline/{id}/plan/decide",
      async handle({ id, body }) {
        await find(catalog, id);
        const { decision } = readShape(decisionBody, await body());
        if (!("decide" in orchestrator) || !orchestrator.decide) {
          throw Problem.notImplemented("deciding on a batch in doubt");
        }
        if (await orchestrator.decide(id, decision)) return ok();
        throw new Problem(409, "conflict", "no batch of this pipeline is open, so there is nothing to decide", {
          pipeline_id: id,
        });
      },
    },
    {
      method: "GET",
      path: "/api/v1/pipeline/{id}/ledger",
      async handle({ id }) {
        await find(catalog, id);
        const ledger = (await describe(orchestrator, id, log))?.ledger;
        if (!ledger) {
          throw new Problem(503, "unavailable", "the pipeline's ledger cannot be read now; try again", {
            pipeline_id: id,
          });
        }
        const { accepted, written, filtered, deduplicated, dead_lettered } = ledger;
        const in_flight = ledger.in_flight ?? accepted - written - filtered - deduplicated - dead_lettered;
        return json({ pipeline_id: id, accepted, written, filtered, deduplicated, dead_lettered, in_flight });
      },
    },
  ];
}

/** The orchestrator's view, or null when it fails or takes too long. */
async function describe(orchestrator: AnyOrchestrator, id: string, log: ApiLog): Promise<PipelineDescription | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), DESCRIBE_WITHIN_MS);
  const asked = orchestrator.describe(id).catch((error) => {
    log.warn({ pipeline_id: id, err: error }, "the orchestrator cannot describe the pipeline");
    return null;
  });
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
