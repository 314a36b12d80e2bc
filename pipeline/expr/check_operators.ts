// Which operand types an operator takes and what it gives; constant mistakes are found here.
import { ExpressionError } from "./errors.ts";
import type { Checked } from "./checked.ts";
import { compilePattern, PatternError } from "./regexp/mod.ts";
import type { BinaryOperator } from "./tree.ts";
import * as t from "./types.ts";
import { isNumber, isWhole, type Kind, type StaticType, typeText } from "./types.ts";

export function binaryType(op: BinaryOperator, left: Checked, right: Checked, position: number): StaticType {
  const mismatch = () => {
    const kinds = `mismatched types ${typeText(left.type)} and ${typeText(right.type)}`;
    return new ExpressionError(`invalid operation: ${op} (${kinds})`, position);
  };
  const a = left.type;
  const b = right.type;
  switch (op) {
    case "==":
    case "!=":
      if (!comparable(a.kind, b.kind)) throw mismatch();
      if (a.kind === "map" && b.kind === "map" && !a.anyKey !== !b.anyKey) throw mismatch();
      return t.BOOL;
    case "<":
    case "<=":
    case ">":
    case ">=":
      if (!ordered(a, b)) throw mismatch();
      return t.BOOL;
    case "in":
      return membership(left, right, mismatch);
    case "matches":
    case "contains":
    case "startsWith":
    case "endsWith":
      if (!maybe(a, ["string"]) || !maybe(b, ["string"])) throw mismatch();
      if (op === "matches") checkPattern(right);
      return t.BOOL;
    case "..":
      if (!isWhole(a) || !isWhole(b)) throw mismatch();
      return { kind: "array", nullable: false, element: "int" };
    case "%":
      if (!isWhole(a) || !isWhole(b)) throw mismatch();
      return t.INT;
    case "**":
    case "/":
      if (!maybe(a, NUMBERS) || !maybe(b, NUMBERS)) throw mismatch();
      return t.FLOAT;
    default:
      return arithmetic(op, a, b, mismatch);
  }
}

const NUMBERS: readonly Kind[] = ["int", "float"];
const SCALARS: readonly Kind[] = ["time", "duration"];

function maybe(type: StaticType, kinds: readonly Kind[]): boolean {
  return type.kind === "any" || kinds.includes(type.kind);
}

function comparable(a: Kind, b: Kind): boolean {
  if (a === b || a === "any" || b === "any" || a === "nil" || b === "nil") return true;
  return (a === "int" || a === "float") && (b === "int" || b === "float");
}

function ordered(a: StaticType, b: StaticType): boolean {
  const kinds: Kind[] = ["string", ...NUMBERS, ...SCALARS];
  return maybe(a, kinds) && maybe(b, kinds) && comparable(a.kind, b.kind);
}

function arithmetic(op: "+" | "-" | "*", a: StaticType, b: StaticType, mismatch: () => Error): StaticType {
  const kinds: Kind[] = op === "+" ? [...NUMBERS, ...SCALARS, "string"] : [...NUMBERS, ...SCALARS];
  if (!maybe(a, kinds) || !maybe(b, kinds)) throw mismatch();
  if (isNumber(a) && isNumber(b)) return a.kind === "int" && b.kind === "int" ? t.INT : t.FLOAT;
  if (a.kind === "any" || b.kind === "any") {
    // a float stays a float whatever number it meets; a string can only meet a string
    const known = a.kind === "any" ? b : a;
    return known.kind === "string" ? t.STRING : t.ANY;
  }
  if (op === "+" && a.kind === "string" && b.kind === "string") return t.STRING;
  if (op === "*" && (isNumber(a) || isNumber(b)) && (a.kind === "duration" || b.kind === "duration")) {
    return a.kind === "float" || b.kind === "float" ? t.FLOAT : t.DURATION;
  }
  if (a.kind === "duration" && b.kind === "duration") return t.DURATION;
  if (op !== "*" && a.kind === "time" && b.kind === "duration") return t.TIME;
  if (op === "+" && a.kind === "duration" && b.kind === "time") return t.TIME;
  if (op === "-" && a.kind === "time" && b.kind === "time") return t.DURATION;
  throw mismatch();
}

function membership(left: Checked, right: Checked, mismatch: () => Error): StaticType {
  const container = right.type;
  if (!maybe(container, ["array", "map"])) throw mismatch();
  if (container.kind === "map" && !container.anyKey && !maybe(left.type, ["string"])) throw mismatch();
  if (container.element !== undefined && !comparable(left.type.kind, container.element)) throw mismatch();
  return t.BOOL;
}

function checkPattern(pattern: Checked): void {
  if (pattern.kind !== "literal" || typeof pattern.value !== "string") return;
  try {
    compilePattern(pattern.value);
  } catch (error) {
    if (error instanceof PatternError) throw new ExpressionError(error.message, pattern.position);
    throw error;
  }
}
