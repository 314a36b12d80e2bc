/** Liveness, readiness, platform, metrics, and the configuration the OTLP receiver asks for. */
import { receiverConfig } from "./receiver_config.ts";
import {
  dedupOf,
  isOtlpPipeline,
  otlpOutputSubject,
  type PipelineConfig,
  replicasOf,
} from "../../pipeline/config/mod.ts";
import { type Catalog, configOf, PipelineNotFound } from "../../runtime/catalog/mod.ts";
import type { Metrics } from "../../runtime/metrics.ts";
import type { AnyOrchestrator } from "./api.ts";
import { Problem } from "./problem.ts";
import { find } from "./records.ts";
import { empty, json } from "./respond.ts";
import type { ApiLog, Route } from "./routes.ts";

/** A dependency is ready when its check resolves. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<unknown>>>;

export interface PlatformRoutesOptions {
  catalog: Catalog;
  orchestrator: AnyOrchestrator;
  readiness?: ReadinessChecks;
  metrics: Metrics;
  log: ApiLog;
}

const CHECK_WITHIN_MS = 2_000;

export function platformRoutes({ catalog, orchestrator, readiness, metrics, log }: PlatformRoutesOptions): Route[] {
  const checks: ReadinessChecks = { catalog: () => catalog.ping(), ...readiness };
  const later = (method: Route["method"], path: string, what: string): Route => ({
    method,
    path,
    handle: () => {
      throw Problem.notImplemented(what);
    },
  });
  return [
    { method: "GET", path: "/api/v1/healthz", handle: () => empty() },
    { method: "GET", path: "/api/v2/healthz", handle: () => json({ status: "ok" }) },
    {
      method: "GET",
      path: "/api/v1/readyz",
      async handle() {
        const results = await Promise.all(
          Object.entries(checks).map(async ([name, check]) => {
            const problem = await failure(check);
            if (problem !== null) log.warn({ dependency: name, err: problem }, "a dependency is not ready");
            return [name, problem === null ? "ok" : "unavailable"] as const;
          }),
        );
        const ready = results.every(([, result]) => result === "ok");
        const body = { status: ready ? "ok" : "unavailable", checks: Object.fromEntries(results) };
        return json(body, ready ? 200 : 503);
      },
    },
    { method: "GET", path: "/api/v1/platform", handle: () => json({ orchestrator: orchestrator.kind }) },
    {
      method: "GET",
      path: "/metrics",
      handle: () =>
        new Response(metrics.render(), { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } }),
    },
    {
      method: "GET",
      path: "/internal/pipelines/{id}/otlp-config",
      async handle({ id }) {
        const record = await find(catalog, id);
        if (record.deleting) throw new PipelineNotFound(id); // what it took in now would go with it
        const config = configOf(record);
        return json({
          pipeline_id: id,
          source_type: config.sources[0].type,
          status: record.status,
          routing: routing(config),
          ...(isOtlpPipeline(config)
            ? {
              receiver: receiverConfig(config, record.status !== "Running", (await orchestrator.describe(id)).shards),
            }
            : {}),
        });
      },
    },
    later("ANY", "/api/v1/docs", "the API's documentation page"),
  ];
}

function routing(config: PipelineConfig) {
  const output_subject = otlpOutputSubject(config.pipeline_id);
  const dedup = dedupOf(config, config.sources[0].source_id);
  if (!dedup) return { output_subject, subject_count: replicasOf(config, "sink"), type: "random" };
  return { output_subject, subject_count: replicasOf(config, "transform"), type: "field", field: { name: dedup.key } };
}

async function failure(check: () => Promise<unknown>): Promise<unknown> {
  const late = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => late.resolve(new Error(`no answer within ${CHECK_WITHIN_MS} ms`)), CHECK_WITHIN_MS);
  try {
    return await Promise.race([check().then(() => null, (error) => error ?? new Error("failed")), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
