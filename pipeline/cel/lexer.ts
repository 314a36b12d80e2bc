// Text to tokens. cel-js's own lexer knows neither raw, triple-quoted and byte literals nor exponents, so the language's
// tokens are read here; its parser then sees placeholders.
import { CelSyntaxError } from "./errors.ts";
import { byteText, unescapeText } from "./escapes.ts";
import type { CelLiteral } from "./syntax.ts";

export type Token =
  & { readonly position: number }
  & (
    | { readonly kind: "literal"; readonly literal: CelLiteral }
    | { readonly kind: "name"; readonly text: string; readonly quoted: boolean }
    | { readonly kind: "symbol"; readonly text: string }
    | { readonly kind: "end" }
  );

const MAX_LENGTH = 100_000;
const MAX_TOKENS = 40_000;

const SPACE = /(?:[ \t\r\n\f]|\/\/[^\n]*)+/y;
const FLOAT = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const INTEGER = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?/y;
const TEXT_START = /([bB]?)([rR]?)("""|'''|"|')/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED_NAME = /`([^`\n]+)`/y;
const SYMBOL = /==|!=|<=|>=|&&|\|\||[<>()[\]{}.,!?:+\-*/%]/y;

/** @throws CelSyntaxError */
export function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) {
    throw new CelSyntaxError(`the expression is longer than ${MAX_LENGTH} characters`, MAX_LENGTH);
  }
  const tokens: Token[] = [];
  let position = match(SPACE, text, 0)?.[0].length ?? 0;
  while (position < text.length) {
    if (tokens.length >= MAX_TOKENS) throw new CelSyntaxError("the expression is too long", position);
    const [token, end] = next(text, position);
    tokens.push(token);
    position = end + (match(SPACE, text, end)?.[0].length ?? 0);
  }
  tokens.push({ kind: "end", position: text.length });
  return tokens;
}

function match(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

function next(text: string, position: number): [Token, number] {
  const start = match(TEXT_START, text, position);
  if (start !== null) return textLiteral(text, position, start);
  const name = match(NAME, text, position);
  if (name !== null) return [nameToken(name[0], position), position + name[0].length];
  const float = match(FLOAT, text, position);
  if (float !== null) {
    const value = Number(float[0]);
    if (!Number.isFinite(value)) throw new CelSyntaxError("the number is out of range of a double", position);
    return [{ kind: "literal", literal: { type: "double", value }, position }, position + float[0].length];
  }
  const integer = match(INTEGER, text, position);
  if (integer !== null) return [integerToken(integer[0], position), position + integer[0].length];
  const quoted = match(QUOTED_NAME, text, position);
  if (quoted !== null) {
    return [{ kind: "name", text: quoted[1], quoted: true, position }, position + quoted[0].length];
  }
  const symbol = match(SYMBOL, text, position);
  if (symbol !== null) return [{ kind: "symbol", text: symbol[0], position }, position + symbol[0].length];
  throw unexpected(text, position);
}

function unexpected(text: string, position: number): CelSyntaxError {
  const character = String.fromCodePoint(text.codePointAt(position)!);
  const cures: Record<string, string> = {
    "=": "; to compare, write ==",
    "&": "; for and, write &&",
    "|": "; for or, write ||",
    "`": "; a name in backticks ends with a backtick",
  };
  return new CelSyntaxError(`unexpected ${JSON.stringify(character)}${cures[character] ?? ""}`, position);
}

function nameToken(text: string, position: number): Token {
  if (text === "true" || text === "false") {
    return { kind: "literal", literal: { type: "bool", value: text === "true" }, position };
  }
  if (text === "null") return { kind: "literal", literal: { type: "null" }, position };
  if (text === "in") return { kind: "symbol", text, position };
  return { kind: "name", text, quoted: false, position };
}

const LONGEST_INTEGER = 25;

/** An int may be 2^63 here: a minus in front of it makes it the smallest one. */
function integerToken(text: string, position: number): Token {
  const unsigned = /[uU]$/.test(text);
  const digits = (unsigned ? text.slice(0, -1) : text).replace(/^(0x)?0+(?=[0-9a-fA-F])/, "$1");
  const value = digits.length > LONGEST_INTEGER ? 2n ** 64n : BigInt(digits);
  if (value > (unsigned ? 2n ** 64n - 1n : 2n ** 63n)) {
    throw new CelSyntaxError(`the number is out of range of ${unsigned ? "a uint" : "an int"}`, position);
  }
  return { kind: "literal", literal: { type: unsigned ? "uint" : "int", value }, position };
}

function textLiteral(text: string, position: number, start: RegExpExecArray): [Token, number] {
  const [prefix, bytes, raw, quote] = start;
  const from = position + prefix.length;
  const end = closing(text, from, quote, raw !== "");
  if (end < 0) {
    const line = quote.length === 1 ? "; only a triple-quoted one may have line breaks" : "";
    throw new CelSyntaxError(`the string has no closing ${quote}${line}`, position);
  }
  const body = text.slice(from, end).replace(/\r\n?/g, "\n");
  const literal: CelLiteral = bytes === ""
    ? { type: "string", value: raw === "" ? unescapeText(body, from) : body }
    : { type: "bytes", value: byteText(body, raw !== "", from) };
  return [{ kind: "literal", literal, position }, end + quote.length];
}

function closing(text: string, from: number, quote: string, raw: boolean): number {
  for (let i = from; i < text.length; i++) {
    if (text.startsWith(quote, i)) return i;
    if (text[i] === "\\" && !raw) i++;
    else if (quote.length === 1 && (text[i] === "\n" || text[i] === "\r")) return -1;
  }
  return -1;
}
