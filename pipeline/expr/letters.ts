// Unicode case mapping and white space as the language defines them: one character maps to one character
// (so "ß" stays as it is and "İ" becomes "i"), and white space is the Unicode White_Space property.

const SPACE_START = /^[\p{White_Space}]+/u;
const SPACE_END = /[\p{White_Space}]$/u;
// anything beyond printable ASCII takes the slow way
const BEYOND_ASCII = /[^\x20-\x7e\t\n\r]/;

// characters whose simple upper case differs from JS's full mapping: Greek letters with a iota subscript
const UPPER: ReadonlyMap<string, string> = new Map(
  [
    ...[0x1f80, 0x1f90, 0x1fa0].flatMap((first) => Array.from({ length: 8 }, (_, i) => [first + i, first + i + 8])),
    [0x1fb3, 0x1fbc],
    [0x1fc3, 0x1fcc],
    [0x1ff3, 0x1ffc],
  ].map(([from, to]) => [String.fromCodePoint(from), String.fromCodePoint(to)]),
);

export function upperText(value: string): string {
  if (!BEYOND_ASCII.test(value)) return value.toUpperCase();
  return mapRunes(value, (rune) => UPPER.get(rune) ?? single(rune, rune.toUpperCase()));
}

export function lowerText(value: string): string {
  if (!BEYOND_ASCII.test(value)) return value.toLowerCase();
  return mapRunes(value, (rune) => rune === "\u0130" ? "i" : single(rune, rune.toLowerCase()));
}

function mapRunes(value: string, change: (rune: string) => string): string {
  let result = "";
  for (const rune of value) result += change(rune);
  return result;
}

function single(rune: string, mapped: string): string {
  return [...mapped].length === 1 ? mapped : rune;
}

export function trimSpace(value: string): string {
  const start = SPACE_START.exec(value)?.[0].length ?? 0;
  let end = value.length;
  // one step at a time: an unanchored pattern would be quadratic on inner white space
  while (end > start && SPACE_END.test(value[end - 1])) end--;
  return value.slice(start, end);
}
