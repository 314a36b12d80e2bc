/**
 * Values of the CEL suite as JSON and back. A number without fraction and exponent is an int, any other a double; what
 * JSON has no form for is an object with one key: `$int`, `$uint`, `$double`, `$bytes` (base64), `$timestamp` (RFC 3339),
 * `$duration` (as CEL writes it), `$type`, `$map` (pairs).
 */
import { parseDuration } from "../../../pipeline/expr/time/duration.ts";
import { parseTimestamp, timestampText } from "../../../pipeline/cel/runtime/timestamps.ts";
import { durationText } from "../../../pipeline/cel/runtime/durations.ts";
import { mapOf } from "../../../pipeline/cel/runtime/containers.ts";
import { equals } from "../../../pipeline/cel/runtime/compare.ts";
import { Duration, isMap, Timestamp, TypeValue, Uint } from "../../../pipeline/cel/runtime/values.ts";

/** What readExact gave as a CEL value. */
export function celValue(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(celValue);
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json);
  if (entries.length === 1 && entries[0][0].startsWith("$")) return special(entries[0][0], entries[0][1]);
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, value] of entries) result[key] = celValue(value);
  return result;
}

function special(form: string, value: unknown): unknown {
  const text = String(value);
  switch (form) {
    case "$int":
      return BigInt(text);
    case "$uint":
      return new Uint(BigInt(text));
    case "$double":
      return Number(text.replace(/^([+-]?)Inf$/, "$1Infinity"));
    case "$bytes":
      return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    case "$timestamp":
      return parseTimestamp(text);
    case "$duration":
      return parseDuration(text);
    case "$type":
      return new TypeValue(text);
    case "$map":
      return mapOf(...(value as unknown[][]).flatMap(([key, inner]) => [celValue(key), celValue(inner)]));
  }
  throw new Error(`unknown form ${form}`);
}

/**
 * Whether a result is what the JSON of a case says. Plain JSON stands for every value that protobuf's JSON mapping gives
 * this form: a number for any kind of number, a string also for bytes (base64), instants, durations and types.
 */
export function isResult(actual: unknown, json: unknown): boolean {
  if (Array.isArray(json) && Array.isArray(actual)) {
    return json.length === actual.length && json.every((element, i) => isResult(actual[i], element));
  }
  if (typeof json === "string" && typeof actual === "object" && actual !== null) return jsonText(actual) === json;
  const expected = celValue(json);
  if (isMap(expected) && isMap(actual) && !Array.isArray(json) && typeof json === "object" && json !== null) {
    const entries = Object.entries(json);
    if (entries[0]?.[0].startsWith("$")) return equals(actual, expected);
    const own = actual as Record<string, unknown>;
    return entries.length === Object.keys(own).length &&
      entries.every(([key, value]) => Object.hasOwn(own, key) && isResult(own[key], value));
  }
  if (typeof expected === "number" && Number.isNaN(expected)) return Number.isNaN(actual);
  if (Object.is(expected, -0)) return Object.is(actual, -0);
  return equals(actual, expected);
}

function jsonText(value: object): string | null {
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeValue) return value.name;
  return value instanceof Uint8Array ? btoa(String.fromCharCode(...value)) : null;
}
