// Checks calls: known function, argument count and kinds, predicates and what # means inside them.
import type { Checked } from "./checked.ts";
import { asInteger, type Checker, typed } from "./checker.ts";
import { findFunction, type FunctionSpec, NOT_YET } from "./catalog.ts";
import { ExpressionError } from "./errors.ts";
import { isPredicateFunction, type PredicateFunction, predicateShape } from "./predicates.ts";
import { type Scope, withPredicate } from "./scope.ts";
import type { Node } from "./tree.ts";
import * as t from "./types.ts";
import { isNumber, type Kind, type StaticType, typeText } from "./types.ts";

type CallNode = Extract<Node, { kind: "call" }>;

export class CallChecker {
  readonly #checker: Checker;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  known(name: string): boolean {
    return isPredicateFunction(name) || findFunction(name, this.#checker.mode) !== undefined || NOT_YET.has(name);
  }

  check(node: CallNode, scope: Scope): Checked {
    const { name } = node;
    if (isPredicateFunction(name)) return this.#predicate(node, name, scope);
    const spec = findFunction(name, this.#checker.mode);
    if (spec === undefined) {
      const message = NOT_YET.has(name) ? `${name}() is not available yet` : `unknown function ${name}`;
      throw new ExpressionError(message, node.position);
    }
    if (node.args.length < spec.min || node.args.length > spec.max) {
      throw new ExpressionError(`${name}() takes ${countText(spec)}, not ${node.args.length}`, node.position);
    }
    const args = node.args.map((arg, i) => {
      const accepted = spec.params[Math.min(i, spec.params.length - 1)];
      const value = this.#checker.check(arg, scope);
      checkArgument(name, value, accepted);
      return accepted.length === 1 && accepted[0] === "int" ? asInteger(value) : value;
    });
    return typed(node, resultType(spec, args), { kind: "call", target: spec.target, args });
  }

  #predicate(node: CallNode, name: PredicateFunction, scope: Scope): Checked {
    const shape = predicateShape(name)!;
    const least = shape.closureOptional ? 1 : 2;
    const most = shape.extra === "none" ? 2 : 3;
    if (node.args.length < least || node.args.length > most) {
      const count = least === most ? `${least} arguments` : `${least} to ${most} arguments`;
      throw new ExpressionError(`${name}() takes ${count}, not ${node.args.length}`, node.position);
    }
    const source = this.#checker.check(node.args[0], scope);
    if (source.type.kind !== "array" && source.type.kind !== "any") {
      throw new ExpressionError(`${name}() takes an array, not ${typeText(source.type)}`, source.position);
    }
    const closure = node.args.length > 1 ? this.#closure(node.args[1], name, source.type, scope) : null;
    const extra = node.args.length > 2 ? this.#checker.check(node.args[2], scope) : null;
    if (extra !== null && shape.extra === "order") checkArgument(name, extra, ["string"]);
    return typed(node, predicateType(name, shape.result, source.type, closure), {
      kind: "predicate",
      function: name,
      source,
      closure,
      extra,
      depth: scope.predicates.length,
    });
  }

  #closure(node: Node, name: PredicateFunction, source: StaticType, scope: Scope): Checked {
    const body = node.kind === "closure" ? node.body : node;
    const known = source.element !== undefined && source.element !== "any";
    const element: StaticType = known ? { kind: source.element!, nullable: false } : t.ANY;
    const closure = this.#checker.check(body, withPredicate(scope, element, name === "reduce"));
    if (predicateShape(name)!.closureResult === "bool" && !["bool", "any"].includes(closure.type.kind)) {
      throw new ExpressionError(
        `the predicate of ${name}() must give a bool, not ${typeText(closure.type)}`,
        closure.position,
      );
    }
    return closure;
  }
}

function checkArgument(name: string, arg: Checked, accepted: readonly Kind[]): void {
  if (accepted.includes("any") || arg.type.kind === "any" || accepted.includes(arg.type.kind)) return;
  if (arg.type.integral === true && accepted.includes("int")) return;
  const wanted = accepted.join(" or ");
  throw new ExpressionError(`${name}() takes ${wanted} here, not ${typeText(arg.type)}`, arg.position);
}

function resultType(spec: FunctionSpec, args: readonly Checked[]): StaticType {
  if (spec.sameAsFirst && isNumber(args[0].type)) return { kind: args[0].type.kind, nullable: false };
  return spec.result;
}

function predicateType(
  name: PredicateFunction,
  result: StaticType,
  source: StaticType,
  closure: Checked | null,
): StaticType {
  if (name === "filter" || name === "sortBy") return { kind: "array", nullable: false, element: source.element };
  if (name === "map" && closure !== null && !closure.type.nullable) {
    return { kind: "array", nullable: false, element: closure.type.kind };
  }
  return result;
}

function countText(spec: FunctionSpec): string {
  const plural = (n: number) => `${n} argument${n === 1 ? "" : "s"}`;
  if (spec.max === Infinity) return `at least ${plural(spec.min)}`;
  return spec.min === spec.max ? plural(spec.min) : `${spec.min} to ${plural(spec.max)}`;
}
