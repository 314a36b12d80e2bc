// Custom functions on text. They replace built-ins of the same name in stateless transformations and never
// fail on nil: arguments are cast to text first.
import { need, textArguments } from "./custom_arguments.ts";
import { make, spend } from "./budget.ts";
import { lenientText } from "./format.ts";
import { lowerText, trimSpace, upperText } from "./letters.ts";
import { replace, split } from "./strings.ts";

export function customToString(...args: unknown[]): string {
  return textArguments(args, 1, "toString")[0];
}

/** An empty text contains nothing, not even the empty text; so with prefixes and suffixes. */
export function customContains(...args: unknown[]): boolean {
  const [subject, part] = textArguments(args, 2, "containsStr");
  return subject !== "" && subject.includes(part);
}

export function customHasPrefix(...args: unknown[]): boolean {
  const [subject, prefix] = textArguments(args, 2, "hasPrefix");
  return subject !== "" && subject.startsWith(prefix);
}

export function customHasSuffix(...args: unknown[]): boolean {
  const [subject, suffix] = textArguments(args, 2, "hasSuffix");
  return subject !== "" && subject.endsWith(suffix);
}

export function customUpper(...args: unknown[]): string {
  return upperText(textArguments(args, 1, "upper")[0]);
}

export function customLower(...args: unknown[]): string {
  return lowerText(textArguments(args, 1, "lower")[0]);
}

export function customTrim(...args: unknown[]): string {
  return trimSpace(textArguments(args, 1, "trim")[0]);
}

/** An empty text gives the empty text, not an array. */
export function customSplit(...args: unknown[]): unknown {
  const [subject, separator] = textArguments(args, 2, "split");
  return subject === "" ? "" : split(subject, separator);
}

export function customJoin(...args: unknown[]): string {
  need(args, 2, "join");
  const [values, separator] = args;
  if (!Array.isArray(values)) return "";
  spend(values.length);
  const between = lenientText(separator);
  const parts = values.map(lenientText);
  make(parts.reduce((length, part) => length + part.length + between.length, 0));
  return parts.join(between);
}

export function customReplace(...args: unknown[]): string {
  const [subject, old, replacement] = textArguments(args, 3, "replace");
  return replace(subject, old, replacement);
}
