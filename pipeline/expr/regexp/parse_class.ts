// Character classes in brackets, named classes and escaped characters.
import { CharSet, type SetItem } from "./char_set.ts";
import { PERL, POSIX, unicodeClass } from "./classes.ts";
import type { Source } from "./source.ts";

const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/** What follows `[`. */
export function readClass(source: Source, ignoreCase: boolean): CharSet {
  const negated = source.take("^");
  const items: SetItem[] = [];
  for (let first = true; first || !source.at("]"); first = false) {
    if (source.done) throw source.error("missing closing ]");
    items.push(readPosix(source) ?? readNamedClass(source) ?? readRange(source));
  }
  source.take("]");
  return new CharSet(items, negated, ignoreCase);
}

function readPosix(source: Source): SetItem | null {
  const match = source.match(/\[:(\^?)([a-z]+):\]/y);
  if (match === null) return null;
  if (!Object.hasOwn(POSIX, match[2])) throw source.error("invalid character class range");
  return { ...POSIX[match[2]], negated: match[1] === "^" };
}

/** `\d`, `\PL`, `\p{Greek}`; null when something else comes. */
export function readNamedClass(source: Source): SetItem | null {
  const perl = source.match(/\\([dwsDWS])/y);
  if (perl !== null) {
    const letter = perl[1].toLowerCase();
    return { ...PERL[letter], negated: perl[1] !== letter };
  }
  const unicode = source.match(/\\([pP])(?:\{(\^?)([A-Za-z_]+)\}|([A-Za-z]))/y);
  if (unicode === null) return null;
  const item = unicodeClass(unicode[3] ?? unicode[4]);
  if (item === null) throw source.error("invalid character class range");
  return { ...item, negated: (unicode[1] === "P") !== (unicode[2] === "^") };
}

function readRange(source: Source): SetItem {
  const low = readChar(source);
  // a minus sign before the closing bracket stands for itself
  if (!source.at("-") || source.at("-]")) return { ranges: [low, low] };
  source.take("-");
  const high = readChar(source);
  if (high < low) throw source.error("invalid character class range");
  return { ranges: [low, high] };
}

function readChar(source: Source): number {
  return source.at("\\") ? readEscapedChar(source) : source.next().codePointAt(0)!;
}

export function readEscapedChar(source: Source): number {
  source.take("\\");
  if (source.done) throw source.error("trailing backslash");
  const octal = source.match(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
  if (octal !== null) return parseInt(octal[0], 8);
  const hex = source.match(/x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]+)\})/y);
  if (hex !== null) {
    const code = parseInt(hex[1] ?? hex[2], 16);
    if (code > 0x10ffff) throw source.error("invalid escape sequence");
    return code;
  }
  const char = source.next();
  if (Object.hasOwn(CONTROL, char)) return CONTROL[char];
  if (char.charCodeAt(0) >= 128 || /[A-Za-z0-9]/.test(char)) throw source.error("invalid escape sequence");
  return char.charCodeAt(0);
}
