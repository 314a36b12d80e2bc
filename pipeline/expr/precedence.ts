// Operators of expr and how tightly they bind.
import type { BinaryOperator } from "./tree.ts";

export interface OperatorRule {
  readonly op: BinaryOperator | "and" | "or" | "|" | "??";
  readonly precedence: number;
  readonly rightAssociative: boolean;
}

function rules(precedence: number, ops: readonly OperatorRule["op"][]): [string, OperatorRule][] {
  return ops.map((op) => [op, { op, precedence, rightAssociative: op === "**" }]);
}

export const BINARY: ReadonlyMap<string, OperatorRule> = new Map<string, OperatorRule>([
  ...rules(0, ["|"]),
  ...rules(10, ["or"]),
  ["||", { op: "or", precedence: 10, rightAssociative: false }],
  ...rules(15, ["and"]),
  ["&&", { op: "and", precedence: 15, rightAssociative: false }],
  ...rules(20, ["==", "!=", "<", "<=", ">", ">=", "in", "matches", "contains", "startsWith", "endsWith"]),
  ...rules(25, [".."]),
  ...rules(30, ["+", "-"]),
  ...rules(60, ["*", "/", "%"]),
  ...rules(100, ["**"]),
  ["^", { op: "**", precedence: 100, rightAssociative: true }],
  ...rules(500, ["??"]),
]);

export const UNARY: ReadonlyMap<string, { op: "not" | "-" | "+"; precedence: number }> = new Map([
  ["not", { op: "not", precedence: 50 }],
  ["!", { op: "not", precedence: 50 }],
  ["-", { op: "-", precedence: 90 }],
  ["+", { op: "+", precedence: 90 }],
]);

/** These may be chained: `1 < x < 5`. */
export const COMPARISONS: ReadonlySet<string> = new Set(["<", "<=", ">", ">="]);

/** These may be preceded by `not`. */
export const NEGATABLE: ReadonlySet<string> = new Set(["in", "matches", "contains", "startsWith", "endsWith"]);
