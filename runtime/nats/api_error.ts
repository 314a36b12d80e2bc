/**
 * Errors of the NATS client library, known by name and code. Not by class: a bundled stage brings its own copy of the
 * library, while its connection was made by the worker's.
 */

/** JetStream's API error code (https://github.com/nats-io/nats-server/blob/main/server/errors.json); null for any other error. */
export function apiErrorCode(error: unknown): number | null {
  const isApiError = error instanceof Error && "apiError" in error && typeof error.apiError === "function";
  return isApiError && "code" in error && typeof error.code === "number" ? error.code : null;
}

/** Whether it is the library's error class of that name. */
export function isNatsError(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}

/** Nobody listens on the subject of a request. */
export function isNoResponders(error: unknown): boolean {
  return error instanceof Error && "isNoResponders" in error && typeof error.isNoResponders === "function" &&
    error.isNoResponders() === true;
}
