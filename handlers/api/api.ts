/**
 * The control-plane API as one Web-standard `fetch`.
 *
 * @example
 * const api = createApi({ catalog, orchestrator, dlq: new DlqReader(nc), log, metrics });
 * Deno.serve({ port: 8081 }, api.fetch);
 */
import type { CheckExpressions, ResourceDefaults } from "../../pipeline/config/mod.ts";
import type { Catalog } from "../../runtime/catalog/mod.ts";
import type { Metrics } from "../../runtime/metrics.ts";
import { Sandbox } from "../dry_run/sandbox.ts";
import { readTable } from "../dry_run/table_types.ts";
import { type DiscoveryOptions, discoveryRoutes } from "./discovery.ts";
import { type DeadLetterQueue, deadLetterRoutes } from "./dead_letters.ts";
import { dryRunRoutes, type ReadTable } from "./dry_run.ts";
import { checkExpressions } from "./expression_check.ts";
import { expressionRoutes } from "./expressions.ts";
import { lifecycleRoutes } from "./lifecycle.ts";
import { noOrchestrator, type Orchestrator } from "./orchestrator.ts";
import { openApiRoutes } from "./openapi_routes.ts";
import { pipelineRoutes } from "./pipelines.ts";
import { platformRoutes, type ReadinessChecks } from "./platform.ts";
import { resourceRoutes } from "./resources.ts";
import { type ApiLog, createRouter, type Fetch, type Route } from "./routes.ts";

export type AnyOrchestrator = Orchestrator | ReturnType<typeof noOrchestrator>;

export interface ApiOptions {
  catalog: Catalog;
  /** Without one the API shows pipelines but cannot run them. */
  orchestrator?: Orchestrator;
  dlq: DeadLetterQueue;
  /** Refuses configurations whose expressions do not compile. Default: the expression checker. */
  compileCheck?: CheckExpressions;
  resourceDefaults?: ResourceDefaults;
  /** Where expressions of users run when they are tried out. */
  sandbox?: Sandbox;
  /** How a dry run looks at a table. */
  readTable?: ReadTable;
  /** Dependencies `readyz` asks besides the catalog, e.g. `{ nats: () => nc.flush() }`. */
  readiness?: ReadinessChecks;
  /** Where discovery may connect, and for how long. */
  discovery?: DiscoveryOptions;
  log: ApiLog;
  /** Rendered at `/metrics`. */
  metrics: Metrics;
  /** Milliseconds that never go back. */
  clock?: () => number;
  bodyDeadlineMs?: number;
}

export function createApi(options: ApiOptions): { fetch: Fetch; routes: readonly Route[] } {
  const orchestrator = options.orchestrator ?? noOrchestrator();
  const sandbox = options.sandbox ?? new Sandbox();
  const wired = {
    ...options,
    orchestrator,
    sandbox,
    compileCheck: options.compileCheck ?? checkExpressions,
    readTable: options.readTable ?? readTable,
  };
  const routes = [
    ...platformRoutes(wired),
    ...openApiRoutes(),
    ...expressionRoutes(sandbox),
    ...dryRunRoutes(wired),
    ...pipelineRoutes(wired),
    ...lifecycleRoutes(wired),
    ...resourceRoutes(wired),
    ...deadLetterRoutes(options.dlq),
    ...discoveryRoutes(options.discovery ?? {}),
  ];
  const { log, metrics, bodyDeadlineMs } = options;
  return {
    routes,
    fetch: createRouter(routes, { log, metrics, bodyDeadlineMs, clock: options.clock ?? (() => performance.now()) }),
  };
}
