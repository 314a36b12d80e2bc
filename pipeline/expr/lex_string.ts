// String literals: "…" and '…' with escapes, `…` raw (a doubled backtick stands for one).
import { ExpressionError } from "./errors.ts";

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
};
const NUMERIC = /x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}/y;

export function readQuoted(text: string, at: number): { value: string; end: number } {
  const quote = text[at];
  let value = "";
  let from = at + 1;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === quote) return { value: value + text.slice(from, i), end: i + 1 };
    if (char === "\n") break;
    if (char !== "\\") continue;
    value += text.slice(from, i);
    const escape = readEscape(text, i + 1);
    value += escape.value;
    from = escape.end;
    i = from - 1;
  }
  throw new ExpressionError("string literal not terminated", at);
}

function readEscape(text: string, at: number): { value: string; end: number } {
  const simple = Object.hasOwn(SIMPLE, text[at] ?? "") ? SIMPLE[text[at]] : undefined;
  if (simple !== undefined) return { value: simple, end: at + 1 };
  NUMERIC.lastIndex = at;
  const digits = NUMERIC.exec(text)?.[0];
  if (digits === undefined) throw new ExpressionError("unknown escape sequence in string", at - 1);
  const code = /^[xuU]/.test(digits) ? parseInt(digits.slice(1), 16) : parseInt(digits, 8);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new ExpressionError("escape sequence is not a Unicode character", at - 1);
  }
  return { value: String.fromCodePoint(code), end: at + digits.length };
}

export function readRaw(text: string, at: number): { value: string; end: number } {
  let value = "";
  let from = at + 1;
  for (;;) {
    const end = text.indexOf("`", from);
    if (end < 0) throw new ExpressionError("string literal not terminated", at);
    value += text.slice(from, end);
    if (text[end + 1] !== "`") return { value, end: end + 1 };
    value += "`";
    from = end + 2;
  }
}
