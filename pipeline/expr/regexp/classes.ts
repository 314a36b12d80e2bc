// Named character classes of RE2: Perl (\d), POSIX ([:alpha:]) and Unicode (\p{L}, \p{Greek}).
import type { SetItem } from "./char_set.ts";

function item(text: string): SetItem {
  const codes = [...text].map((char) => char.codePointAt(0)!);
  return { ranges: codes };
}

const DIGIT = item("09");
const WORD = item("09AZ__az");
const SPACE: SetItem = { ranges: [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20] };

export const PERL: Readonly<Record<string, SetItem>> = { d: DIGIT, w: WORD, s: SPACE };

export const POSIX: Readonly<Record<string, SetItem>> = {
  alnum: item("09AZaz"),
  alpha: item("AZaz"),
  ascii: { ranges: [0x00, 0x7f] },
  blank: item("\t\t  "),
  cntrl: { ranges: [0x00, 0x1f, 0x7f, 0x7f] },
  digit: DIGIT,
  graph: item("!~"),
  lower: item("az"),
  print: item(" ~"),
  punct: item("!/:@[`{~"),
  space: { ranges: [0x09, 0x0d, 0x20, 0x20] },
  upper: item("AZ"),
  word: WORD,
  xdigit: item("09AFaf"),
};

/** A general category (`L`, `Lu`) or script (`Greek`); null when there is none of this name. */
export function unicodeClass(name: string): SetItem | null {
  if (name === "Any") return { ranges: [0, 0x10ffff] };
  if (!/^[A-Z][A-Za-z_]*$/.test(name)) return null;
  const property = name.length <= 2 ? `General_Category=${name}` : `Script=${name}`;
  try {
    return { ranges: [], property: new RegExp(`^\\p{${property}}$`, "u") };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
