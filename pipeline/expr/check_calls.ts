// Checks calls: known function, argument count and kinds, predicates and what # means inside them.
import type { Checked } from "./checked.ts";
import { asInteger, type Checker, typed } from "./checker.ts";
import { findFunction, type FunctionSpec } from "./catalog.ts";
import { ExpressionError } from "./errors.ts";
import { isPredicateFunction, type PredicateFunction, predicateShape } from "./predicates.ts";
import { type Scope, withPredicate } from "./scope.ts";
import { findMethod, hasMethods } from "./time/methods.ts";
import type { Node } from "./tree.ts";
import * as t from "./types.ts";
import { isNumber, type Kind, type StaticType, typeText } from "./types.ts";

type CallNode = Extract<Node, { kind: "call" }>;
type MethodNode = Extract<Node, { kind: "method" }>;

export class CallChecker {
  readonly #checker: Checker;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  known(name: string): boolean {
    return isPredicateFunction(name) || findFunction(name, this.#checker.mode) !== undefined;
  }

  check(node: CallNode, scope: Scope): Checked {
    const { name } = node;
    if (isPredicateFunction(name)) return this.#predicate(node, name, scope);
    const spec = findFunction(name, node.builtin ? "filter" : this.#checker.mode);
    if (spec === undefined) return this.#unknown(node, scope);
    if (node.args.length < spec.min || node.args.length > spec.max) {
      throw new ExpressionError(`${name}() takes ${countText(spec)}, not ${node.args.length}`, node.position);
    }
    const args = node.args.map((arg, i) => {
      const accepted = spec.params[Math.min(i, spec.params.length - 1)];
      const value = this.#checker.check(arg, scope);
      checkArgument(name, value, accepted);
      return accepted.length === 1 && accepted[0] === "int" ? asInteger(value) : value;
    });
    if (spec.rejects?.(args.map(({ type }) => type))) {
      throw new ExpressionError(`${name}() does not take these arguments`, node.position);
    }
    return typed(node, resultType(spec, args), { kind: "call", target: spec.target, args });
  }

  /** Without declared fields any name may be a field, which fails when it is called. */
  #unknown(node: CallNode, scope: Scope): Checked {
    const { name } = node;
    if (node.builtin || !this.#checker.fields.open || scope.locals.some((local) => local.name === name)) {
      throw new ExpressionError(`unknown function ${name}`, node.position);
    }
    const args = node.args.map((arg) => this.#checker.check(arg, scope));
    const field = this.#checker.check({ kind: "name", name, position: node.position }, scope);
    return typed(node, t.ANY, { kind: "call", target: "callValue", args: [field, ...args] });
  }

  method(node: MethodNode, scope: Scope): Checked {
    const { name, optional } = node;
    const object = this.#checker.check(node.object, scope);
    const { kind } = object.type;
    const args = node.args.map((arg) => this.#checker.check(arg, scope));
    if (kind === "any" || kind === "map") {
      return typed(node, t.ANY, { kind: "method", object, name, args, optional });
    }
    const method = hasMethods(kind) ? findMethod(kind, name) : undefined;
    if (method === undefined) {
      throw new ExpressionError(`${typeText(object.type)} has no method ${name}`, node.position);
    }
    if (args.length !== method.params.length) {
      const count = `${method.params.length} argument${method.params.length === 1 ? "" : "s"}`;
      throw new ExpressionError(`${name}() takes ${count}, not ${args.length}`, node.position);
    }
    args.forEach((arg, i) => checkArgument(name, arg, [method.params[i]]));
    const whole = args.map((arg, i) => method.params[i] === "int" ? asInteger(arg) : arg);
    return typed(node, method.result, { kind: "method", object, name, args: whole, optional });
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
    if (name === "sum" && closure === null && source.kind === "array") {
      const added = addedUp(source.elements);
      if (added !== null) return added;
    }
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
    const element: StaticType = known ? { kind: source.element!, nullable: source.element === "nil" } : t.ANY;
    const closure = this.#checker.check(
      body,
      withPredicate(scope, {
        element,
        indexed: name === "map" || name === "reduce",
        reduces: name === "reduce",
      }),
    );
    if (closure.type.kind === "nil") {
      throw new ExpressionError(`the predicate of ${name}() is always nil`, closure.position);
    }
    if (predicateShape(name)!.closureResult === "bool" && !["bool", "any"].includes(closure.type.kind)) {
      throw new ExpressionError(
        `the predicate of ${name}() must give a bool, not ${typeText(closure.type)}`,
        closure.position,
      );
    }
    return closure;
  }
}

/**
 * The sum of an array that is written out and not constant: added from the right, so texts and lengths of time have one
 * too and floats round as they do then.
 */
function addedUp(elements: readonly Checked[]): Checked | null {
  if (elements.length < 2 || elements.every((each) => each.kind === "literal" && each.value !== null)) return null;
  return elements.reduceRight((right, left) => {
    const sameKind = isNumber(left.type) && left.type.kind === right.type.kind;
    const type = sameKind && !left.type.nullable && !right.type.nullable ? left.type : t.ANY;
    return typed(left, type, { kind: "binary", op: "+", left, right });
  });
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
