// Calls with a predicate as JavaScript text: the predicate becomes an arrow function of numbered parameters.
import type { Checked } from "./checked.ts";
import type { Generator } from "./generate.ts";
import type { PredicateFunction } from "./predicates.ts";

const TARGETS: Readonly<Record<PredicateFunction, string>> = {
  all: "all",
  none: "none",
  any: "any",
  one: "one",
  filter: "filter",
  map: "mapEach",
  count: "count",
  sum: "sum",
  find: "find",
  findIndex: "findIndex",
  findLast: "findLast",
  findLastIndex: "findLastIndex",
  groupBy: "groupBy",
  sortBy: "sortBy",
  reduce: "reduce",
};

export function predicateCall(generator: Generator, node: Extract<Checked, { kind: "predicate" }>): string {
  const { depth } = node;
  const args = [generator.text(node.source)];
  if (node.closure === null) {
    args.push("null");
  } else {
    const parameters = `${node.function === "reduce" ? `a${depth}, ` : ""}p${depth}, i${depth}`;
    generator.repeated++;
    args.push(`(${parameters}) => ${generator.text(node.closure)}`);
    generator.repeated--;
  }
  if (node.extra !== null) args.push(generator.text(node.extra));
  return `rt.${TARGETS[node.function]}(${args.join(", ")})`;
}
