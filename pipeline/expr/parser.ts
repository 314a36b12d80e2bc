// Parses expr text into the language-neutral tree. Precedence climbing; recursion is bounded by MAX_DEPTH and
// the tree by MAX_NODES, so hostile text ends in an ExpressionError, never in a stack overflow.
import { ExpressionError } from "./errors.ts";
import { type Token, tokenize } from "./lexer.ts";
import { BINARY, COMPARISONS, NEGATABLE, type OperatorRule, UNARY } from "./precedence.ts";
import { predicateShape } from "./predicates.ts";
import { type BinaryOperator, type MapEntry, type Node, type NodeShape } from "./tree.ts";
import { TreeBuilder } from "./tree_builder.ts";

export function parse(text: string): Node {
  return new Parser(text).parse();
}

class Parser {
  readonly #tokens: Token[];
  readonly #build = new TreeBuilder();
  #at = 0;
  #closures = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): Node {
    const node = this.#sequence();
    if (this.#token.kind !== "end") throw this.#unexpected();
    return node;
  }

  get #token(): Token {
    return this.#tokens[this.#at];
  }

  #is(text: string): boolean {
    return this.#token.kind === "operator" && this.#token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(`expected "${text}"`);
  }

  #expectName(): string {
    const token = this.#token;
    if (token.kind !== "identifier") throw this.#unexpected("expected a name");
    this.#at++;
    return token.text;
  }

  #unexpected(wanted = ""): ExpressionError {
    const token = this.#token;
    const found = token.kind === "end" ? "unexpected end of expression" : `unexpected token ${shorten(token.text)}`;
    return new ExpressionError(wanted === "" ? found : `${found}, ${wanted}`, token.position);
  }

  #node(position: number, shape: NodeShape): Node {
    return this.#build.node(position, shape);
  }

  #sequence(): Node {
    const steps = [this.#expression(0)];
    while (this.#take(";")) {
      if (this.#token.kind === "end") break;
      steps.push(this.#expression(0));
    }
    return steps.length === 1 ? steps[0] : this.#node(steps[0].position, { kind: "sequence", steps });
  }

  #expression(minimum: number): Node {
    return this.#build.nested(this.#token.position, () => {
      if (minimum === 0 && this.#is("let")) return this.#let();
      if (minimum === 0 && this.#is("if")) return this.#if();
      const node = this.#operators(this.#primary(), minimum);
      return minimum === 0 ? this.#ternary(node) : node;
    });
  }

  #operators(first: Node, minimum: number): Node {
    let left = first;
    let previous = "";
    for (;;) {
      const start = this.#token;
      const negated = start.kind === "operator" && start.text === "not";
      const token = negated ? this.#tokens[this.#at + 1] : start;
      if (token.kind !== "operator") return left;
      if (negated && !NEGATABLE.has(token.text)) return left;
      const rule = BINARY.get(token.text);
      if (rule === undefined || rule.precedence < minimum) return left;
      this.#at += negated ? 2 : 1;
      if (previous === "??" && token.text !== "??" && token.text !== "|") {
        throw new ExpressionError(
          `operator ?? cannot be mixed with ${token.text}: put one of them in parentheses`,
          token.position,
        );
      }
      left = this.#operator(left, token, rule);
      if (negated) left = this.#node(start.position, { kind: "unary", op: "not", operand: left });
      previous = token.text;
    }
  }

  #operator(left: Node, token: Token, rule: OperatorRule): Node {
    const { position } = token;
    if (rule.op === "|") return this.#call(this.#expectName(), position, [left]);
    if (COMPARISONS.has(token.text)) return this.#comparisons(left, token);
    const right = this.#expression(rule.rightAssociative ? rule.precedence : rule.precedence + 1);
    if (rule.op === "and" || rule.op === "or") return this.#build.logic(position, rule.op, left, right);
    if (rule.op === "??") return this.#node(position, { kind: "coalesce", left, right });
    return this.#node(position, { kind: "binary", op: rule.op, left, right });
  }

  /** `a < b <= c` means `a < b and b <= c`. */
  #comparisons(first: Node, token: Token): Node {
    let left = first;
    let operator = token;
    let all: Node | null = null;
    for (;;) {
      const rule = BINARY.get(operator.text)!;
      const right = this.#expression(rule.precedence + 1);
      const one = this.#node(operator.position, {
        kind: "binary",
        op: rule.op as BinaryOperator,
        left,
        right,
      });
      all = all === null ? one : this.#build.logic(operator.position, "and", all, one);
      const next = this.#token;
      if (next.kind !== "operator" || !COMPARISONS.has(next.text)) return all;
      left = right;
      operator = next;
      this.#at++;
    }
  }

  #ternary(test: Node): Node {
    let node = test;
    while (this.#is("?")) {
      const { position } = this.#token;
      this.#at++;
      const then = this.#is(":") ? node : this.#expression(0);
      this.#expect(":");
      const otherwise = this.#expression(0);
      node = this.#node(position, { kind: "conditional", test: node, then, otherwise });
    }
    return node;
  }

  #if(): Node {
    const { position } = this.#token;
    this.#expect("if");
    const test = this.#expression(0);
    const then = this.#block();
    this.#expect("else");
    const otherwise = this.#is("if") ? this.#expression(0) : this.#block();
    return this.#node(position, { kind: "conditional", test, then, otherwise });
  }

  #block(): Node {
    this.#expect("{");
    const body = this.#sequence();
    this.#expect("}");
    return body;
  }

  #let(): Node {
    const { position } = this.#token;
    this.#expect("let");
    const name = this.#expectName();
    this.#expect("=");
    const value = this.#expression(0);
    this.#expect(";");
    const body = this.#build.nested(position, () => this.#sequence());
    return this.#node(position, { kind: "let", name, value, body });
  }

  #primary(): Node {
    const token = this.#token;
    const { position } = token;
    if (token.kind === "operator") {
      const unary = UNARY.get(token.text);
      if (unary !== undefined) {
        this.#at++;
        const operand = this.#expression(unary.precedence);
        return this.#postfix(this.#node(position, { kind: "unary", op: unary.op, operand }));
      }
      if (this.#take("(")) {
        const inner = this.#sequence();
        this.#expect(")");
        return this.#postfix(inner);
      }
      if (this.#closures > 0 && (token.text === "#" || token.text === ".")) return this.#postfix(this.#pointer());
      if (token.text === "::") {
        this.#at++;
        return this.#postfix(this.#call(this.#expectName(), position, [], true));
      }
    }
    const node = this.#secondary();
    // nothing can be asked of a constant but of a string
    return node.kind === "literal" && typeof node.value !== "string" ? node : this.#postfix(node);
  }

  #pointer(): Node {
    const { position } = this.#token;
    if (!this.#take("#")) return this.#node(position, { kind: "pointer", role: "element" });
    const next = this.#token;
    if (next.kind !== "identifier" || next.position !== position + 1) {
      return this.#node(position, { kind: "pointer", role: "element" });
    }
    this.#at++;
    if (next.text === "index") return this.#node(position, { kind: "pointer", role: "index" });
    if (next.text === "acc") return this.#node(position, { kind: "pointer", role: "accumulator" });
    throw new ExpressionError(`unknown pointer #${next.text}`, position);
  }

  #secondary(): Node {
    const token = this.#token;
    const { position } = token;
    if (token.kind === "literal") {
      this.#at++;
      return this.#node(position, { kind: "literal", value: token.value });
    }
    if (token.kind === "identifier") {
      this.#at++;
      if (token.text === "true") return this.#node(position, { kind: "literal", value: true });
      if (token.text === "false") return this.#node(position, { kind: "literal", value: false });
      if (token.text === "nil") return this.#node(position, { kind: "literal", value: null });
      if (this.#is("(")) return this.#call(token.text, position, []);
      if (token.text === "$env") return this.#node(position, { kind: "environment" });
      return this.#node(position, { kind: "name", name: token.text });
    }
    if (this.#take("[")) {
      return this.#node(position, { kind: "array", elements: this.#list("]", () => this.#expression(0)) });
    }
    if (this.#take("{")) return this.#node(position, { kind: "map", entries: this.#list("}", () => this.#entry()) });
    throw this.#unexpected();
  }

  #list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.#take(close)) {
      if (items.length > 0) {
        this.#expect(",");
        if (this.#take(close)) break;
      }
      items.push(item());
    }
    return items;
  }

  #entry(): MapEntry {
    const token = this.#token;
    let key: Node;
    if (this.#is("(")) {
      key = this.#expression(0);
    } else if (token.kind === "literal" || token.kind === "identifier") {
      this.#at++;
      const value = token.kind === "literal" && typeof token.value === "string" ? token.value : token.text;
      key = this.#node(token.position, { kind: "literal", value });
    } else {
      throw this.#unexpected("a map key must be a quoted string, a number, a name or an expression in parentheses");
    }
    this.#expect(":");
    return { key, value: this.#expression(0) };
  }

  #call(name: string, position: number, piped: Node[], builtin = false): Node {
    this.#expect("(");
    const args = this.#arguments(piped, predicateShape(name)?.closureAt);
    return this.#node(position, builtin ? { kind: "call", name, args, builtin } : { kind: "call", name, args });
  }

  /** Up to the closing parenthesis. */
  #arguments(piped: readonly Node[], closureAt?: number): Node[] {
    const args = [...piped];
    while (!this.#take(")")) {
      if (args.length > piped.length) {
        this.#expect(",");
        if (this.#take(")")) break;
      }
      args.push(args.length === closureAt ? this.#closure() : this.#expression(0));
    }
    return args;
  }

  #closure(): Node {
    const { position } = this.#token;
    this.#closures++;
    const body = this.#is("{") ? this.#block() : this.#expression(0);
    this.#closures--;
    return this.#node(position, { kind: "closure", body });
  }

  /** A chain goes on through `.name`, also from outside parentheses, and ends before `[`. */
  #postfix(first: Node): Node {
    let node = first;
    for (;;) {
      const { position } = this.#token;
      const optional = this.#take("?.");
      if (this.#is("[")) {
        this.#at++;
        node = this.#index(node, position, optional);
        if (optional && node.kind === "member") node = this.#node(position, { kind: "chain", body: node });
      } else if (optional || this.#take(".")) {
        const chained = node.kind === "chain";
        const next = this.#member(node.kind === "chain" ? node.body : node, position, optional);
        node = chained || optional ? this.#node(position, { kind: "chain", body: next }) : next;
      } else {
        return node;
      }
    }
  }

  #member(object: Node, position: number, optional: boolean): Node {
    const property = this.#propertyName();
    if (!this.#take("(")) return this.#node(position, { kind: "member", object, property, optional });
    const name = (property as Extract<Node, { kind: "literal" }>).value as string;
    return this.#node(position, { kind: "method", object, name, args: this.#arguments([]), optional });
  }

  #propertyName(): Node {
    const token = this.#token;
    if (token.kind !== "identifier" && !isWord(token)) throw this.#unexpected("expected a name");
    this.#at++;
    return this.#node(token.position, { kind: "literal", value: token.text });
  }

  #index(object: Node, position: number, optional: boolean): Node {
    if (this.#take(":")) return this.#sliceTo(object, position, null);
    const property = this.#expression(0);
    if (this.#take(":")) return this.#sliceTo(object, position, property);
    this.#expect("]");
    return this.#node(position, { kind: "member", object, property, optional });
  }

  #sliceTo(object: Node, position: number, from: Node | null): Node {
    const to = this.#is("]") ? null : this.#expression(0);
    this.#expect("]");
    return this.#node(position, { kind: "slice", object, from, to });
  }
}

function isWord(token: Token): boolean {
  return token.kind === "operator" && /^[a-zA-Z]/.test(token.text);
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
