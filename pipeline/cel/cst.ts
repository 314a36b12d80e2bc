// cel-js's concrete syntax tree of a phrase to syntax nodes.
import type { parse } from "cel-js";
import type { NodeBuilder } from "./builder.ts";
import { CelSyntaxError } from "./errors.ts";
import type { Arithmetic, CelNode, Relation } from "./syntax.ts";

type Cst = Extract<ReturnType<typeof parse>, { isSuccess: true }>["cst"];

interface Symbol {
  readonly image: string;
  readonly startOffset: number;
}

export class CstReader {
  readonly #builder: NodeBuilder;
  /** offset in the phrase to offset in the user's text */
  readonly #positions: ReadonlyMap<number, number>;
  readonly #operands: readonly CelNode[];
  readonly #names: readonly string[];

  constructor(
    builder: NodeBuilder,
    positions: ReadonlyMap<number, number>,
    operands: readonly CelNode[],
    names: readonly string[],
  ) {
    this.#builder = builder;
    this.#positions = positions;
    this.#operands = operands;
    this.#names = names;
  }

  expression(cst: Cst): CelNode {
    const test = this.#or(rules(cst, "conditionalOr")[0]);
    const [question] = symbols(cst, "QuestionMark");
    if (question === undefined) return test;
    const then = this.expression(rules(cst, "lhs")[0]);
    const otherwise = this.expression(rules(cst, "rhs")[0]);
    return this.#builder.make(this.#at(question), { kind: "conditional", test, then, otherwise });
  }

  #or(cst: Cst): CelNode {
    const operands = [...rules(cst, "lhs"), ...rules(cst, "rhs")].map((operand) => this.#and(operand));
    return this.#logic("||", operands, symbols(cst, "LogicalOrOperator")[0]);
  }

  #and(cst: Cst): CelNode {
    const operands = [...rules(cst, "lhs"), ...rules(cst, "rhs")].map((operand) => this.#relation(operand));
    return this.#logic("&&", operands, symbols(cst, "LogicalAndOperator")[0]);
  }

  #logic(op: "&&" | "||", operands: CelNode[], symbol: Symbol | undefined): CelNode {
    if (symbol === undefined) return operands[0];
    return this.#builder.make(this.#at(symbol), { kind: "logic", op, operands });
  }

  #relation(cst: Cst): CelNode {
    const left = this.#sum(rules(cst, "lhs")[0]);
    const [symbol] = symbols(cst, "ComparisonOperator");
    if (symbol === undefined) return left;
    const right = this.#sum(rules(cst, "rhs")[0]);
    return this.#builder.make(this.#at(symbol), { kind: "binary", op: symbol.image as Relation, left, right });
  }

  #sum(cst: Cst): CelNode {
    return this.#chain(cst, "AdditionOperator", (operand) => this.#product(operand));
  }

  #product(cst: Cst): CelNode {
    return this.#chain(cst, "MultiplicationOperator", (operand) => this.#unary(operand));
  }

  /** Binds from the left. */
  #chain(cst: Cst, operators: string, operand: (cst: Cst) => CelNode): CelNode {
    const rest = rules(cst, "rhs");
    return symbols(cst, operators).reduce((left, symbol, i) => {
      const op = symbol.image as Arithmetic;
      return this.#builder.make(this.#at(symbol), { kind: "binary", op, left, right: operand(rest[i]) });
    }, operand(rules(cst, "lhs")[0]));
  }

  #unary(cst: Cst): CelNode {
    const operators = [...symbols(cst, "UnaryOperator")];
    let node = this.#atom(rules(cst, "atomicExpression")[0]);
    const last = operators.at(-1);
    const negative = last?.image === "-" ? this.#negativeLiteral(node, this.#at(last)) : null;
    if (negative !== null) {
      node = negative;
      operators.pop();
    } else if (node.kind === "literal" && node.literal.type === "int" && node.literal.value === 2n ** 63n) {
      throw new CelSyntaxError("the number is out of range of an int", node.position);
    }
    return operators.reduceRight(
      (operand, symbol) =>
        this.#builder.make(this.#at(symbol), { kind: "unary", op: symbol.image as "!" | "-", operand }),
      node,
    );
  }

  #negativeLiteral(node: CelNode, position: number): CelNode | null {
    if (node.kind !== "literal" || (node.literal.type !== "int" && node.literal.type !== "double")) return null;
    if (node.literal.value < 0) return null;
    const literal = node.literal.type === "int"
      ? { type: "int" as const, value: -node.literal.value }
      : { type: "double" as const, value: -node.literal.value };
    return this.#builder.make(position, { kind: "literal", literal });
  }

  #atom(cst: Cst): CelNode {
    const [base] = rules(cst, "identifierExpression");
    const [name] = symbols(base, "Identifier");
    const steps = [...rules(base, "identifierDotExpression"), ...rules(base, "identifierIndexExpression")]
      .map((step) => ({ step, symbol: symbols(step, "Dot")[0] ?? symbols(step, "OpenBracket")[0] }))
      .sort((a, b) => a.symbol.startOffset - b.symbol.startOffset);
    return steps.reduce((node, { step, symbol }) => this.#step(node, step, this.#at(symbol)), this.#operand(name));
  }

  #step(node: CelNode, step: Cst, position: number): CelNode {
    if (step.name === "indexExpression") {
      const index = this.expression(rules(step, "expr")[0]);
      return this.#builder.make(position, { kind: "index", object: node, index });
    }
    const name = this.#names[Number(symbols(step, "Identifier")[0].image.slice(1))];
    if (symbols(step, "OpenParenthesis").length === 0) {
      return this.#builder.make(position, { kind: "select", object: node, field: name });
    }
    const args = [...rules(step, "arg"), ...rules(step, "args")].map((arg) => this.expression(arg));
    return this.#builder.make(position, { kind: "call", name, receiver: node, args });
  }

  #operand({ image }: Symbol): CelNode {
    return this.#operands[Number(image.slice(1))];
  }

  #at({ startOffset }: Symbol): number {
    return this.#positions.get(startOffset) ?? 0;
  }
}

function rules(cst: Cst, label: string): Cst[] {
  return (cst.children[label] ?? []) as Cst[];
}

function symbols(cst: Cst, label: string): Symbol[] {
  return (cst.children[label] ?? []) as Symbol[];
}
