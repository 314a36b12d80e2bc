/** A pipeline's resources: show, replace, and which of them are fixed. */
import {
  type PipelineConfig,
  readShape,
  type ResourceDefaults,
  resourcesBodySchema,
  resourcesPolicy,
  updateResources,
} from "../../pipeline/config/mod.ts";
import { type Catalog, checkEditable, configOf, type JsonObject, StatusError } from "../../runtime/catalog/mod.ts";
import type { AnyOrchestrator } from "./api.ts";
import { orElseRevert } from "./pipelines.ts";
import { Problem, wayToRest } from "./problem.ts";
import { changing, etag, find } from "./records.ts";
import { json } from "./respond.ts";
import type { ApiLog, Route } from "./routes.ts";

export interface ResourceRoutesOptions {
  catalog: Catalog;
  orchestrator: AnyOrchestrator;
  resourceDefaults?: ResourceDefaults;
  log: ApiLog;
}

export function resourceRoutes({ catalog, orchestrator, resourceDefaults, log }: ResourceRoutesOptions): Route[] {
  return [
    {
      method: "GET",
      path: "/api/v1/pipeline/{id}/resources",
      async handle({ id }) {
        const record = await find(catalog, id);
        return json(shown(configOf(record)), 200, etag(record));
      },
    },
    {
      method: "GET",
      path: "/api/v1/pipeline/{id}/resources/validation",
      async handle({ id }) {
        return json({ fields_policy: resourcesPolicy(configOf(await find(catalog, id))) });
      },
    },
    {
      method: "PUT",
      path: "/api/v1/pipeline/{id}/resources",
      async handle({ id, request, body }) {
        const input = await body();
        readShape(resourcesBodySchema, input);
        return await changing(catalog, id, request, async (before, guard) => {
          refuseUnlessAtRest(id, before.status);
          const config = configOf(before);
          const changed: PipelineConfig = { ...config, resources: updateResources(config, input, resourceDefaults) };
          const after = await catalog
            .setResources(id, changed.resources as JsonObject, "Resuming", guard);
          await orElseRevert(catalog, before, after, log, () => orchestrator.edit(changed));
          return json(shown(changed), 200, etag(after));
        });
      },
    },
  ];
}

function shown(config: PipelineConfig) {
  return { pipeline_resources: config.resources, fields_policy: resourcesPolicy(config) };
}

/** The same refusal as for edit, but with 409: clients tell the two apart. */
function refuseUnlessAtRest(id: string, status: string): void {
  try {
    checkEditable(status);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const details = { pipeline_id: id, current_status: status, cure: wayToRest(status) };
    throw new Problem(409, error.code, error.message, details);
  }
}
