// Splits expr text into tokens. Linear in the text; anything it does not know is an ExpressionError.
import { ExpressionError } from "./errors.ts";
import { readNumber } from "./lex_number.ts";
import { readQuoted, readRaw } from "./lex_string.ts";
import type { LiteralValue } from "./tree.ts";

export type Token =
  | { readonly kind: "literal"; readonly value: LiteralValue; readonly text: string; readonly position: number }
  | { readonly kind: "identifier"; readonly text: string; readonly position: number }
  /** operators, brackets and keywords */
  | { readonly kind: "operator"; readonly text: string; readonly position: number }
  | { readonly kind: "end"; readonly text: ""; readonly position: number };

const KEYWORDS: ReadonlySet<string> = new Set([
  "and",
  "or",
  "not",
  "in",
  "matches",
  "contains",
  "startsWith",
  "endsWith",
  "let",
  "if",
  "else",
]);

// longest first, so that the first match is the right one
const OPERATORS = "** == != <= >= && || ?? ?. .. :: ! < > + - * / % ^ ? : ; , . # | = ( ) [ ] { }".split(" ");

const SPACE = /\p{White_Space}/u;
const WORD_START = /[\p{L}_$]/u;
const WORD = /[\p{L}\p{Nd}_$]+/uy;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = String.fromCodePoint(text.codePointAt(at)!);
    if (SPACE.test(char)) {
      at += char.length;
    } else if (text.startsWith("//", at)) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) throw new ExpressionError("unclosed comment", at);
      at = end + 2;
    } else {
      const token = readToken(text, at, char);
      tokens.push(token.token);
      at = token.end;
    }
  }
  tokens.push({ kind: "end", text: "", position: text.length });
  return tokens;
}

function readToken(text: string, at: number, char: string): { token: Token; end: number } {
  if (isDigit(char) || (char === "." && isDigit(text[at + 1] ?? ""))) {
    const { value, end } = readNumber(text, at);
    return { token: { kind: "literal", value, text: text.slice(at, end), position: at }, end };
  }
  if (char === '"' || char === "'" || char === "`") {
    const { value, end } = char === "`" ? readRaw(text, at) : readQuoted(text, at);
    return { token: { kind: "literal", value, text: text.slice(at, end), position: at }, end };
  }
  if (WORD_START.test(char)) {
    WORD.lastIndex = at;
    const word = WORD.exec(text)![0];
    const kind = KEYWORDS.has(word) ? "operator" : "identifier";
    return { token: { kind, text: word, position: at }, end: at + word.length };
  }
  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
  if (operator === undefined) throw new ExpressionError(`unrecognized character ${JSON.stringify(char)}`, at);
  return { token: { kind: "operator", text: operator, position: at }, end: at + operator.length };
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9" && char.length === 1;
}
