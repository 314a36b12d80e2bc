// String literals: "…" and '…' with escapes, `…` raw (a doubled backtick stands for one).
import { ExpressionError } from "./errors.ts";

/** Besides, a quote can be escaped where it would end the literal. */
const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};
const NUMERIC = /u\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}/y;

export function readQuoted(text: string, at: number): { value: string; end: number } {
  const quote = text[at];
  let value = "";
  let from = at + 1;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === quote) return { value: value + plain(text.slice(from, i)), end: i + 1 };
    if (char === "\n") break;
    if (char !== "\\") continue;
    value += plain(text.slice(from, i));
    const escape = readEscape(text, i + 1, quote);
    value += escape.value;
    from = escape.end;
    i = from - 1;
  }
  throw new ExpressionError("string literal not terminated", at);
}

/** A line never ends inside, but old Macintosh line ends can stand there and count as new lines. */
function plain(text: string): string {
  return text.replaceAll("\r", "\n");
}

function readEscape(text: string, at: number, quote: string): { value: string; end: number } {
  if (text[at] === quote) return { value: quote, end: at + 1 };
  const simple = Object.hasOwn(SIMPLE, text[at] ?? "") ? SIMPLE[text[at]] : undefined;
  if (simple !== undefined) return { value: simple, end: at + 1 };
  NUMERIC.lastIndex = at;
  const digits = NUMERIC.exec(text)?.[0];
  if (digits === undefined) throw new ExpressionError("unknown escape sequence in string", at - 1);
  const code = /^[xuU]/.test(digits) ? parseInt(digits.replace(/^u\{|./, ""), 16) : parseInt(digits, 8);
  if (code > 0x10ffff) throw new ExpressionError("escape sequence is not a Unicode character", at - 1);
  // half of a surrogate pair is no character by itself
  return { value: String.fromCodePoint(code).toWellFormed(), end: at + digits.length };
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
