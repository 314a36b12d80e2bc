/**
 * `POST /api/v1/pipeline/dry-run`: what a pipeline would do to sample events, stage by stage. Nothing is stored or sent.
 * The answer holds what becomes of the events, and nothing of the configuration but its transforms and column types.
 */
import { z } from "zod";
import {
  type CheckExpressions,
  ConfigError,
  parsePipelineConfig,
  type PipelineConfig,
  readShape,
  type ResourceDefaults,
} from "../../pipeline/config/mod.ts";
import type { TableColumn } from "../../pipeline/compile/mod.ts";
import { type Catalog, configOf } from "../../runtime/catalog/mod.ts";
import { dryRunJob, NotTriable } from "../dry_run/prepare.ts";
import type { Sandbox } from "../dry_run/sandbox.ts";
import { TableNotRead } from "../dry_run/table_types.ts";
import { parseJson } from "./body.ts";
import { inVersion3 } from "./configuration_body.ts";
import { Problem } from "./problem.ts";
import { find } from "./records.ts";
import type { Route } from "./routes.ts";
import { inSandbox } from "./sandboxed.ts";

export const MOST_EVENTS = 1_000;

/** The columns of a pipeline's table as its server has them. @throws {TableNotRead} */
export type ReadTable = (config: PipelineConfig) => Promise<readonly TableColumn[]>;

export interface DryRunRoutesOptions {
  catalog: Catalog;
  sandbox: Sandbox;
  compileCheck?: CheckExpressions;
  resourceDefaults?: ResourceDefaults;
  readTable: ReadTable;
  /** Milliseconds since 1970. */
  now?: () => number;
}

export const dryRunSchema = z.strictObject({
  pipeline: z.unknown().optional().describe("A configuration, as for create; or pipeline_id."),
  pipeline_id: z.string().nullish().describe("A pipeline that exists."),
  events: z.array(z.unknown()).min(1).max(MOST_EVENTS).describe(
    "kafka: JSON messages. otlp.logs: OTLP/JSON log records or export requests. A text is taken byte for byte.",
  ),
  types: z.string().nullish().describe(
    "declared (default): the mapping's column types. table: those of the real table.",
  ),
});

export function dryRunRoutes(options: DryRunRoutesOptions): Route[] {
  return [{
    method: "POST",
    path: "/api/v1/pipeline/dry-run",
    async handle({ text }) {
      const body = await text();
      const { events: _, types, ...which } = readShape(dryRunSchema, parseJson(body));
      if (types != null && types !== "declared" && types !== "table") {
        throw Problem.validation("expected declared or table", "body.types");
      }
      const config = await configuration(which, options);
      const events = eventTexts(body);
      try {
        const table = types === "table" && !config.join ? await options.readTable(config) : null;
        const job = dryRunJob(config, table, events, (options.now ?? Date.now)());
        const json = await inSandbox(
          options.sandbox,
          job,
          (reason) => new Problem(422, "unprocessable_entity", "the events could not be tried out", { error: reason }),
        );
        return new Response(`${json}\n`, { headers: { "content-type": "application/json" } });
      } catch (error) {
        if (!(error instanceof NotTriable || error instanceof TableNotRead)) throw error;
        throw new Problem(422, "unprocessable_entity", error.message, {}, { cause: error });
      }
    },
  }];
}

async function configuration(
  { pipeline, pipeline_id }: { pipeline?: unknown; pipeline_id?: string | null },
  { catalog, compileCheck, resourceDefaults }: DryRunRoutesOptions,
): Promise<PipelineConfig> {
  if ((pipeline == null) === (pipeline_id == null)) {
    throw Problem.validation("expected either pipeline, a configuration, or pipeline_id", "body");
  }
  if (pipeline_id != null) return configOf(await find(catalog, pipeline_id));
  try {
    return inVersion3({ value: pipeline, read: (reader) => reader(pipeline) })
      .read((input) => parsePipelineConfig(input, compileCheck, resourceDefaults));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The configuration stands one level deeper here than where it is created.
    const message = error.message.replace(/\(body(?=[.)])/, "(body.pipeline");
    const issues = error.issues.map((issue) => ({ ...issue, path: issue.path.replace(/^body\b/, "body.pipeline") }));
    throw new ConfigError(error.status, error.code, message, issues, error.details);
  }
}

/** Each event as its sender would write it: a text stands for itself, numbers keep their spelling. */
function eventTexts(body: string): string[] {
  const exact = parseJson(body, spelling) as Record<string, unknown>;
  const events = Object.entries(exact).find(([name]) => name.toLowerCase() === "events")![1] as unknown[];
  return events.map((event) => typeof event === "string" ? event : JSON.stringify(event));
}

interface NumberSpelling {
  rawJSON(text: string): unknown;
}

/** Numbers that JavaScript would write otherwise (or not hold) stay as they are written. */
function spelling(_key: string, value: unknown, ...[context]: unknown[]): unknown {
  if (typeof value !== "number") return value;
  const { source } = context as { source: string };
  return String(value) === source ? value : (JSON as unknown as NumberSpelling).rawJSON(source);
}
