/**
 * Errors as clients see them: `{"status","code","message","details"?,"errors"?}`.
 * Guarantees: what is not meant for clients is answered as a masked 500 and is logged by the caller; no value of a
 * request body and no secret is ever part of an answer.
 */
import { PlanError } from "../../pipeline/compile/mod.ts";
import { ConfigError, type ErrorEntry } from "../../pipeline/config/mod.ts";
import {
  CatalogUnavailable,
  PipelineExists,
  PipelineNotFound,
  StatusError,
  VersionConflict,
} from "../../runtime/catalog/mod.ts";
import { BadCursor, DlqNotFound, TooManyGaps } from "../../runtime/dlq/mod.ts";
import { Unavailable } from "../../runtime/errors.ts";
import { NoRoom } from "../../runtime/local/no_room.ts";
import { OrchestratorForbids, OrchestratorRefuses, OrchestratorUnsupported } from "./orchestrator.ts";

export type Details = Record<string, unknown>;

/** An answer that is an error. */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Details = {},
    options?: ErrorOptions,
    /** Every finding about the request. */
    readonly errors: readonly ErrorEntry[] = [],
  ) {
    super(message, options);
  }

  /** A request that does not have the documented shape; `location` is like `query.batch_size`. */
  static validation(text: string, location: string, status = 422): Problem {
    return new Problem(status, "", `validation failed: ${text} (${location})`, {}, {}, [{ location, message: text }]);
  }

  static notImplemented(what: string, details: Details = {}): Problem {
    return new Problem(501, "not_implemented", `${what} is not available in this release`, details);
  }

  body(): Record<string, unknown> {
    const body: Record<string, unknown> = { status: this.status, code: this.code, message: this.message };
    if (Object.keys(this.details).length > 0) body.details = this.details;
    if (this.errors.length > 0) body.errors = this.errors;
    return body;
  }
}

/** What an error means to the client; `pipelineId` is the one in the path, if any. */
export function problemOf(error: unknown, pipelineId?: string): Problem {
  const about = pipelineId === undefined ? {} : { pipeline_id: pipelineId };
  if (error instanceof Problem) return error;
  if (error instanceof ConfigError) {
    return new Problem(error.status, error.code, error.message, { ...error.details }, { cause: error }, error.errors());
  }
  const problem = (status: number, code: string, message: string, details: Details = about) =>
    new Problem(status, code, message, details, { cause: error });
  if (error instanceof PipelineNotFound) {
    return problem(404, "not_found", error.message, { pipeline_id: error.pipelineId, error: error.message });
  }
  if (error instanceof PipelineExists) {
    return problem(409, "conflict", error.message, { pipeline_id: error.pipelineId, error: error.message });
  }
  if (error instanceof VersionConflict) return problem(412, "precondition_failed", error.message);
  if (error instanceof StatusError) {
    return problem(400, error.code, error.message, { ...about, ...statusDetails(error) });
  }
  if (error instanceof DlqNotFound) return problem(404, "not_found", error.message);
  if (error instanceof BadCursor) return Problem.validation(error.message, "query.cursor");
  if (error instanceof TooManyGaps) return problem(409, "conflict", error.message);
  const told = error instanceof Error ? { ...about, error: error.message } : about;
  if (error instanceof OrchestratorUnsupported) return problem(501, "not_implemented", error.message, told);
  if (error instanceof OrchestratorForbids) return problem(403, "forbidden", error.message, told);
  if (error instanceof OrchestratorRefuses || error instanceof PlanError || error instanceof NoRoom) {
    return problem(422, "unprocessable_entity", error.message, told);
  }
  if (error instanceof CatalogUnavailable) {
    return problem(503, "unavailable", "the catalog's database does not answer; try again", {});
  }
  if (error instanceof Unavailable) return problem(503, "unavailable", "NATS does not answer; try again", {});
  return problem(500, "internal_error", "Internal server error", {});
}

function statusDetails(error: StatusError): Details {
  const details: Details = {
    current_status: error.current,
    requested_status: error.requested,
    error: error.message,
  };
  const always = error.requested === "Stopping" || error.requested === "Terminating";
  if (error.validTransitions.length > 0) details.valid_transitions = error.validTransitions;
  else if (always) details.valid_transitions = null;
  const cure = wayToRest(error.current, error.requested);
  if (cure) details.cure = cure;
  return details;
}

/** What terminating costs a pipeline that has run. */
const DROPS = ", which drops its dead letters and what is between its stages";

/** What to do first where an action needs a pipeline at rest and this one is not. */
export function wayToRest(current: string, requested: string = ""): string | undefined {
  if (current === "Created" || current === "Resuming") {
    return requested === "" || requested === "Stopping"
      ? `it is still starting: terminate it${current === "Created" ? "" : DROPS}, then edit, resume or delete it`
      : undefined;
  }
  if (requested !== "") return undefined;
  return current === "Running" ? "stop it first" : "wait until it is Stopped";
}
