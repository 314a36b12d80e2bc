// Parses RE2 syntax. What RE2 does not have (backreferences, look-around) is an error, as are counts above 1000.
import { CharSet, type SetItem } from "./char_set.ts";
import { readClass, readEscapedChar, readNamedClass } from "./parse_class.ts";
import type { Assertion, Pattern } from "./pattern.ts";
import { PatternError, Source } from "./source.ts";

export { PatternError };

const MAX_NESTING = 200;
const MAX_COUNT = 1000;

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

const NO_FLAGS: Flags = { i: false, m: false, s: false };
const ANY_CHAR: SetItem = { ranges: [0, 0x10ffff] };
const NOT_NEWLINE: SetItem = { ranges: [0, 9, 11, 0x10ffff] };

export function parsePattern(pattern: string): Pattern {
  const source = new Source(pattern);
  const tree = parseChoice(source, { flags: NO_FLAGS, depth: 0 });
  if (!source.done) throw source.error("unexpected )");
  return tree;
}

interface Context {
  /** `(?i)` in the middle changes the flags up to the end of the group */
  flags: Flags;
  readonly depth: number;
}

function parseChoice(source: Source, context: Context): Pattern {
  if (context.depth > MAX_NESTING) throw source.error("expression nests too deeply");
  const options = [parseSequence(source, context)];
  while (source.take("|")) options.push(parseSequence(source, context));
  return options.length === 1 ? options[0] : { kind: "choice", options };
}

function parseSequence(source: Source, context: Context): Pattern {
  const parts: Pattern[] = [];
  let repeatable = false;
  let repeated = false;
  while (!source.done && !source.at("|") && !source.at(")")) {
    const count = readCount(source);
    if (count !== null) {
      if (!repeatable) throw source.error("missing argument to repetition operator");
      if (repeated) throw source.error("invalid nested repetition operator");
      source.take("?"); // lazy or greedy: no difference to whether it matches
      parts.push({ kind: "repeat", body: parts.pop()!, ...count });
      repeated = true;
      continue;
    }
    const part = parseAtom(source, context);
    repeated = false;
    repeatable = part !== null;
    if (part !== null) parts.push(part);
  }
  if (parts.length === 0) return { kind: "empty" };
  return parts.length === 1 ? parts[0] : { kind: "sequence", parts };
}

function readCount(source: Source): { min: number; max: number } | null {
  if (source.take("*")) return { min: 0, max: Infinity };
  if (source.take("+")) return { min: 1, max: Infinity };
  if (source.take("?")) return { min: 0, max: 1 };
  const match = source.match(/\{(\d+)(,(\d*))?\}/y);
  if (match === null) return null;
  const min = Number(match[1]);
  const max = match[2] === undefined ? min : match[3] === "" ? Infinity : Number(match[3]);
  if (min > MAX_COUNT || (max !== Infinity && max > MAX_COUNT) || max < min) throw source.error("invalid repeat count");
  return { min, max };
}

/** One thing that can be repeated, or null for a change of flags. */
function parseAtom(source: Source, context: Context): Pattern | null {
  const { flags } = context;
  if (source.take("(")) return parseGroup(source, context);
  if (source.take("[")) return { kind: "set", set: readClass(source, flags.i) };
  if (source.take(".")) return { kind: "set", set: new CharSet([flags.s ? ANY_CHAR : NOT_NEWLINE]) };
  if (source.take("^")) return assertion(flags.m ? "line start" : "text start");
  if (source.take("$")) return assertion(flags.m ? "line end" : "text end");
  if (!source.at("\\")) return char(source.next(), flags);
  if (source.take("\\A")) return assertion("text start");
  if (source.take("\\z")) return assertion("text end");
  if (source.take("\\b")) return assertion("word boundary");
  if (source.take("\\B")) return assertion("no word boundary");
  if (source.take("\\Q")) return quoted(source, flags);
  const named = readNamedClass(source);
  if (named !== null) return { kind: "set", set: new CharSet([named], false, flags.i) };
  return char(String.fromCodePoint(readEscapedChar(source)), flags);
}

function assertion(kind: Assertion): Pattern {
  return { kind: "assertion", assertion: kind };
}

function char(value: string, flags: Flags): Pattern {
  const code = value.codePointAt(0)!;
  const caseless = flags.i && value.toLowerCase() === value.toUpperCase();
  const set = new CharSet([{ ranges: [code, code] }], false, flags.i);
  return { kind: "set", set, char: !flags.i || caseless ? value : undefined };
}

function quoted(source: Source, flags: Flags): Pattern {
  const parts = [...source.until("\\E")].map((value) => char(value, flags));
  return parts.length === 0 ? { kind: "empty" } : { kind: "sequence", parts };
}

function parseGroup(source: Source, context: Context): Pattern | null {
  let { flags } = context;
  if (source.take("?")) {
    if (source.match(/P?<[A-Za-z_0-9]+>/y) === null) {
      const match = source.match(/([imsU]*)(?:-([imsU]+))?([:)])/y);
      if (match === null) throw source.error("invalid or unsupported Perl syntax");
      flags = withFlags(withFlags(flags, match[1], true), match[2] ?? "", false);
      if (match[3] === ")") {
        context.flags = flags;
        return null;
      }
    }
  }
  const body = parseChoice(source, { flags, depth: context.depth + 1 });
  if (!source.take(")")) throw source.error("missing closing )");
  return body;
}

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  const changed = { ...flags };
  for (const letter of letters) if (letter === "i" || letter === "m" || letter === "s") changed[letter] = value;
  return changed;
}
