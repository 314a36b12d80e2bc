// A checked piece of an expression: the tree to generate, its type, and what is known about running it.
import type { Checked, CheckedShape } from "../expr/checked.ts";
import { FLOAT, type StaticType } from "../expr/types.ts";
import { type CelType, staticType } from "./types.ts";

export interface Term {
  readonly node: Checked;
  readonly type: CelType;
  /** running it may throw; what cannot is free to be moved in && and || */
  readonly fallible: boolean;
  /** an int or uint also as a plain number, for comparisons that need no 64-bit arithmetic */
  readonly number?: NumberForm;
}

/** The value as a double. `bound`: its size never exceeds this; up to 2^53 - 1 the double is exact. */
export interface NumberForm {
  readonly node: Checked;
  readonly bound: number;
}

export function checked(position: number, type: StaticType, shape: CheckedShape): Checked {
  return { ...shape, position, type };
}

export function call(position: number, type: StaticType, target: string, args: readonly Checked[]): Checked {
  return checked(position, type, { kind: "call", target: `cel.${target}`, args });
}

/** A call of the runtime. */
export function callTerm(
  position: number,
  type: CelType,
  target: string,
  args: readonly Checked[],
  fallible = true,
): Term {
  return { node: call(position, staticType(type), target, args), type, fallible };
}

export function number(position: number, value: number): Checked {
  return checked(position, FLOAT, { kind: "literal", value });
}
