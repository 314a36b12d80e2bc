// Operators as terms: JavaScript's own where types and bounds allow it, runtime calls elsewhere.
import { ExpressionError } from "../expr/errors.ts";
import * as e from "../expr/types.ts";
import type { Arithmetic, Relation } from "./syntax.ts";
import { call, callTerm, checked, type NumberForm, type Term } from "./term.ts";
import { BOOL, type CelKind, type CelType, compatible, DYN, general, listType, typeText } from "./types.ts";

type Comparison = "<" | "<=" | ">" | ">=";

const COMPARE: Readonly<Record<Comparison, string>> = {
  "<": "less",
  "<=": "lessOrEqual",
  ">": "more",
  ">=": "moreOrEqual",
};
const ARITHMETIC: Readonly<Record<Arithmetic, string>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
};
const NUMBERS: ReadonlySet<CelKind> = new Set(["int", "uint", "double"]);
const ORDERED: ReadonlySet<CelKind> = new Set(["bool", "string", "bytes", "timestamp", "duration"]);

export function isArithmetic(op: Relation | Arithmetic): op is Arithmetic {
  return Object.hasOwn(ARITHMETIC, op);
}

export function relation(position: number, op: Relation, left: Term, right: Term): Term {
  if (op === "in") return membership(position, left, right);
  if (op === "==" || op === "!=") return equality(position, op, left, right);
  const [a, b] = [left.type.kind, right.type.kind];
  const sensible = a === "dyn"
    ? b === "dyn" || NUMBERS.has(b) || ORDERED.has(b)
    : b === "dyn"
    ? NUMBERS.has(a) || ORDERED.has(a)
    : (NUMBERS.has(a) && NUMBERS.has(b)) || (a === b && ORDERED.has(a));
  if (!sensible) throw noOverload(position, op, left.type, right.type);
  const doubles: [Term["node"], Term["node"]] | null = a === "double" && b === "double"
    ? [left.node, right.node]
    : null;
  const numbers = doubles ?? numberForms(left, right);
  const args = numbers ?? [left.node, right.node];
  const fallible = left.fallible || right.fallible;
  const present = left.type.nullable !== true && right.type.nullable !== true;
  if (numbers !== null && present) {
    const [first, second] = numbers;
    return {
      node: checked(position, e.BOOL, { kind: "binary", op, left: first, right: second }),
      type: BOOL,
      fallible,
    };
  }
  return callTerm(
    position,
    BOOL,
    COMPARE[op],
    args,
    fallible || !present || a === "dyn" || b === "dyn",
  );
}

/** Both sides as doubles, if comparing those decides the same: one of them has to be exact. */
function numberForms(left: Term, right: Term): [Term["node"], Term["node"]] | null {
  const [a, b] = [left.number, right.number];
  if (a === undefined || b === undefined) return null;
  return Math.min(a.bound, b.bound) <= Number.MAX_SAFE_INTEGER ? [a.node, b.node] : null;
}

const IDENTICAL: ReadonlySet<CelKind> = new Set(["string", "bool", "int", "double"]);

function equality(position: number, op: "==" | "!=", left: Term, right: Term): Term {
  const { type: a } = left;
  const { type: b } = right;
  if (!compatible(a, b)) throw noOverload(position, op, a, b);
  const fallible = left.fallible || right.fallible;
  const result = (first: Term["node"], second: Term["node"]): Term => {
    const node = checked(position, e.BOOL, { kind: "binary", op, left: first, right: second });
    return { node, type: BOOL, fallible };
  };
  if (a.kind === "null" || b.kind === "null") return result(left.node, right.node);
  const numbers = a.kind === b.kind ? numberForms(left, right) : null;
  if (numbers !== null) return result(numbers[0], numbers[1]);
  const present = a.nullable !== true && b.nullable !== true;
  if (a.kind === b.kind && IDENTICAL.has(a.kind) && present) return result(left.node, right.node);
  if ([a, b].some(({ kind, nullable }) => (kind === "string" || kind === "bool") && nullable !== true)) {
    return result(left.node, right.node);
  }
  const node = call(position, e.BOOL, "equals", [left.node, right.node]);
  return { node: op === "==" ? node : not(position, node), type: BOOL, fallible };
}

export function not(position: number, operand: Term["node"]): Term["node"] {
  return checked(position, e.BOOL, { kind: "unary", op: "not", operand });
}

function membership(position: number, left: Term, right: Term): Term {
  const { type } = right;
  const wanted = type.kind === "list" ? listType(left.type) : type;
  const fits = type.kind === "dyn" ||
    (type.kind === "list" && compatible(type, wanted)) ||
    (type.kind === "map" && compatible(type.key ?? DYN, left.type));
  if (!fits) throw noOverload(position, "in", left.type, type);
  const fallible = left.fallible || right.fallible || type.kind === "dyn" || type.nullable === true;
  const literals = literalElements(right);
  if (literals !== null && literals.length > 0) {
    // expr takes nil for the empty text there
    const possible = (value: unknown) => typeof value === "string" && (value !== "" || left.type.nullable !== true);
    const strings = left.type.kind === "string" && literals.every(({ value }) => possible(value));
    const whole = left.number !== undefined && type.element?.kind === left.type.kind &&
      literals.every(({ value }) => typeof value === "bigint" && Number.isSafeInteger(Number(value)));
    if (strings || whole) {
      const array = checked(position, e.ARRAY, { kind: "array", elements: literals });
      const operands = { left: strings ? left.node : left.number!.node, right: array };
      return { node: checked(position, e.BOOL, { kind: "binary", op: "in", ...operands }), type: BOOL, fallible };
    }
  }
  return callTerm(position, BOOL, "isIn", [left.node, right.node], fallible);
}

/** The elements of a list literal, if all of them are literals; uints as their numbers. */
function literalElements({ node }: Term) {
  if (node.kind !== "call" || node.target !== "cel.listOf") return null;
  const elements = node.args.map((arg) => arg.kind === "call" && arg.target === "cel.uintOf" ? arg.args[0] : arg);
  return elements.every((element) => element.kind === "literal") ? elements : null;
}

const SUMS: readonly (readonly [op: Arithmetic, a: CelKind, b: CelKind, result: CelKind])[] = [
  ["+", "string", "string", "string"],
  ["+", "bytes", "bytes", "bytes"],
  ["+", "duration", "duration", "duration"],
  ["+", "timestamp", "duration", "timestamp"],
  ["+", "duration", "timestamp", "timestamp"],
  ["-", "duration", "duration", "duration"],
  ["-", "timestamp", "timestamp", "duration"],
  ["-", "timestamp", "duration", "timestamp"],
];

export function arithmetic(position: number, op: Arithmetic, left: Term, right: Term): Term {
  const type = arithmeticType(position, op, left.type, right.type);
  const fallible = left.fallible || right.fallible;
  const simple = left.type.nullable !== true && right.type.nullable !== true &&
    left.type.kind === type.kind && right.type.kind === type.kind;
  if (simple && (type.kind === "double" || (type.kind === "string" && op === "+"))) {
    const shape = { kind: "binary", op, left: left.node, right: right.node } as const;
    return { node: checked(position, type.kind === "double" ? e.FLOAT : e.STRING, shape), type, fallible };
  }
  const term = callTerm(position, type, ARITHMETIC[op], [left.node, right.node]);
  const number = simple ? numberArithmetic(position, op, left, right) : undefined;
  return number === undefined ? term : { ...term, fallible, number };
}

function arithmeticType(position: number, op: Arithmetic, a: CelType, b: CelType): CelType {
  const numeric = (kind: CelKind) => NUMBERS.has(kind) && !(op === "%" && kind === "double");
  if (a.kind === b.kind && numeric(a.kind)) return { kind: a.kind };
  if (op === "+" && a.kind === "list" && b.kind === "list" && compatible(a, b)) return general(a, b);
  const rows = SUMS.filter(([symbol, x, y]) =>
    symbol === op && (a.kind === "dyn" || a.kind === x) && (b.kind === "dyn" || b.kind === y)
  );
  const open = a.kind === "dyn" ? b.kind : b.kind === "dyn" ? a.kind : null;
  if (open === null) {
    if (rows.length === 1) return { kind: rows[0][3] };
    throw noOverload(position, op, a, b);
  }
  const results = new Set<CelKind>(rows.map(([, , , result]) => result));
  if (open === "dyn" || numeric(open)) results.add(open);
  if (op === "+" && open === "list") return listType(DYN);
  if (results.size === 0) throw noOverload(position, op, a, b);
  return results.size === 1 ? { kind: [...results][0] } : DYN;
}

/** The same in doubles, if no result can leave the integers that doubles hold exactly. */
function numberArithmetic(position: number, op: Arithmetic, left: Term, right: Term): NumberForm | undefined {
  const [a, b] = [left.number, right.number];
  if (a === undefined || b === undefined) return undefined;
  const divisor = b.node.kind === "literal" && b.node.value !== 0;
  if (Math.max(a.bound, b.bound) > Number.MAX_SAFE_INTEGER) return undefined;
  if (op === "/" || op === "%") {
    if (!divisor) return undefined;
    const target = op === "/" ? "quotient" : "remainder";
    return { node: call(position, e.FLOAT, target, [a.node, b.node]), bound: a.bound };
  }
  const bound = op === "*" ? a.bound * b.bound : a.bound + b.bound;
  if (bound > Number.MAX_SAFE_INTEGER || (op === "-" && left.type.kind === "uint")) return undefined;
  return { node: checked(position, e.FLOAT, { kind: "binary", op, left: a.node, right: b.node }), bound };
}

export function negation(position: number, operand: Term): Term {
  const { kind, nullable } = operand.type;
  if (kind !== "int" && kind !== "double" && kind !== "dyn") {
    throw new ExpressionError(`no such overload: -(${typeText(operand.type)})`, position);
  }
  if (kind === "double" && nullable !== true) {
    const node = checked(position, e.FLOAT, { kind: "unary", op: "-", operand: operand.node });
    return { node, type: { kind }, fallible: operand.fallible };
  }
  return callTerm(position, { kind }, "negate", [operand.node]);
}

export function noOverload(position: number, op: string, ...types: CelType[]): ExpressionError {
  const [a, b] = types.map(({ kind }) => kind);
  const mixed = types.length === 2 && a !== b && NUMBERS.has(a) && NUMBERS.has(b);
  const cure = mixed
    ? `; kinds of numbers do not mix: convert one with ${a}() or ${b}(), literals are 9, 9u and 9.0`
    : "";
  return new ExpressionError(`no such overload: ${op}(${types.map(typeText).join(", ")})${cure}`, position);
}
