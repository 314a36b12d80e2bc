/**
 * Answers to exporters: `google.rpc.Status` for failures and `Export…ServiceResponse` for success, each in the encoding
 * of the request. Source: OTLP specification 1.11, "OTLP/HTTP response" and "OTLP/HTTP throttling".
 */
import {
  BadRequest,
  BodyAborted,
  BodyTimeout,
  PayloadTooLarge,
  StreamFull,
  Unavailable,
  UnsupportedMediaType,
} from "./errors.ts";
import { ProtoWriter } from "./proto_writer.ts";

export type Encoding = "protobuf" | "json";

export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/** Codes of google.rpc.Code, as far as they occur. */
export const CODE = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

/** How a request failed, for any transport. */
export interface Failure {
  readonly http: number;
  readonly code: number;
  readonly message: string;
  /** A metric label. */
  readonly reason: string;
  /** The exporter may try again after this many seconds. */
  readonly retryAfterSeconds?: number;
  /** The request's data is at fault: told in a BadRequest detail. */
  readonly badRequest?: boolean;
}

const RETRY_AFTER_SECONDS = 1;

export const failures = {
  missingPipelineId: (): Failure => ({
    http: 400,
    code: CODE.INVALID_ARGUMENT,
    message: "missing x-glassflow-pipeline-id header",
    reason: "missing_pipeline_id",
  }),
  unknownPipeline: (): Failure => ({
    http: 404,
    code: CODE.NOT_FOUND,
    message: "no pipeline has the id in x-glassflow-pipeline-id",
    reason: "unknown_pipeline",
  }),
  wrongKind: (sourceType: string): Failure => ({
    http: 400,
    code: CODE.INVALID_ARGUMENT,
    message: `the pipeline has no ${sourceType} source: send to a pipeline of that type`,
    reason: "wrong_source_type",
  }),
  overloaded: (): Failure => ({
    http: 429,
    code: CODE.RESOURCE_EXHAUSTED,
    message: "receiver overloaded, try again later",
    reason: "overloaded",
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  }),
  shuttingDown: (): Failure => ({
    http: 503,
    code: CODE.UNAVAILABLE,
    message: "the receiver is shutting down, try again",
    reason: "shutting_down",
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  }),
  noHost: (): Failure => ({
    http: 400,
    code: CODE.INVALID_ARGUMENT,
    message: "the Host header is not a host",
    reason: "bad_host",
  }),
  logsOnly: (signal: string): Failure => ({
    http: 501,
    code: CODE.UNIMPLEMENTED,
    message: `this release takes logs only: send them to /v1/logs, and no ${signal}`,
    reason: "not_implemented",
  }),
  notFound: (): Failure => ({ http: 404, code: CODE.NOT_FOUND, message: "no such path", reason: "not_found" }),
  methodNotAllowed: (): Failure => ({
    http: 405,
    code: CODE.UNIMPLEMENTED,
    message: "only POST is allowed here",
    reason: "method_not_allowed",
  }),
};

/** The failure an error stands for. Anything unforeseen is an internal error, whose text stays inside. */
export function failureOf(error: unknown): Failure {
  if (error instanceof BadRequest) {
    return { http: 400, code: CODE.INVALID_ARGUMENT, message: error.message, reason: "bad_data", badRequest: true };
  }
  if (error instanceof UnsupportedMediaType) {
    return { http: 415, code: CODE.INVALID_ARGUMENT, message: error.message, reason: "unsupported_media_type" };
  }
  if (error instanceof PayloadTooLarge) {
    return { http: 413, code: CODE.RESOURCE_EXHAUSTED, message: error.message, reason: "too_large" };
  }
  if (error instanceof BodyTimeout) {
    return { http: 408, code: CODE.DEADLINE_EXCEEDED, message: error.message, reason: "body_timeout" };
  }
  if (error instanceof BodyAborted) {
    return { http: 400, code: CODE.CANCELLED, message: error.message, reason: "client_aborted" };
  }
  if (error instanceof StreamFull) {
    return {
      http: 429,
      code: CODE.RESOURCE_EXHAUSTED,
      message: "stream back-pressure, try again later",
      reason: "stream_full",
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    };
  }
  if (error instanceof Unavailable) {
    return {
      http: 503,
      code: CODE.UNAVAILABLE,
      message: "the pipeline cannot be reached at the moment, try again later",
      reason: "unavailable",
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    };
  }
  return { http: 500, code: CODE.INTERNAL, message: "internal error", reason: "internal" };
}

/** The HTTP answer for a failure. JSON when the request's encoding is not known. */
export function failureResponse(failure: Failure, encoding: Encoding = "json"): Response {
  const headers: Record<string, string> = {
    "content-type": MEDIA_TYPES[encoding],
    "x-content-type-options": "nosniff",
  };
  if (failure.retryAfterSeconds !== undefined) headers["retry-after"] = String(failure.retryAfterSeconds);
  if (failure.http === 405) headers["allow"] = "POST";
  // The rest of the body may still come: such a connection cannot be used again, and would delay a shutdown.
  if (failure.http === 408) headers["connection"] = "close";
  const body = encoding === "json" ? jsonStatus(failure) : protoStatus(failure);
  return new Response(body, { status: failure.http, headers });
}

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";
const BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest";

function jsonStatus(failure: Failure): string {
  const details: unknown[] = [];
  if (failure.retryAfterSeconds !== undefined) {
    details.push({ "@type": RETRY_INFO, retryDelay: `${failure.retryAfterSeconds}s` });
  }
  if (failure.badRequest) {
    details.push({ "@type": BAD_REQUEST, fieldViolations: [{ field: "body", description: failure.message }] });
  }
  return JSON.stringify({ code: failure.code, message: failure.message, ...(details.length > 0 ? { details } : {}) });
}

/** google.rpc.Status: 1 code, 2 message, 3 details (google.protobuf.Any: 1 type_url, 2 value). */
export function protoStatus(failure: Failure): Uint8Array<ArrayBuffer> {
  const status = new ProtoWriter().varint(1, failure.code).text(2, failure.message);
  if (failure.retryAfterSeconds !== undefined) {
    // RetryInfo: 1 retry_delay (Duration: 1 seconds).
    const info = new ProtoWriter().message(1, new ProtoWriter().varint(1, failure.retryAfterSeconds));
    status.message(3, new ProtoWriter().text(1, RETRY_INFO).message(2, info));
  }
  if (failure.badRequest) {
    // BadRequest: 1 field_violations (1 field, 2 description).
    const violation = new ProtoWriter().text(1, "body").text(2, failure.message);
    status.message(3, new ProtoWriter().text(1, BAD_REQUEST).message(2, new ProtoWriter().message(1, violation)));
  }
  return status.finish();
}

/** Items that were not taken although the request was. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** JSON names of the counter in `partialSuccess`, by signal. */
const REJECTED = { logs: "rejectedLogRecords", traces: "rejectedSpans", metrics: "rejectedDataPoints" } as const;

export type Signal = keyof typeof REJECTED;

/** The HTTP answer for success; `partial` only when something was rejected. */
export function successResponse(signal: Signal, encoding: Encoding, partial?: PartialSuccess): Response {
  const headers = { "content-type": MEDIA_TYPES[encoding] };
  if (encoding === "json") {
    const body = partial
      ? { partialSuccess: { [REJECTED[signal]]: String(partial.rejected), errorMessage: partial.message } }
      : {};
    return new Response(JSON.stringify(body), { headers });
  }
  const body = new ProtoWriter();
  if (partial) body.message(1, new ProtoWriter().varint(1, partial.rejected).text(2, partial.message));
  return new Response(body.finish(), { headers });
}
