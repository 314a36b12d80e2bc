// && and ||. An error on one side counts only if the other side does not decide: what cannot fail runs first, and only
// where two or more sides can fail are errors caught.
import type { Checked } from "../expr/checked.ts";
import * as e from "../expr/types.ts";
import { noOverload } from "./operators.ts";
import { call, checked, type Term } from "./term.ts";
import { BOOL } from "./types.ts";

export function logic(position: number, op: "&&" | "||", operands: readonly Term[]): Term {
  for (const { type, node } of operands) {
    if (type.kind !== "bool" && type.kind !== "dyn") throw noOverload(node.position, op, type);
  }
  const safe = operands.filter((operand) => !risky(operand)).map(({ node }) => node);
  const unsafe = operands.filter(risky).map(boolNode);
  const last = unsafe.length < 2 ? unsafe : [call(position, e.BOOL, op === "&&" ? "and" : "or", unsafe.map(thunk))];
  const parts = [...safe, ...last];
  const node = parts.length === 1
    ? parts[0]
    : checked(position, e.BOOL, { kind: "logic", op: op === "&&" ? "and" : "or", operands: parts });
  return { node, type: BOOL, fallible: unsafe.length > 0 };
}

function risky(operand: Term): boolean {
  return operand.fallible || !isBool(operand);
}

function isBool({ type }: Term): boolean {
  return type.kind === "bool" && type.nullable !== true;
}

/** The tree of what must be a bool; a value that may turn out to be none is looked at when it runs. */
export function boolNode(operand: Term): Checked {
  const { node } = operand;
  return isBool(operand) ? node : call(node.position, e.BOOL, "bool", [node]);
}

function thunk(body: Checked): Checked {
  return checked(body.position, e.ANY, { kind: "lambda", params: [], body });
}
