// Tokens to a syntax tree. Brackets, literals and calls are read here, one phrase per bracket; how operators bind inside a
// phrase is cel-js's parser's to say. Every mistake a text can have is found here, where its place is known.
import { NodeBuilder } from "./builder.ts";
import { CelSyntaxError } from "./errors.ts";
import { type Token, tokenize } from "./lexer.ts";
import { Phrase } from "./phrase.ts";
import { type CelMapEntry, type CelNode, MAX_HEIGHT } from "./syntax.ts";

const RELATIONS = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);
const ARITHMETIC = new Set(["+", "-", "*", "/", "%"]);
const RESERVED = new Set(
  ("as break const continue else false for function if import let loop package namespace null return true var void " +
    "while").split(" "),
);

/** @throws CelSyntaxError */
export function parseCel(text: string): CelNode {
  const parser = new Parser(tokenize(text));
  const root = parser.expression();
  parser.finish();
  return root;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #builder = new NodeBuilder();
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  finish(): void {
    if (this.#token.kind !== "end") throw this.#unexpected("an operator");
  }

  /** Up to a token that cannot continue it: a closing bracket, a comma, a colon of something else, the end. */
  expression(): CelNode {
    if (++this.#depth > MAX_HEIGHT) throw this.#tooDeep();
    const phrase = new Phrase(this.#builder);
    /** where the current chain of relations begins, and whether it has a relation already */
    let start = 0;
    let related = false;
    let open = false;
    let conditionals = 0;
    for (;;) {
      this.#operand(phrase);
      const { position } = this.#token;
      const symbol = this.#symbol();
      if (RELATIONS.has(symbol)) {
        // relations bind from the left, which cel-js's grammar does not know
        if (related) phrase.reduce(start);
        related = true;
      } else if (!ARITHMETIC.has(symbol)) {
        if (symbol === "?") {
          if (open) throw new CelSyntaxError("put the inner ? : in parentheses", position);
          if (++conditionals > MAX_HEIGHT) throw this.#tooDeep();
          open = true;
        } else if (symbol === ":" && open) {
          open = false;
        } else if (symbol !== "&&" && symbol !== "||") {
          if (open) throw this.#unexpected('":" of the conditional');
          this.#depth--;
          return phrase.build();
        }
        start = phrase.length + 1;
        related = false;
      }
      phrase.symbol(symbol, position);
      this.#next++;
    }
  }

  /** An operand with its signs before and its members behind it. */
  #operand(phrase: Phrase): void {
    const sign = this.#symbol();
    if (sign === "!" || sign === "-") {
      while (this.#symbol() === sign) {
        phrase.symbol(sign, this.#token.position);
        this.#next++;
      }
      if (this.#symbol() === "!" || this.#symbol() === "-") {
        throw new CelSyntaxError("! and - cannot follow each other; use parentheses", this.#token.position);
      }
    }
    phrase.operand(this.#primary());
    for (;;) {
      const { position } = this.#token;
      if (this.#skip(".")) this.#member(phrase, position);
      else if (this.#skip("[")) {
        if (this.#symbol() === "?") throw optional(this.#token.position);
        phrase.symbol("[", position);
        phrase.operand(this.expression());
        this.#expect("]");
        phrase.symbol("]", position);
      } else if (this.#symbol() === "{") {
        throw new CelSyntaxError("messages cannot be made here; a map is written {key: value}", position);
      } else {
        return;
      }
    }
  }

  #member(phrase: Phrase, position: number): void {
    if (this.#symbol() === "?") throw optional(this.#token.position);
    const token = this.#token;
    if (token.kind !== "name") throw this.#unexpected("a name");
    this.#next++;
    phrase.symbol(".", position);
    phrase.name(token.text, token.position);
    if (token.quoted || !this.#skip("(")) return;
    phrase.symbol("(", position);
    this.#list(")", false).forEach((arg, i) => {
      if (i > 0) phrase.symbol(",", arg.position);
      phrase.operand(arg);
    });
    phrase.symbol(")", position);
  }

  #primary(): CelNode {
    const token = this.#token;
    const { position } = token;
    if (token.kind === "literal") {
      this.#next++;
      return this.#builder.make(position, { kind: "literal", literal: token.literal });
    }
    if (this.#skip("(")) {
      const inner = this.expression();
      this.#expect(")");
      return inner;
    }
    if (this.#skip("[")) return this.#builder.make(position, { kind: "list", elements: this.#list("]", true) });
    if (this.#skip("{")) return this.#builder.make(position, { kind: "map", entries: this.#entries() });
    const rooted = this.#skip(".");
    return this.#name(rooted);
  }

  #name(rooted: boolean): CelNode {
    const token = this.#token;
    if (token.kind !== "name") throw this.#unexpected("a value");
    this.#next++;
    const { text: name, position } = token;
    if (!token.quoted && this.#skip("(")) {
      if (rooted && name === "has") throw new CelSyntaxError("has() is written without a dot before it", position);
      return this.#builder.make(position, { kind: "call", name, receiver: null, args: this.#list(")", false) });
    }
    if (!token.quoted && RESERVED.has(name)) {
      throw new CelSyntaxError(`${name} is a reserved word; write a field of this name in backticks`, position);
    }
    return this.#builder.make(position, { kind: "ident", name, rooted });
  }

  #list(close: ")" | "]", trailing: boolean): CelNode[] {
    const elements: CelNode[] = [];
    while (!this.#skip(close)) {
      if (this.#symbol() === "?") throw optional(this.#token.position);
      elements.push(this.expression());
      if (this.#skip(",")) {
        if (this.#symbol() === close && !trailing) throw this.#unexpected("a value");
      } else if (this.#symbol() !== close) throw this.#unexpected(`"," or "${close}"`);
    }
    return elements;
  }

  #entries(): CelMapEntry[] {
    const entries: CelMapEntry[] = [];
    while (!this.#skip("}")) {
      if (this.#symbol() === "?") throw optional(this.#token.position);
      const key = this.expression();
      this.#expect(":");
      entries.push({ key, value: this.expression() });
      if (!this.#skip(",") && this.#symbol() !== "}") throw this.#unexpected('"," or "}"');
    }
    return entries;
  }

  get #token(): Token {
    return this.#tokens[this.#next];
  }

  #symbol(): string {
    const token = this.#token;
    return token.kind === "symbol" ? token.text : "";
  }

  #skip(symbol: string): boolean {
    if (this.#symbol() !== symbol) return false;
    this.#next++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#skip(symbol)) throw this.#unexpected(`"${symbol}"`);
  }

  #tooDeep(): CelSyntaxError {
    return new CelSyntaxError(`the expression is nested deeper than ${MAX_HEIGHT} levels`, this.#token.position);
  }

  #unexpected(wanted: string): CelSyntaxError {
    const token = this.#token;
    const found = token.kind === "end"
      ? "the expression ends"
      : token.kind === "literal"
      ? "a literal stands here"
      : `${JSON.stringify(token.text)} stands here`;
    return new CelSyntaxError(`${wanted} is missing: ${found}`, token.position);
  }
}

function optional(position: number): CelSyntaxError {
  const cure = 'test with has() or "in" first';
  return new CelSyntaxError(`optional values (.?name, [?key], [?element]) are not supported; ${cure}`, position);
}
