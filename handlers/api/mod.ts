/** The control-plane API. */
export { type ApiOptions, createApi } from "./api.ts";
export type { DeadLetterQueue } from "./dead_letters.ts";
export { checkExpressions } from "./expression_check.ts";
export * from "./orchestrator.ts";
export type { ApiLog, Fetch } from "./routes.ts";
