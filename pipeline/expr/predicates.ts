// The functions that take a predicate: what they are called with and what they give.
import { ANY, ANY_KEY_MAP, ARRAY, BOOL, INT, NULLABLE_INT, type StaticType } from "./types.ts";

export interface PredicateShape {
  /** how it is called, with `?` after arguments that may be left out */
  readonly signature: string;
  /** what it gives and when it fails, as one line of the reference */
  readonly help: string;
  /** the argument that is a predicate */
  readonly closureAt: 1;
  readonly closureOptional: boolean;
  readonly closureResult: "bool" | "any";
  /** one argument may follow the predicate */
  readonly extra: "none" | "order" | "initial";
  readonly result: StaticType;
}

function test(signature: string, help: string, result: StaticType, closureOptional = false): PredicateShape {
  return { signature, help, closureAt: 1, closureOptional, closureResult: "bool", extra: "none", result };
}

function value(
  signature: string,
  help: string,
  result: StaticType,
  extra: PredicateShape["extra"] = "none",
  closureOptional = false,
): PredicateShape {
  return { signature, help, closureAt: 1, closureOptional, closureResult: "any", extra, result };
}

const SHAPES = {
  all: test("all(array, test)", "Whether the test holds for every element.", BOOL),
  none: test("none(array, test)", "Whether it holds for no element.", BOOL),
  any: test("any(array, test)", "Whether it holds for some element.", BOOL),
  one: test("one(array, test)", "Whether it holds for exactly one element.", BOOL),
  filter: test("filter(array, test)", "The elements for which it holds.", ARRAY),
  map: value("map(array, value)", "The value for each element; `#index` is its position.", ARRAY),
  count: test("count(array, test?)", "How many elements it holds for; without a test, how many are true.", INT, true),
  sum: value("sum(array, value?)", "The sum of the values, else of the elements.", ANY, "none", true),
  find: test("find(array, test)", "The first element for which it holds, or `nil`.", ANY),
  findIndex: test("findIndex(array, test)", "Its position, or `nil`.", NULLABLE_INT),
  findLast: test("findLast(array, test)", "The last element for which it holds, or `nil`.", ANY),
  findLastIndex: test("findLastIndex(array, test)", "Its position, or `nil`.", NULLABLE_INT),
  groupBy: value("groupBy(array, key)", "A map of arrays: the elements of each key.", ANY_KEY_MAP),
  sortBy: value(
    "sortBy(array, key, order?)",
    'In the order of the keys, or with `"desc"` the other way round. Keys that have no order together are an error.',
    ARRAY,
    "order",
  ),
  reduce: value(
    "reduce(array, value, initial?)",
    "`#acc` is the value so far, at first `initial` or else the first element; `#index` is the position. Without either it " +
      "is an error.",
    ANY,
    "initial",
  ),
} as const;

/** In the reference's order. */
export const PREDICATE_FUNCTIONS: readonly PredicateShape[] = Object.values(SHAPES);

export type PredicateFunction = keyof typeof SHAPES;

export function isPredicateFunction(name: string): name is PredicateFunction {
  return Object.hasOwn(SHAPES, name);
}

export function predicateShape(name: string): PredicateShape | undefined {
  return isPredicateFunction(name) ? SHAPES[name] : undefined;
}
