// The macros over lists and maps: which calls they are, and the comprehension each becomes.
import { ExpressionError } from "../expr/errors.ts";
import * as e from "../expr/types.ts";
import type { Scope, Variable } from "./scope.ts";
import type { CelNode } from "./syntax.ts";
import { callTerm, checked, type Term } from "./term.ts";
import { BOOL, type CelType, DYN, listType, typeText } from "./types.ts";

const TARGETS: Readonly<Record<string, string>> = {
  all: "all",
  exists: "exists",
  exists_one: "existsOne",
  filter: "filter",
  map: "mapEach",
};

export function isMacro(name: string, args: number): boolean {
  return Object.hasOwn(TARGETS, name) && (args === 2 || (name === "map" && args === 3));
}

/** How a macro has its parts checked. */
interface PartChecker {
  check(node: CelNode, scope: Scope): Term;
  newVariable(name: string, type: CelType): Variable;
}

export function macro(
  checker: PartChecker,
  node: Extract<CelNode, { kind: "call" }>,
  receiver: CelNode,
  scope: Scope,
): Term {
  const [first, ...bodies] = node.args;
  if (first.kind !== "ident" || first.rooted) {
    throw new ExpressionError(`${node.name}() needs the name of a variable as its first argument`, first.position);
  }
  const range = checker.check(receiver, scope);
  const variable = checker.newVariable(first.name, elementOf(range.type, receiver.position));
  const inner = [...scope, variable];
  const terms = bodies.map((body) => checker.check(body, inner));
  const conditions = node.name === "map" ? terms.slice(0, -1) : terms;
  for (const { type, node: { position } } of conditions) {
    if (type.kind !== "bool" && type.kind !== "dyn") {
      throw new ExpressionError(`${node.name}() needs a bool, not ${typeText(type)}`, position);
    }
  }
  const lambdas = terms.map(({ node: body }) =>
    checked(body.position, e.ANY, { kind: "lambda", params: [variable.id], body })
  );
  const target = terms.length === 2 ? "mapWhere" : TARGETS[node.name];
  return callTerm(node.position, resultType(node.name, variable, terms), target, [range.node, ...lambdas]);
}

function resultType(name: string, variable: Variable, terms: readonly Term[]): CelType {
  if (name === "map") return listType(terms[terms.length - 1].type);
  return name === "filter" ? listType(variable.type) : BOOL;
}

function elementOf(range: CelType, position: number): CelType {
  switch (range.kind) {
    case "dyn":
      return DYN;
    case "list":
      return range.element ?? DYN;
    case "map":
      return range.key ?? DYN;
    default:
      throw new ExpressionError(`a macro needs a list or a map, not ${typeText(range)}`, position);
  }
}
