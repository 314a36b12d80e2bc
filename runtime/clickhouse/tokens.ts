/**
 * Splits ClickHouse SQL into tokens, lazily, so that the scan can stop where the data of an INSERT begins.
 *
 * Works on text that holds one character per byte (Latin-1), so positions are byte positions; bytes ≥ 0x80 are part of
 * words. Comments and white space are left out. It never fails: what it cannot read is a token of its own, and the
 * engine's parser gives the error.
 */

export type TokenKind = "word" | "name" | "string" | "number" | "sign";

export interface Token {
  /** `name` is a quoted identifier; `sign` one punctuation character. */
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many brackets are open around it. A bracket itself counts as outside. */
  readonly depth: number;
}

const WORD_START = /[A-Za-z_\x80-\xff]/;
const WORD = /[A-Za-z0-9_$\x80-\xff]*/y;
const NUMBER = /[0-9][A-Za-z0-9_.]*/y;
const SPACE = /[\s\0]*/y;
const HEREDOC = /\$[A-Za-z0-9_]*\$/y;

export function* tokens(text: string): Generator<Token, void, undefined> {
  let at = 0;
  let depth = 0;
  for (;;) {
    at = skipBlank(text, at);
    if (at >= text.length) return;
    const start = at;
    const first = text[start];
    let kind: TokenKind = "sign";
    at = start + 1;
    if (WORD_START.test(first)) {
      kind = "word";
      at = match(WORD, text, at);
    } else if (first >= "0" && first <= "9") {
      kind = "number";
      at = match(NUMBER, text, start);
    } else if (first === "'") {
      kind = "string";
      at = quotedEnd(text, start);
    } else if (first === '"' || first === "`") {
      kind = "name";
      at = quotedEnd(text, start);
    } else if (first === "$" && match(HEREDOC, text, start) > start) {
      kind = "string";
      const opened = match(HEREDOC, text, start);
      const close = text.indexOf(text.slice(start, opened), opened);
      at = close < 0 ? text.length : close + (opened - start);
    } else if (first === ")" || first === "]" || first === "}") {
      depth = Math.max(0, depth - 1);
    }
    yield { kind, text: text.slice(start, at), start, end: at, depth };
    if (kind === "sign" && (first === "(" || first === "[" || first === "{")) depth++;
  }
}

/** True for an unquoted word, compared without case. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token !== undefined && token.kind === "word" && token.text.toUpperCase() === word;
}

/** The name a word or quoted identifier stands for (escapes in quoted names are not resolved). */
export function nameOf(token: Token): string {
  return token.kind === "name" ? token.text.slice(1, -1) : token.text;
}

function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    at = match(SPACE, text, at);
    let end = -1;
    if (text.startsWith("--", at) || text.startsWith("# ", at) || text.startsWith("#!", at)) {
      end = text.indexOf("\n", at);
    } else if (text.startsWith("/*", at)) {
      end = text.indexOf("*/", at + 2);
      if (end >= 0) end += 2;
    } else {
      return at;
    }
    at = end < 0 ? text.length : end;
  }
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** After the closing quote; a doubled quote and a backslash both escape. */
function quotedEnd(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) {
      if (text[at + 1] === quote) at++;
      else return at + 1;
    }
  }
  return text.length;
}
