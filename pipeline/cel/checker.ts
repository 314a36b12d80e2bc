// The checker: resolves names, types every part by the language's own rules, refuses what cannot be right, and gives the
// checked tree that the one generator takes. What the language does differently from expr is a call of `rt.cel.*`.
import { ExpressionError } from "../expr/errors.ts";
import * as e from "../expr/types.ts";
import { checkPattern, foldedTime } from "./fold.ts";
import { findOverloads, type Overload, TYPE_NAMES } from "./functions.ts";
import { isKey, listTerm, literalTerm, mapTerm, plain } from "./literals.ts";
import { boolNode, logic } from "./logic.ts";
import { isMacro, macro } from "./macros.ts";
import { arithmetic, isArithmetic, negation, noOverload, not, relation } from "./operators.ts";
import type { Field, Fields, Scope, Variable } from "./scope.ts";
import type { CelNode } from "./syntax.ts";
import { call, callTerm, checked, type Term } from "./term.ts";
import * as t from "./types.ts";
import { type CelType, compatible, general, staticType, typeText } from "./types.ts";

type CallNode = Extract<CelNode, { kind: "call" }>;

export class Checker {
  /** names of the fields that are read */
  readonly read = new Set<string>();
  readonly #fields: Fields;
  #variables = 0;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  check(node: CelNode, scope: Scope): Term {
    switch (node.kind) {
      case "literal":
        return literalTerm(node.position, node.literal);
      case "ident":
        return this.#resolve(node, scope) ?? this.#unknown(node, node.name);
      case "select":
        return this.#resolve(node, scope) ?? this.#select(node, scope);
      case "index":
        return this.#index(node, scope);
      case "call":
        return this.#call(node, scope);
      case "unary":
        return this.#unary(node, scope);
      case "binary":
        return this.#binary(node, scope);
      case "logic":
        return logic(node.position, node.op, node.operands.map((operand) => this.check(operand, scope)));
      case "conditional":
        return this.#conditional(node, scope);
      case "list":
        return listTerm(node.position, node.elements.map((element) => this.check(element, scope)));
      case "map": {
        const keys = node.entries.map(({ key }) => this.check(key, scope));
        const wrong = keys.find(({ type }) => !isKey(type));
        if (wrong !== undefined) {
          throw new ExpressionError(`a ${typeText(wrong.type)} cannot be a key of a map`, wrong.node.position);
        }
        return mapTerm(node.position, keys, node.entries.map(({ value }) => this.check(value, scope)));
      }
    }
  }

  newVariable(name: string, type: CelType): Variable {
    return { name, id: this.#variables++, type };
  }

  /** A variable, a field (also one with dots in its name) or a type; null if the path means none of them. */
  #resolve(node: CelNode, scope: Scope): Term | null {
    const path = pathOf(node);
    if (path === null) return null;
    const variable = path.rooted ? undefined : scope.findLast(({ name }) => name === path.names[0]);
    if (variable !== undefined) {
      if (path.names.length > 1) return null;
      const shape = { kind: "local", id: variable.id } as const;
      const { type } = variable;
      return { node: checked(node.position, staticType(type), shape), type, fallible: false };
    }
    const name = path.names.join(".");
    const type = TYPE_NAMES.has(name)
      ? callTerm(node.position, t.TYPE, "typeNamed", [plain(node.position, e.STRING, name)], false)
      : null;
    if (!this.#fields.closed && path.names.length > 1) return type;
    const field = this.#fields.find(name);
    if (field === null) return type;
    const term = this.#field(node, field);
    // without declarations both are possible: the event says which
    if (this.#fields.closed || type === null) return term;
    return callTerm(node.position, t.DYN, "fieldOrType", [term.node, type.node], false);
  }

  #field({ position }: CelNode, { name, type, bound }: Field): Term {
    this.read.add(name);
    const { kind, nullable } = type;
    const exact = checked(position, kind === "uint" ? e.NULLABLE_INT : staticType(type), { kind: "field", name });
    if (kind !== "int" && kind !== "uint") return { node: exact, type, fallible: false };
    const node = kind === "uint" ? call(position, e.ANY, "uintField", [exact]) : exact;
    const double = checked(position, { kind: "float", nullable: nullable === true }, { kind: "field", name });
    return { node, type, fallible: false, number: { node: double, bound } };
  }

  #unknown(node: CelNode, name: string): never {
    const cure = findOverloads(name) === undefined
      ? "declare it as a field of the source"
      : "it is a function: call it";
    throw new ExpressionError(`unknown name ${name}: ${cure}`, node.position);
  }

  #select(node: Extract<CelNode, { kind: "select" }>, scope: Scope): Term {
    const path = pathOf(node);
    if (path !== null && this.#fields.closed && !this.#rootIsKnown(path.names, scope)) {
      this.#unknown(node, path.names.join("."));
    }
    const object = this.check(node.object, scope);
    const { kind, nullable, value } = object.type;
    if (kind !== "map" && kind !== "dyn") {
      throw new ExpressionError(`a ${typeText(object.type)} has no field ${node.field}`, node.position);
    }
    const target = kind === "map" && nullable !== true ? "index" : "select";
    const key = plain(node.position, e.STRING, node.field);
    return callTerm(node.position, value ?? t.DYN, target, [object.node, key]);
  }

  /** Whether some beginning of a path means something. */
  #rootIsKnown(names: readonly string[], scope: Scope): boolean {
    return scope.some(({ name }) => name === names[0]) ||
      names.some((_, i) => this.#fields.find(names.slice(0, i + 1).join(".")) !== null);
  }

  #index(node: Extract<CelNode, { kind: "index" }>, scope: Scope): Term {
    const object = this.check(node.object, scope);
    const index = this.check(node.index, scope);
    const { type } = object;
    const fits = type.kind === "dyn" || (type.kind === "list" && compatible(index.type, t.INT)) ||
      (type.kind === "map" && compatible(type.key ?? t.DYN, index.type));
    if (!fits) throw noOverload(node.position, "[]", type, index.type);
    const result = (type.kind === "list" ? type.element : type.value) ?? t.DYN;
    return callTerm(node.position, result, "index", [object.node, index.node]);
  }

  #unary(node: Extract<CelNode, { kind: "unary" }>, scope: Scope): Term {
    const operand = this.check(node.operand, scope);
    if (node.op === "-") return negation(node.position, operand);
    const { type, fallible } = operand;
    if (type.kind !== "bool" && type.kind !== "dyn") throw noOverload(node.position, "!", type);
    const risky = fallible || type.kind === "dyn" || type.nullable === true;
    return { node: not(node.position, boolNode(operand)), type: t.BOOL, fallible: risky };
  }

  #binary(node: Extract<CelNode, { kind: "binary" }>, scope: Scope): Term {
    const { op, position } = node;
    const left = this.check(node.left, scope);
    const right = this.check(node.right, scope);
    return isArithmetic(op) ? arithmetic(position, op, left, right) : relation(position, op, left, right);
  }

  #conditional(node: Extract<CelNode, { kind: "conditional" }>, scope: Scope): Term {
    const [test, then, otherwise] = [node.test, node.then, node.otherwise].map((part) => this.check(part, scope));
    if (test.type.kind !== "bool" && test.type.kind !== "dyn") {
      throw new ExpressionError(`a condition must be a bool, not ${typeText(test.type)}`, test.node.position);
    }
    if (!compatible(then.type, otherwise.type)) {
      const types = `${typeText(then.type)} and ${typeText(otherwise.type)}`;
      throw new ExpressionError(`both sides of ":" must have one type, not ${types}; wrap one in dyn()`, node.position);
    }
    const type = general(then.type, otherwise.type);
    const shape = { kind: "conditional", test: boolNode(test), then: then.node, otherwise: otherwise.node } as const;
    const certain = !test.fallible && test.type.kind === "bool" && test.type.nullable !== true;
    const fallible = !certain || then.fallible || otherwise.fallible;
    return { node: checked(node.position, staticType(type), shape), type, fallible };
  }

  #call(node: CallNode, scope: Scope): Term {
    const { name, receiver, args, position } = node;
    if (receiver === null && name === "has") return this.#has(node, scope);
    if (receiver !== null && isMacro(name, args.length)) return macro(this, node, receiver, scope);
    const overloads = findOverloads(name);
    if (overloads === undefined) throw new ExpressionError(`unknown function ${name}()`, position);
    const parts = receiver === null ? args : [receiver, ...args];
    const folded = receiver === null ? foldedTime(name, node, args) : null;
    if (folded !== null) return folded;
    const terms = parts.map((part) => this.check(part, scope));
    const fitting = overloads.filter((overload) =>
      overload.member === (receiver !== null) && overload.params.length === terms.length &&
      overload.params.every((kinds, i) => accepts(kinds, terms[i].type))
    );
    if (fitting.length === 0) throw this.#noFunction(node, overloads, terms);
    if (name === "matches") checkPattern(parts[1]);
    return applied(position, fitting[0], terms);
  }

  #noFunction({ name, receiver, position }: CallNode, overloads: readonly Overload[], terms: readonly Term[]) {
    const form = overloads.some(({ member }) => member === (receiver !== null));
    if (form) return noOverload(position, name, ...terms.map(({ type }) => type));
    const cure = receiver === null ? `write value.${name}(...)` : `write ${name}(value)`;
    return new ExpressionError(`${name}() is not called this way: ${cure}`, position);
  }

  /** `has(a.b)`: whether the map has the key; of a declared field with dots in its name, whether it is not null. */
  #has({ args, position }: CallNode, scope: Scope): Term {
    const [argument] = args;
    if (args.length !== 1 || argument.kind !== "select") {
      throw new ExpressionError("has() needs a field of a map, as in has(attributes.name)", position);
    }
    const whole = this.#resolve(argument, scope);
    if (whole !== null) {
      const nil = plain(position, e.NIL, null);
      const node = checked(position, e.BOOL, { kind: "binary", op: "!=", left: whole.node, right: nil });
      return { node, type: t.BOOL, fallible: whole.fallible };
    }
    const object = this.check(argument.object, scope);
    const { kind, nullable } = object.type;
    if (kind !== "map" && kind !== "dyn") {
      throw new ExpressionError(`a ${typeText(object.type)} has no fields`, argument.position);
    }
    const fallible = object.fallible || kind === "dyn" || nullable === true;
    const key = plain(argument.position, e.STRING, argument.field);
    return callTerm(position, t.BOOL, "has", [object.node, key], fallible);
  }
}

function accepts(kinds: Overload["params"][number], type: CelType): boolean {
  return kinds === "any" || type.kind === "dyn" || kinds.includes(type.kind);
}

/** No value has more parts. */
const LONGEST = 2 ** 32;
const SAFE = new Set(["size", "typeOf", "contains", "startsWith", "endsWith"]);
const OWN = { contains: "contains", startsWith: "startsWith", endsWith: "endsWith" } as const;

function applied(position: number, { target, prefix, result }: Overload, terms: readonly Term[]): Term {
  const nodes = terms.map(({ node }) => node);
  if (target === "dyn") return { node: nodes[0], type: t.DYN, fallible: terms[0].fallible };
  const known = terms.every(({ type }) => type.kind !== "dyn" && type.nullable !== true);
  if (known && terms.length === 1 && target === terms[0].type.kind) return terms[0];
  const fallible = terms.some((term) => term.fallible) || !(SAFE.has(target) && (known || target === "typeOf"));
  if (known && target in OWN) {
    const op = OWN[target as keyof typeof OWN];
    const shape = { kind: "binary", op, left: nodes[0], right: nodes[1] } as const;
    return { node: checked(position, e.BOOL, shape), type: result, fallible };
  }
  if (target === "size" && known) {
    const length = call(position, e.FLOAT, "length", nodes);
    return { ...callTerm(position, result, target, nodes, fallible), number: { node: length, bound: LONGEST } };
  }
  const first = prefix === undefined ? [] : [plain(position, e.STRING, prefix)];
  return callTerm(position, result, target, [...first, ...nodes], fallible);
}

function pathOf(node: CelNode): { names: string[]; rooted: boolean } | null {
  const names: string[] = [];
  let at = node;
  while (at.kind === "select") {
    names.unshift(at.field);
    at = at.object;
  }
  return at.kind === "ident" ? { names: [at.name, ...names], rooted: at.rooted } : null;
}
