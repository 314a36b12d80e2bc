// Built-in functions and operators on strings. nil is an error in functions and simply no match in operators.
import { EvaluationError } from "./errors.ts";
import { make, read, spend } from "./budget.ts";
import { byteLength, byteOffset } from "./bytes.ts";
import { lowerText, trimSpace, upperText } from "./letters.ts";
import { matchPattern } from "./regexp/mod.ts";
import { array, index, text, typeOf } from "./values.ts";

export function upper(value: unknown): string {
  return upperText(counted(text(value, "upper()")));
}

export function lower(value: unknown): string {
  return lowerText(counted(text(value, "lower()")));
}

function counted(value: string): string {
  make(value.length);
  return value;
}

export function trim(value: unknown, characters?: unknown): string {
  const subject = text(value, "trim()");
  read(subject);
  if (characters === undefined) return trimSpace(subject);
  const cut = new Set(text(characters, "trim()"));
  const runes = [...subject];
  let start = 0;
  let end = runes.length;
  while (start < end && cut.has(runes[start])) start++;
  while (end > start && cut.has(runes[end - 1])) end--;
  return runes.slice(start, end).join("");
}

export function trimPrefix(value: unknown, prefix: unknown = " "): string {
  const subject = text(value, "trimPrefix()");
  const cut = text(prefix, "trimPrefix()");
  return subject.startsWith(cut) ? subject.slice(cut.length) : subject;
}

export function trimSuffix(value: unknown, suffix: unknown = " "): string {
  const subject = text(value, "trimSuffix()");
  const cut = text(suffix, "trimSuffix()");
  return subject.endsWith(cut) ? subject.slice(0, subject.length - cut.length) : subject;
}

export function hasPrefix(value: unknown, prefix: unknown): boolean {
  return text(value, "hasPrefix()").startsWith(text(prefix, "hasPrefix()"));
}

export function hasSuffix(value: unknown, suffix: unknown): boolean {
  return text(value, "hasSuffix()").endsWith(text(suffix, "hasSuffix()"));
}

export function indexOf(value: unknown, part: unknown): bigint {
  const subject = text(value, "indexOf()");
  read(subject);
  return offset(subject, subject.indexOf(text(part, "indexOf()")));
}

export function lastIndexOf(value: unknown, part: unknown): bigint {
  const subject = text(value, "lastIndexOf()");
  read(subject);
  return offset(subject, subject.lastIndexOf(text(part, "lastIndexOf()")));
}

function offset(subject: string, at: number): bigint {
  return BigInt(at < 0 ? -1 : byteOffset(subject, at));
}

/** At most `limit` parts (negative: all); an empty separator splits into characters. */
export function split(value: unknown, separator: unknown, limit: unknown = -1): string[] | null {
  return splitText(text(value, "split()"), text(separator, "split()"), index(limit, "split()"), false);
}

/** As split(), but the parts keep the separator. */
export function splitAfter(value: unknown, separator: unknown, limit: unknown = -1): string[] | null {
  return splitText(text(value, "splitAfter()"), text(separator, "splitAfter()"), index(limit, "splitAfter()"), true);
}

function splitText(subject: string, separator: string, limit: number, keep: boolean): string[] | null {
  if (limit === 0) return null;
  read(subject);
  if (separator === "") {
    const runes = [...subject];
    spend(runes.length);
    if (limit < 0 || runes.length <= limit) return runes;
    return [...runes.slice(0, limit - 1), runes.slice(limit - 1).join("")];
  }
  const parts: string[] = [];
  let from = 0;
  while (limit < 0 || parts.length < limit - 1) {
    const at = subject.indexOf(separator, from);
    if (at < 0) break;
    parts.push(subject.slice(from, keep ? at + separator.length : at));
    from = at + separator.length;
  }
  parts.push(subject.slice(from));
  spend(parts.length);
  return parts;
}

/** Replaces the first `limit` occurrences (negative: all). */
export function replace(value: unknown, old: unknown, replacement: unknown, limit: unknown = -1): string {
  const subject = text(value, "replace()");
  const parts = splitText(subject, text(old, "replace()"), -1, false)!;
  const insert = text(replacement, "replace()");
  const most = index(limit, "replace()");
  // an empty `old` matches before every character and at the end
  if (old === "") parts.unshift("");
  if (old === "") parts.push("");
  const count = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  make(subject.length + count * insert.length);
  const head = parts.slice(0, count + 1).join(insert);
  const tail = parts.slice(count + 1);
  return tail.length === 0 ? head : [head, ...tail].join(String(old));
}

export function repeat(value: unknown, times: unknown): string {
  const subject = text(value, "repeat()");
  const count = index(times, "repeat()");
  if (count < 0) throw new EvaluationError("repeat() cannot repeat a negative number of times");
  if (count > 1_000_000) throw new EvaluationError("memory budget exceeded");
  spend(byteLength(subject) * count);
  return subject.repeat(count);
}

export function join(values: unknown, separator: unknown = ""): string {
  const between = text(separator, "join()");
  const parts = array(values, "join()").map((value) => text(value, "join()"));
  make(parts.reduce((length, part) => length + part.length + between.length, 0));
  return parts.join(between);
}

export function contains(value: unknown, part: unknown): boolean {
  return bothText(value, part, "contains") && (value as string).includes(part as string);
}

export function startsWith(value: unknown, prefix: unknown): boolean {
  return bothText(value, prefix, "startsWith") && (value as string).startsWith(prefix as string);
}

export function endsWith(value: unknown, suffix: unknown): boolean {
  return bothText(value, suffix, "endsWith") && (value as string).endsWith(suffix as string);
}

export function matches(value: unknown, pattern: unknown): boolean {
  return bothText(value, pattern, "matches") && matchPattern(pattern as string, value as string);
}

function bothText(a: unknown, b: unknown, operator: string): boolean {
  if (typeof a === "string" && typeof b === "string") {
    read(a);
    return true;
  }
  if (a === null || a === undefined || b === null || b === undefined) return false;
  throw new EvaluationError(`invalid operation: ${typeOf(a)} ${operator} ${typeOf(b)}`);
}
