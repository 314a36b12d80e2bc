/** Create, list, read, rename, re-label, edit and delete pipelines. */
import {
  type CheckExpressions,
  parseMetadata,
  parsePipelineConfig,
  parsePipelineEdit,
  parseRename,
  type PipelineConfig,
  pipelineSchema,
  readShape,
  redact,
  renderPipelineConfig,
  type ResourceDefaults,
  transformationType,
} from "../../pipeline/config/mod.ts";
import { type Catalog, configOf, type PipelineRecord, StatusError, stored } from "../../runtime/catalog/mod.ts";
import type { AnyOrchestrator } from "./api.ts";
import { inVersion3, preview } from "./configuration_body.ts";
import { Problem, wayToRest } from "./problem.ts";
import { changing, etag, find, wanted } from "./records.ts";
import { json, ok } from "./respond.ts";
import type { ApiLog, Route } from "./routes.ts";
import { selectSchema } from "./schema_selection.ts";

export interface PipelineRoutesOptions {
  catalog: Catalog;
  orchestrator: AnyOrchestrator;
  compileCheck?: CheckExpressions;
  resourceDefaults?: ResourceDefaults;
  log: ApiLog;
}

export function pipelineRoutes(options: PipelineRoutesOptions): Route[] {
  const { catalog, orchestrator, compileCheck, resourceDefaults, log } = options;
  return [
    {
      method: "POST",
      path: "/api/v1/pipeline",
      async handle({ configuration }) {
        const config = inVersion3(await configuration())
          .read((input) => parsePipelineConfig(input, compileCheck, resourceDefaults));
        const record = await catalog.createPipeline({ id: config.pipeline_id, ...stored(config) });
        try {
          await orchestrator.create(config);
        } catch (error) {
          await catalog.delete(config.pipeline_id);
          throw error;
        }
        return ok(etag(record));
      },
    },
    {
      method: "GET",
      path: "/api/v1/pipeline",
      async handle() {
        const records = await catalog.list();
        return json(records.flatMap((record) => {
          const config = readable(record, log);
          return config ? [listed(record, config)] : [];
        }));
      },
    },
    {
      method: "POST",
      path: "/api/v1/pipeline/validate",
      async handle({ configuration }) {
        const config = inVersion3(await configuration())
          .read((input) => parsePipelineConfig(input, compileCheck, resourceDefaults));
        return json({ valid: true, configuration: renderPipelineConfig(redact(config)) });
      },
    },
    {
      method: "POST",
      path: "/api/v1/pipeline/migrate-preview",
      handle: async ({ configuration }) => json(preview(await configuration())),
    },
    {
      method: "GET",
      path: "/api/v1/pipeline/{id}",
      async handle({ id, url }) {
        const record = await find(catalog, id);
        const config = configOf(record);
        selectSchema(config, url.searchParams.getAll("schema"));
        return json(renderPipelineConfig(config), 200, etag(record));
      },
    },
    {
      method: "PATCH",
      path: "/api/v1/pipeline/{id}",
      async handle({ id, request, body }) {
        const { name } = parseRename(await body());
        await find(catalog, id);
        return ok(etag(await catalog.rename(id, name, wanted(request))));
      },
    },
    {
      method: "PATCH",
      path: "/api/v1/pipeline/{id}/metadata",
      async handle({ id, request, body }) {
        const { tags } = parseMetadata(await body());
        await find(catalog, id);
        return ok(etag(await catalog.setMetadata(id, { tags: tags && [...tags] }, wanted(request))));
      },
    },
    {
      method: "POST",
      path: "/api/v1/pipeline/{id}/edit",
      async handle({ id, request, configuration }) {
        const body = inVersion3(await configuration());
        body.read((input) => readShape(pipelineSchema, input));
        const after = await changing(catalog, id, request, async (before, guard) => {
          const config = body
            .read((input) => parsePipelineEdit(input, id, configOf(before), compileCheck, resourceDefaults));
          const after = await catalog.updateConfig(id, stored(config), "Resuming", guard);
          await orElseRevert(catalog, before, after, log, () => orchestrator.edit(config));
          return after;
        });
        return ok(etag(after));
      },
    },
    {
      method: "DELETE",
      path: "/api/v1/pipeline/{id}",
      async handle({ id, request }) {
        await changing(catalog, id, request, async (before, guard) => {
          const after = before.deleting ? before : await beginDelete(catalog, before, guard);
          const outcome = await orElseRevert(catalog, before, after, log, () => orchestrator.delete(id));
          if (outcome === "done") await catalog.delete(id);
        });
        return ok();
      },
    },
  ];
}

/** Runs `effect`; when it cannot be started the catalog goes back to what it was, and the error goes on. */
export async function orElseRevert<T>(
  catalog: Catalog,
  before: PipelineRecord,
  after: PipelineRecord,
  log: ApiLog,
  effect: () => Promise<T>,
): Promise<T> {
  try {
    return await effect();
  } catch (error) {
    try {
      if (after !== before && !await catalog.revert(before, after)) {
        log.warn({ pipeline_id: before.id }, "the pipeline changed meanwhile, the failed action is not taken back");
      }
    } catch (failure) {
      log.error({ pipeline_id: before.id, err: failure }, "the failed action could not be taken back");
    }
    throw error;
  }
}

async function beginDelete(catalog: Catalog, before: PipelineRecord, guard: { version: number }) {
  try {
    return await catalog.beginDelete(before.id, guard);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const message = `pipeline can only be deleted if it's stopped or terminated, current status: ${error.current}`;
    const details = { pipeline_id: before.id, current_status: error.current, cure: wayToRest(error.current) };
    throw new Problem(400, "bad_request", message, details);
  }
}

function readable(record: PipelineRecord, log: ApiLog): PipelineConfig | null {
  try {
    return configOf(record);
  } catch (error) {
    log.error(
      { pipeline_id: record.id, err: error },
      "the stored configuration is not valid, the pipeline is not listed",
    );
    return null;
  }
}

function listed(record: PipelineRecord, config: PipelineConfig) {
  return {
    pipeline_id: record.id,
    name: record.name,
    transformation_type: transformationType(config),
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    status: record.status,
    metadata: record.metadata,
  };
}
