// Constant parts computed while compiling, as the original does it: its rules are part of what expressions mean, since
// a constant operand of `and` and `or` disappears before anything is checked at run time.
import type { Checked, CheckedShape } from "./checked.ts";
import { add, divide, multiply, negate, power, subtract } from "./arithmetic.ts";
import { ExpressionError } from "./errors.ts";
import type { BinaryOperator, LiteralValue } from "./tree.ts";

type Unary = Extract<CheckedShape, { kind: "unary" }>;
type Binary = Extract<CheckedShape, { kind: "binary" }>;

const NUMERIC: Readonly<Partial<Record<BinaryOperator, (a: unknown, b: unknown) => unknown>>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "**": power,
};

/** The value of an operator on constants; undefined when it is only known at run time. */
export function foldedUnary({ op, operand }: Unary): LiteralValue | undefined {
  if (operand.kind !== "literal") return undefined;
  const { value } = operand;
  if (op === "not") return typeof value === "boolean" ? !value : undefined;
  if (!isNumber(value)) return undefined;
  return op === "-" ? negate(value) as LiteralValue : value;
}

/** @throws ExpressionError where an integer is divided by zero */
export function foldedBinary({ op, left, right }: Binary): LiteralValue | undefined {
  if (left.kind !== "literal" || right.kind !== "literal") return undefined;
  const [a, b] = [left.value, right.value];
  if (op === "%" && typeof a === "bigint" && typeof b === "bigint") {
    if (b === 0n) throw new ExpressionError("integer divide by zero", right.position);
    return BigInt.asIntN(64, a % b);
  }
  if (op === "==" && typeof a === typeof b && typeof a !== "number" && a !== null) return a === b;
  if (op === "+" && typeof a === "string" && typeof b === "string") return a + b;
  return isNumber(a) && isNumber(b) ? NUMERIC[op]?.(a, b) as LiteralValue | undefined : undefined;
}

function isNumber(value: LiteralValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** `and`, `or`: a constant that decides nothing disappears, one that decides everything stays alone. */
export function foldedLogic(op: "and" | "or", operands: readonly Checked[]): readonly Checked[] {
  const neutral = op === "and";
  const decisive = operands.find((operand) => operand.kind === "literal" && operand.value === !neutral);
  if (decisive !== undefined) return [decisive];
  const rest = operands.filter((operand) => operand.kind !== "literal" || operand.value !== neutral);
  return rest.length === 0 ? [operands[0]] : rest;
}
