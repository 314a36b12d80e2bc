// size() and the tests on strings.
import { read } from "../../expr/budget.ts";
import { characterCount } from "../../expr/bytes.ts";
import { matchPattern } from "../../expr/regexp/mod.ts";
import { sizeOf } from "./containers.ts";
import { isMap, noOverload } from "./values.ts";

/** Characters of a string, bytes of bytes, elements of a list, entries of a map. */
export function size(value: unknown): bigint {
  return BigInt(length(value));
}

/** size() where a plain number does. */
export function length(value: unknown): number {
  if (typeof value === "string") {
    read(value);
    return characterCount(value);
  }
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length;
  if (isMap(value)) return sizeOf(value);
  throw noOverload("size", value);
}

export function contains(text: unknown, part: unknown): boolean {
  if (typeof text === "string" && typeof part === "string") {
    read(text);
    return text.includes(part);
  }
  throw noOverload("contains", text, part);
}

export function startsWith(text: unknown, part: unknown): boolean {
  if (typeof text === "string" && typeof part === "string") {
    read(part);
    return text.startsWith(part);
  }
  throw noOverload("startsWith", text, part);
}

export function endsWith(text: unknown, part: unknown): boolean {
  if (typeof text === "string" && typeof part === "string") {
    read(part);
    return text.endsWith(part);
  }
  throw noOverload("endsWith", text, part);
}

export function matches(text: unknown, pattern: unknown): boolean {
  if (typeof text === "string" && typeof pattern === "string") return matchPattern(pattern, text);
  throw noOverload("matches", text, pattern);
}
