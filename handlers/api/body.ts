/**
 * Reading a request body: JSON, and YAML where the body is a configuration.
 * Guarantees: never holds more than the limit in memory, never waits longer than the deadline; every failure is a
 * `Problem` with the documented status (400, 408, 413, 415).
 */
import { ConfigError, parseYaml, type YamlDocument, YamlError } from "../../pipeline/config/mod.ts";
import { jsonTextFault, type TextFault } from "../../pipeline/scan/mod.ts";
import { Problem } from "./problem.ts";

/** A body of this size or more is refused. */
export const BODY_LIMIT = 1_048_576;
export const BODY_DEADLINE_MS = 5_000;

/** The parsed body of a route that needs one. */
export async function readJson(request: Request, deadlineMs?: number): Promise<unknown> {
  return parseJson(await readText(request, deadlineMs));
}

/** The text of a JSON body that a route needs. */
export async function readText(request: Request, deadlineMs?: number): Promise<string> {
  if (!isJson(mediaType(request))) throw unsupportedType("application/json");
  return await readAnyText(request, deadlineMs);
}

/** A body that is a configuration, in JSON or YAML. */
export interface ConfigurationBody {
  readonly value: unknown;
  /**
   * Runs a reader of the value; its findings get their lines and columns where the body is YAML.
   * @throws {ConfigError}
   */
  read<T>(reader: (value: unknown) => T): T;
}

/** The parsed body of a route that takes a configuration. */
export async function readConfiguration(request: Request, deadlineMs?: number): Promise<ConfigurationBody> {
  const type = mediaType(request);
  if (isJson(type)) {
    const value = parseJson(await readAnyText(request, deadlineMs));
    return { value, read: (reader) => reader(value) };
  }
  if (!YAML_TYPES.includes(type)) throw unsupportedType("application/json or application/yaml");
  const { value, placeOf } = parseYamlBody(await readAnyText(request, deadlineMs));
  return {
    value,
    read: (reader) => {
      try {
        return reader(value);
      } catch (error) {
        throw error instanceof ConfigError ? error.withPlaces(placeOf) : error;
      }
    },
  };
}

export const YAML_TYPES: readonly string[] = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];

function mediaType(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
}

/** A body without a type is JSON. */
function isJson(type: string): boolean {
  return type === "" || type === "application/json" || /^[^/\s]+\/[^/\s]+\+json$/.test(type);
}

function unsupportedType(accepted: string): Problem {
  return Problem.validation(`unsupported content type, send ${accepted}`, "header.Content-Type", 415);
}

/** The parser's own message quotes the body, which may hold secrets. */
export function parseJson(text: string, reviver?: (this: unknown, key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch {
    const fault = jsonTextFault(text);
    if (fault === null) throw Problem.validation("expected valid JSON", "body", 400);
    throw malformed("JSON", fault);
  }
}

function malformed(language: string, { message, line, column }: TextFault, cause?: Error): Problem {
  const told = `validation failed: expected valid ${language}: ${message} (body) at line ${line}, column ${column}`;
  return new Problem(400, "", told, {}, { cause }, [{ location: "body", message, line, column }]);
}

function parseYamlBody(text: string): YamlDocument {
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw malformed("YAML", error, error);
  }
}

async function readAnyText(request: Request, deadlineMs = BODY_DEADLINE_MS): Promise<string> {
  checkContentEncoding(request.headers.get("content-encoding"));
  if (Number(request.headers.get("content-length") ?? 0) >= BODY_LIMIT) throw tooLarge();
  const bytes = await readBytes(request, deadlineMs);
  if (bytes.length === 0) throw new Problem(400, "", "validation failed: request body is required (body)");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw Problem.validation("expected text in UTF-8", "body", 400);
  }
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
