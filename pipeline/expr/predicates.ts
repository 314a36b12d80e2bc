// The functions that take a predicate: what they are called with and what they give.
import { ANY, ANY_KEY_MAP, ARRAY, BOOL, INT, NULLABLE_INT, type StaticType } from "./types.ts";

export interface PredicateShape {
  /** the argument that is a predicate */
  readonly closureAt: 1;
  readonly closureOptional: boolean;
  readonly closureResult: "bool" | "any";
  /** one argument may follow the predicate */
  readonly extra: "none" | "order" | "initial";
  readonly result: StaticType;
}

function shape(
  result: StaticType,
  closureResult: "bool" | "any",
  extra: PredicateShape["extra"] = "none",
  closureOptional = false,
): PredicateShape {
  return { closureAt: 1, closureOptional, closureResult, extra, result };
}

const SHAPES = {
  all: shape(BOOL, "bool"),
  none: shape(BOOL, "bool"),
  any: shape(BOOL, "bool"),
  one: shape(BOOL, "bool"),
  filter: shape(ARRAY, "bool"),
  map: shape(ARRAY, "any"),
  count: shape(INT, "bool", "none", true),
  sum: shape(ANY, "any", "none", true),
  find: shape(ANY, "bool"),
  findIndex: shape(NULLABLE_INT, "bool"),
  findLast: shape(ANY, "bool"),
  findLastIndex: shape(NULLABLE_INT, "bool"),
  groupBy: shape(ANY_KEY_MAP, "any"),
  sortBy: shape(ARRAY, "any", "order"),
  reduce: shape(ANY, "any", "initial"),
} as const;

export type PredicateFunction = keyof typeof SHAPES;

export function isPredicateFunction(name: string): name is PredicateFunction {
  return Object.hasOwn(SHAPES, name);
}

export function predicateShape(name: string): PredicateShape | undefined {
  return isPredicateFunction(name) ? SHAPES[name] : undefined;
}
