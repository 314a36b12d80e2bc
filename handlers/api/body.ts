/**
 * Reading a JSON request body.
 * Guarantees: never holds more than the limit in memory, never waits longer than the deadline; every failure is a
 * `Problem` with the documented status (400, 408, 413, 415).
 */
import { Problem } from "./problem.ts";

/** A body of this size or more is refused. */
export const BODY_LIMIT = 1_048_576;
export const BODY_DEADLINE_MS = 5_000;

/** The parsed body of a route that needs one. */
export async function readJson(request: Request, deadlineMs?: number): Promise<unknown> {
  return parseJson(await readText(request, deadlineMs));
}

/** The parser's own message quotes the body, which may hold secrets. */
export function parseJson(text: string, reviver?: (this: unknown, key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch {
    throw notJson();
  }
}

/** The text of a JSON body that a route needs. */
export async function readText(request: Request, deadlineMs = BODY_DEADLINE_MS): Promise<string> {
  checkContentType(request.headers.get("content-type"));
  checkContentEncoding(request.headers.get("content-encoding"));
  if (Number(request.headers.get("content-length") ?? 0) >= BODY_LIMIT) throw tooLarge();
  const bytes = await readBytes(request, deadlineMs);
  if (bytes.length === 0) throw new Problem(400, "", "validation failed: request body is required (body)");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notJson();
  }
}

function notJson(): Problem {
  return Problem.validation("expected valid JSON", "body", 400);
}

function checkContentType(header: string | null): void {
  const type = (header ?? "").split(";")[0].trim().toLowerCase();
  if (type === "" || type === "application/json" || /^[^/\s]+\/[^/\s]+\+json$/.test(type)) return;
  throw new Problem(
    415,
    "",
    "validation failed: unsupported content type, send application/json (header.Content-Type)",
  );
}

function checkContentEncoding(header: string | null): void {
  const encoding = (header ?? "").trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return;
  throw new Problem(
    415,
    "",
    "validation failed: unsupported content encoding, send the body uncompressed (header.Content-Encoding)",
  );
}

function tooLarge(): Problem {
  return new Problem(413, "", `validation failed: request body must be smaller than ${BODY_LIMIT} bytes (body)`);
}

async function readBytes(request: Request, deadlineMs: number): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Problem(408, "", "validation failed: request body was not received in time (body)")),
    deadlineMs,
  );
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done) break;
      size += value.length;
      if (size >= BODY_LIMIT) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    // The rest is not wanted; whether the client hears of that does not matter.
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
