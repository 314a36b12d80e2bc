// The strings extension: positions count characters, as size() does.
import { make, read } from "../../expr/budget.ts";
import { characterCount, isPlain } from "../../expr/bytes.ts";
import { EvaluationError } from "../../expr/errors.ts";
import { trimSpace } from "../../expr/letters.ts";
import { replace as replaceText, split as splitText } from "../../expr/strings.ts";
import { noOverload } from "./values.ts";

/** How much longer than finding a text it takes to make another one of its characters. */
const SLOWLY = 16;

type Text = [text: string, ...unknown[]];

function isText(values: unknown[], kinds: string): values is Text {
  return values.length === kinds.length && values.every((value, i) => typeof value === KINDS[kinds[i]]);
}

const KINDS: Readonly<Record<string, string>> = { s: "string", i: "bigint" };

/** The UTF-16 offset of a character; -1 if there is none and it is not the end. */
function offsetOf(text: string, position: bigint): number {
  if (position < 0n || position > BigInt(text.length)) return -1;
  read(text);
  if (isPlain(text)) return Number(position);
  let offset = 0;
  for (let left = Number(position); left > 0; left--) {
    if (offset >= text.length) return -1;
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  }
  return offset;
}

function checkedOffset(text: string, position: bigint): number {
  const offset = offsetOf(text, position);
  if (offset < 0) throw new EvaluationError(`index out of range: ${position}`);
  return offset;
}

export function charAt(...args: unknown[]): string {
  if (!isText(args, "si")) throw noOverload("charAt", ...args);
  const offset = checkedOffset(args[0], args[1] as bigint);
  return offset === args[0].length ? "" : String.fromCodePoint(args[0].codePointAt(offset)!);
}

/** `text.indexOf(part)`, `text.indexOf(part, from)` */
export function indexOf(...args: unknown[]): bigint {
  if (!isText(args, "ss") && !isText(args, "ssi")) throw noOverload("indexOf", ...args);
  const [text, part, from = 0n] = args as [string, string, bigint?];
  read(text);
  if (from < 0n) throw new EvaluationError(`index out of range: ${from}`);
  const offset = offsetOf(text, from);
  if (part === "") return offset < 0 ? BigInt(characterCount(text)) : from;
  return position(text, offset < 0 ? -1 : text.indexOf(part, offset));
}

/** `text.lastIndexOf(part)`, `text.lastIndexOf(part, from)`: the match begins at `from` or before it. */
export function lastIndexOf(...args: unknown[]): bigint {
  if (!isText(args, "ss") && !isText(args, "ssi")) throw noOverload("lastIndexOf", ...args);
  const [text, part, from] = args as [string, string, bigint?];
  read(text);
  if (from === undefined) return position(text, text.lastIndexOf(part));
  if (from < 0n) throw new EvaluationError(`index out of range: ${from}`);
  const offset = offsetOf(text, from);
  if (part === "") return offset < 0 ? BigInt(characterCount(text)) : from;
  return position(text, offset < 0 || offset >= text.length ? -1 : text.lastIndexOf(part, offset));
}

function position(text: string, offset: number): bigint {
  return offset < 0 ? -1n : BigInt(characterCount(text.slice(0, offset)));
}

export function substring(...args: unknown[]): string {
  if (!isText(args, "si") && !isText(args, "sii")) throw noOverload("substring", ...args);
  const [text, start, end] = args as [string, bigint, bigint?];
  if (end === undefined) return text.slice(checkedOffset(text, start));
  if (start > end) throw new EvaluationError(`invalid substring range: ${start} to ${end}`);
  return text.slice(checkedOffset(text, start), checkedOffset(text, end));
}

export function lowerAscii(...args: unknown[]): string {
  if (!isText(args, "s")) throw noOverload("lowerAscii", ...args);
  make(args[0].length);
  if (isPlain(args[0])) return args[0].toLowerCase();
  read(args[0], SLOWLY);
  return args[0].replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function upperAscii(...args: unknown[]): string {
  if (!isText(args, "s")) throw noOverload("upperAscii", ...args);
  make(args[0].length);
  if (isPlain(args[0])) return args[0].toUpperCase();
  read(args[0], SLOWLY);
  return args[0].replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

export function trim(...args: unknown[]): string {
  if (!isText(args, "s")) throw noOverload("trim", ...args);
  read(args[0]);
  return trimSpace(args[0]);
}

export function reverse(...args: unknown[]): string {
  if (!isText(args, "s")) throw noOverload("reverse", ...args);
  make(args[0].length);
  read(args[0], SLOWLY);
  return [...args[0]].reverse().join("");
}

/** All occurrences, or the first `limit` of them. */
export function replace(...args: unknown[]): string {
  if (!isText(args, "sss") && !isText(args, "sssi")) throw noOverload("replace", ...args);
  const [text, old, replacement, limit = -1n] = args as [string, string, string, bigint?];
  return replaceText(text, old, replacement, limit);
}

/** Into all parts, or at most `limit`. */
export function split(...args: unknown[]): unknown[] {
  if (!isText(args, "ss") && !isText(args, "ssi")) throw noOverload("split", ...args);
  const [text, separator, limit = -1n] = args as [string, string, bigint?];
  return splitText(text, separator, limit) ?? [];
}

export function join(list: unknown, separator: unknown = ""): string {
  if (!Array.isArray(list) || typeof separator !== "string") throw noOverload("join", list, separator);
  if (list.some((element) => typeof element !== "string")) throw new EvaluationError("join() needs a list of strings");
  make(list.reduce((length: number, text: string) => length + text.length + separator.length, 0));
  return list.join(separator);
}
