// Binary operators as JavaScript text: a native operator where static types allow it, a runtime call elsewhere.
import type { Checked } from "./checked.ts";
import { type Generator, isBool, type Js } from "./generate.ts";
import { literal, numberText } from "./generate_literal.ts";
import type { BinaryOperator } from "./tree.ts";
import type { StaticType } from "./types.ts";

type BinaryNode = Extract<Checked, { kind: "binary" }>;

const NATIVE = { "<": "<", "<=": "<=", ">": ">", ">=": ">=", "+": "+", "-": "-", "*": "*", "/": "/" } as const;

const RUNTIME: Readonly<Record<Exclude<BinaryOperator, "==" | "!=">, string>> = {
  "<": "less",
  "<=": "lessOrEqual",
  ">": "more",
  ">=": "moreOrEqual",
  in: "isIn",
  matches: "matches",
  contains: "contains",
  startsWith: "startsWith",
  endsWith: "endsWith",
  "..": "range",
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
  "**": "power",
};

export function logicOperand(generator: Generator, node: Checked, where: string): string {
  const { text, type } = generator.node(node);
  return isBool(type) ? text : `rt.bool(${text}, "${where}")`;
}

export function binary(generator: Generator, node: BinaryNode): Js {
  const { type } = node;
  switch (node.op) {
    case "==":
    case "!=": {
      const text = equality(generator, node.left, node.right);
      return { text: node.op === "==" ? text : `(!${text})`, type };
    }
    case "in":
      return { text: membership(generator, node), type };
    case "contains":
    case "startsWith":
    case "endsWith":
      return { text: textTest(generator, node, node.op), type };
    default:
      return { text: numeric(generator, node, node.op), type };
  }
}

function numeric(
  generator: Generator,
  node: BinaryNode,
  op: Exclude<BinaryOperator, "==" | "!=" | "in" | "contains" | "startsWith" | "endsWith">,
): string {
  const [left, right] = pair(generator, node.left, node.right);
  if (op in NATIVE && isDouble(left.type) && isDouble(right.type)) {
    return `(${left.text} ${NATIVE[op as keyof typeof NATIVE]} ${right.text})`;
  }
  const bounded = isGiven(node.left) && isGiven(node.right) && generator.repeated === 0;
  if (op === "+" && bounded && isText(left.type) && isText(right.type)) return `(${left.text} + ${right.text})`;
  return `rt.${RUNTIME[op]}(${left.text}, ${right.text})`;
}

/** A text that the event or the expression itself holds: adding such texts once does not need to be counted. */
function isGiven(node: Checked): boolean {
  return node.kind === "literal" || node.kind === "field" || node.kind === "member";
}

/** Both sides; an integer literal that meets a float becomes one, so that no bigint is made. */
function pair(generator: Generator, left: Checked, right: Checked): [Js, Js] {
  const a = generator.node(left);
  const b = generator.node(right);
  return [asDouble(left, b.type) ?? a, asDouble(right, a.type) ?? b];
}

function asDouble(node: Checked, other: StaticType): Js | null {
  if (node.kind !== "literal" || typeof node.value !== "bigint" || other.kind !== "float") return null;
  return { text: numberText(Number(node.value)), type: { kind: "float", nullable: false } };
}

function isDouble(type: StaticType): boolean {
  return type.kind === "float" && !type.nullable;
}

function isText(type: StaticType): boolean {
  return type.kind === "string" && !type.nullable;
}

/** JS text giving a boolean, in parentheses or a call. */
function equality(generator: Generator, left: Checked, right: Checked): string {
  if (isNil(right)) return `(${generator.text(left)} == null)`;
  if (isNil(left)) return `(${generator.text(right)} == null)`;
  const direct = fieldEquals(generator, left, right) ?? fieldEquals(generator, right, left);
  if (direct !== null) return direct;
  const [a, b] = pair(generator, left, right);
  const kind = identical(a.type, b.type);
  return kind ? `(${a.text} === ${b.text})` : `rt.equal(${a.text}, ${b.text})`;
}

/** Whether JS identity decides equality: one side is certainly a string, a bool, or a number among numbers. */
function identical(a: StaticType, b: StaticType): boolean {
  const known = a.nullable ? b : a;
  const other = a.nullable ? a : b;
  if (known.nullable) return false;
  if (known.kind === "string" || known.kind === "bool") return true;
  return (known.kind === "float" || known.kind === "int") && other.kind === known.kind;
}

function fieldEquals(generator: Generator, field: Checked, value: Checked): string | null {
  if (field.kind !== "field" || field.type.kind !== "string") return null;
  if (value.kind !== "literal" || typeof value.value !== "string") return null;
  const text = generator.access.equals?.(field.name, value.value) ?? null;
  return text === null ? null : `(${text})`;
}

function isNil(node: Checked): boolean {
  return node.kind === "literal" && node.value === null;
}

/** A longer range does not fit the memory budget, whoever makes it. */
const MAX_RANGE = 1_000_000;

function membership(generator: Generator, node: BinaryNode): string {
  const { left, right } = node;
  if (right.kind === "array" && right.elements.length > 0 && right.elements.every(isTextLiteral)) {
    const tests = right.elements.map((element) => fieldEquals(generator, left, element));
    const nilMatters = left.type.nullable &&
      right.elements.some((element) => element.kind === "literal" && !element.value);
    if (!nilMatters && tests.every((test) => test !== null)) return `(${tests.join(" || ")})`;
    const elements = right.elements.map((element) => generator.text(element));
    if (isText(left.type)) return `[${elements.join(", ")}].includes(${generator.text(left)})`;
    return `rt.inTexts(${generator.text(left)}, [${elements.join(", ")}])`;
  }
  if (right.kind === "array" && right.elements.length > 0 && left.type.kind === "float") {
    const doubles = right.elements.map((element) => numberLiteral(element));
    if (doubles.every((text) => text !== null)) return `[${doubles.join(", ")}].includes(${generator.text(left)})`;
  }
  if (right.kind === "binary" && right.op === "..") {
    const from = integerLiteral(right.left);
    const to = integerLiteral(right.right);
    if (from !== null && to !== null && (to - from + 1 < MAX_RANGE || left.type.kind === "int")) {
      return `rt.inRange(${generator.text(left)}, ${from}, ${to})`;
    }
  }
  return `rt.isIn(${generator.text(left)}, ${generator.text(right)})`;
}

function isTextLiteral(node: Checked): boolean {
  return node.kind === "literal" && typeof node.value === "string";
}

function numberLiteral(node: Checked): string | null {
  if (node.kind !== "literal") return null;
  if (typeof node.value === "bigint") return numberText(Number(node.value));
  return typeof node.value === "number" ? literal(node.value) : null;
}

function integerLiteral(node: Checked): number | null {
  const value = node.kind === "literal" && typeof node.value === "bigint" ? Number(node.value) : NaN;
  return Number.isSafeInteger(value) ? value : null;
}

const METHODS = { contains: "includes", startsWith: "startsWith", endsWith: "endsWith" } as const;

function textTest(generator: Generator, node: BinaryNode, op: keyof typeof METHODS): string {
  const left = generator.node(node.left);
  const right = generator.node(node.right);
  if (generator.repeated === 0 && isText(left.type) && isText(right.type)) {
    return `${left.text}.${METHODS[op]}(${right.text})`;
  }
  return `rt.${op}(${left.text}, ${right.text})`;
}
