// Turns the syntax tree into the checked tree: resolves names, types every node, rejects what can be known wrong.
import { binaryType } from "./check_operators.ts";
import { CallChecker } from "./check_calls.ts";
import type { Checked, CheckedExpression, CheckedShape } from "./checked.ts";
import { ExpressionError } from "./errors.ts";
import { foldedBinary, foldedLogic, foldedUnary } from "./fold.ts";
import { type DeclaredFields, EMPTY_SCOPE, type Scope, withLocal } from "./scope.ts";
import { type LiteralValue, MAX_NODES, type Node } from "./tree.ts";
import * as t from "./types.ts";
import { either, type ExpressionMode, isNumber, isWhole, type StaticType, typeText } from "./types.ts";

export function check(root: Node, fields: DeclaredFields, mode: ExpressionMode): CheckedExpression {
  const checker = new Checker(fields, mode);
  const tree = checker.check(root, EMPTY_SCOPE);
  if (mode === "filter" && tree.type.kind !== "bool" && tree.type.kind !== "any") {
    throw new ExpressionError(`a filter must give a bool, but this gives ${typeText(tree.type)}`, root.position);
  }
  return {
    tree,
    type: tree.type,
    fields: checker.read,
    readsEnvironment: checker.readsEnvironment,
    identityOf: tree.kind === "field" ? tree.name : undefined,
    mode,
  };
}

export function typed(node: { position: number }, type: StaticType, shape: CheckedShape): Checked {
  return { ...shape, position: node.position, type };
}

/** The literal that constant operands come to, if they do. */
function constant(node: { position: number }, value: LiteralValue | undefined): Checked | null {
  return value === undefined ? null : typed(node, literalType(value), { kind: "literal", value });
}

/** A field declared as an integer holds a float: where an integer is wanted, it is made one. */
export function asInteger(node: Checked): Checked {
  return node.type.integral === true ? typed(node, t.ANY, { kind: "call", target: "whole", args: [node] }) : node;
}

export class Checker {
  readonly read = new Set<string>();
  readsEnvironment = false;
  readonly fields: DeclaredFields;
  readonly mode: ExpressionMode;
  readonly #calls: CallChecker;
  #locals = 0;
  #expanded = 0;

  constructor(fields: DeclaredFields, mode: ExpressionMode) {
    this.fields = fields;
    this.mode = mode;
    this.#calls = new CallChecker(this);
  }

  check(node: Node, scope: Scope): Checked {
    switch (node.kind) {
      case "literal":
        return typed(node, literalType(node.value), { kind: "literal", value: node.value });
      case "name":
        return this.#name(node, node.name, scope);
      case "environment":
        return this.#environment(node);
      case "pointer":
        return pointer(node, scope);
      case "unary":
        return this.#unary(node, scope);
      case "binary": {
        if (node.op === "in" && node.right.kind === "environment" && !this.fields.open) {
          if (node.left.kind === "literal" && typeof node.left.value === "string") {
            return this.#present(this.#field(node, node.left.value) ?? this.#unknown(node, node.left.value));
          }
        }
        const convert = node.op === "%" ? asInteger : (operand: Checked) => operand;
        const left = convert(this.check(node.left, scope));
        const right = convert(this.check(node.right, scope));
        const type = binaryType(node.op, left, right, node.position);
        const shape = { kind: "binary", op: node.op, left, right } as const;
        return constant(node, foldedBinary(shape)) ?? typed(node, type, shape);
      }
      case "logic":
        return this.#logic(node, scope);
      case "coalesce": {
        const left = this.check(node.left, scope);
        const right = this.check(node.right, scope);
        const type = either({ ...left.type, nullable: false }, right.type);
        return typed(node, left.type.kind === "nil" ? right.type : type, { kind: "coalesce", left, right });
      }
      case "conditional":
        return this.#conditional(node, scope);
      case "member":
        return this.#member(node, scope);
      case "chain": {
        const body = this.check(node.body, scope);
        return typed(node, { ...body.type, nullable: true }, { kind: "chain", body });
      }
      case "slice":
        return this.#slice(node, scope);
      case "array": {
        const elements = node.elements.map((element) => this.check(element, scope));
        return typed(node, arrayType(elements), { kind: "array", elements });
      }
      case "map": {
        const entries = node.entries.map((entry) => {
          const key = this.check(entry.key, scope);
          if (key.type.kind !== "string" && key.type.kind !== "any") {
            throw new ExpressionError(`a map key must be a string, not ${typeText(key.type)}`, key.position);
          }
          return { key, value: this.check(entry.value, scope) };
        });
        return typed(node, t.MAP, { kind: "map", entries });
      }
      case "call":
        return this.#calls.check(node, scope);
      case "method":
        return this.#calls.method(node, scope);
      case "closure":
        throw new ExpressionError("a predicate can only be an argument of a function such as filter()", node.position);
      case "let":
        return this.#let(node, scope);
      case "sequence": {
        const steps = node.steps.map((step) => this.check(step, scope));
        return typed(node, steps[steps.length - 1].type, { kind: "sequence", steps });
      }
    }
  }

  #name(node: Node, name: string, scope: Scope): Checked {
    const local = scope.locals.findLast((candidate) => candidate.name === name);
    if (local !== undefined) return typed(node, local.type, { kind: "local", id: local.id });
    return this.#field(node, name) ?? this.#unknown(node, name);
  }

  /** The declared field of this name, or a map of the fields below it, or null. */
  #field(node: Node, name: string): Checked | null {
    const type = this.fields.open ? t.ANY : this.fields.type(name);
    if (type !== undefined) {
      this.read.add(name);
      return typed(node, type, { kind: "field", name });
    }
    const below = this.fields.below(name);
    if (below.length === 0) return null;
    this.#grow(below.length, node);
    const entries = below.map((segment) => ({
      key: typed(node, t.STRING, { kind: "literal", value: segment }),
      value: this.#field(node, `${name}.${segment}`)!,
    }));
    return typed(node, t.MAP, { kind: "map", entries });
  }

  #unknown(node: Node, name: string): never {
    throw new ExpressionError(`unknown name ${name}: declare it as a field of the source`, node.position);
  }

  #environment(node: Node): Checked {
    if (this.fields.open) {
      this.readsEnvironment = true;
      return typed(node, t.ANY, { kind: "environment" });
    }
    const tops = [...new Set(this.fields.names.map((name) => this.fields.type(name) ? name : name.split(".")[0]))];
    this.#grow(tops.length, node);
    const entries = tops.map((name) => ({
      key: typed(node, t.STRING, { kind: "literal", value: name }),
      value: this.#field(node, name)!,
    }));
    return typed(node, t.MAP, { kind: "map", entries });
  }

  /** `"field" in $env`: a declared field is there when it is not nil, an object when any field below it is. */
  #present(field: Checked): Checked {
    if (field.kind === "map") {
      const operands = field.entries.map((entry) => this.#present(entry.value));
      return typed(field, t.BOOL, { kind: "logic", op: "or", operands });
    }
    const right = typed(field, t.NIL, { kind: "literal", value: null });
    return typed(field, t.BOOL, { kind: "binary", op: "!=", left: field, right });
  }

  /** Whole-event and prefix reads expand to maps; many of them must not grow the tree without bound. */
  #grow(nodes: number, at: Node): void {
    this.#expanded += nodes * 2;
    if (this.#expanded > MAX_NODES) {
      throw new ExpressionError("the expression reads the whole event too many times", at.position);
    }
  }

  #unary(node: Extract<Node, { kind: "unary" }>, scope: Scope): Checked {
    const operand = this.check(node.operand, scope);
    const { kind } = operand.type;
    const wrong = () => new ExpressionError(`invalid operation: ${node.op} ${typeText(operand.type)}`, node.position);
    if (node.op === "not") {
      if (kind !== "bool" && kind !== "any") throw wrong();
      const shape = { kind: "unary", op: "not", operand } as const;
      return constant(node, foldedUnary(shape)) ?? typed(node, t.BOOL, shape);
    }
    if (!isNumber(operand.type) && kind !== "any") throw wrong();
    // a plus sign in front of what is not known is not looked at again
    if (node.op === "+" && kind === "any") return operand;
    const shape = { kind: "unary", op: node.op, operand } as const;
    return constant(node, foldedUnary(shape)) ?? typed(node, { ...operand.type, nullable: kind === "any" }, shape);
  }

  #logic(node: Extract<Node, { kind: "logic" }>, scope: Scope): Checked {
    const operands = node.operands.map((operand) => this.check(operand, scope));
    for (const { type, position } of operands) {
      if (type.kind !== "bool" && type.kind !== "any") {
        throw new ExpressionError(`invalid operation: ${node.op} needs bool, not ${typeText(type)}`, position);
      }
    }
    const rest = foldedLogic(node.op, operands);
    return rest.length === 1 ? rest[0] : typed(node, logicType(rest), { kind: "logic", op: node.op, operands: rest });
  }

  #conditional(node: Extract<Node, { kind: "conditional" }>, scope: Scope): Checked {
    const test = this.check(node.test, scope);
    if (test.type.kind !== "bool" && test.type.kind !== "any") {
      throw new ExpressionError(`a condition must be a bool, not ${typeText(test.type)}`, test.position);
    }
    const then = this.check(node.then, scope);
    const otherwise = this.check(node.otherwise, scope);
    return typed(node, either(then.type, otherwise.type), { kind: "conditional", test, then, otherwise });
  }

  #member(node: Extract<Node, { kind: "member" }>, scope: Scope): Checked {
    const path = this.#path(node, scope);
    if (path !== null) {
      const field = this.#field(node, path.join("."));
      if (field !== null) return field;
      if (path.length === 1) this.#unknown(node, path[0]);
    }
    const object = this.check(node.object, scope);
    const property = this.check(node.property, scope);
    if (object.kind === "map" && property.kind === "literal" && path !== null) this.#unknown(node, path.join("."));
    checkMember(object, property);
    const type = memberType(object.type);
    return typed(node, type, { kind: "member", object, property, optional: node.optional });
  }

  /** `a.b["c"]` as names, when it starts at the event; null when it does not or has a computed part. */
  #path(node: Node, scope: Scope): string[] | null {
    if (node.kind === "chain") return this.#path(node.body, scope);
    if (node.kind === "name") {
      return this.fields.open || scope.locals.some((local) => local.name === node.name) ? null : [node.name];
    }
    if (node.kind !== "member" || node.property.kind !== "literal" || typeof node.property.value !== "string") {
      return null;
    }
    if (node.object.kind === "environment") return [node.property.value];
    // without declared fields only the first step of a path is a field
    const base = this.fields.open ? null : this.#path(node.object, scope);
    return base && [...base, node.property.value];
  }

  #slice(node: Extract<Node, { kind: "slice" }>, scope: Scope): Checked {
    const object = this.check(node.object, scope);
    if (!["any", "array", "string"].includes(object.type.kind)) {
      throw new ExpressionError(`cannot slice ${typeText(object.type)}`, node.position);
    }
    const bound = (part: Node | null) => {
      if (part === null) return null;
      const value = this.check(part, scope);
      if (object.type.kind !== "any" && !isWhole(value.type)) {
        throw new ExpressionError(`a slice bound must be an integer, not ${typeText(value.type)}`, value.position);
      }
      return value;
    };
    const type = { ...object.type, nullable: object.type.kind === "any" };
    return typed(node, type, { kind: "slice", object, from: bound(node.from), to: bound(node.to) });
  }

  #let(node: Extract<Node, { kind: "let" }>, scope: Scope): Checked {
    const { name } = node;
    const taken = scope.locals.some((local) => local.name === name) ||
      (!this.fields.open && (this.fields.type(name) !== undefined || this.fields.below(name).length > 0)) ||
      this.#calls.known(name);
    if (taken) throw new ExpressionError(`cannot redeclare ${name}: choose another name`, node.position);
    const value = this.check(node.value, scope);
    const id = this.#locals++;
    const body = this.check(node.body, withLocal(scope, { name, id, type: value.type }));
    return typed(node, body.type, { kind: "let", id, value, body });
  }
}

function literalType(value: null | boolean | bigint | number | string): StaticType {
  if (value === null) return t.NIL;
  switch (typeof value) {
    case "boolean":
      return t.BOOL;
    case "bigint":
      return t.INT;
    case "number":
      return t.FLOAT;
    case "string":
      return t.STRING;
  }
}

/** The last operand is not looked at: it is the result where the others do not decide. */
function logicType(operands: readonly Checked[]): StaticType {
  const { type } = operands[operands.length - 1];
  return type.kind === "bool" ? type : t.ANY;
}

function arrayType(elements: readonly Checked[]): StaticType {
  const kinds = new Set(elements.map(({ type }) => type.nullable && type.kind !== "nil" ? "any" : type.kind));
  return kinds.size === 1 ? { kind: "array", nullable: false, element: [...kinds][0] } : t.ARRAY;
}

function pointer(node: Extract<Node, { kind: "pointer" }>, scope: Scope): Checked {
  const depth = scope.predicates.length - 1;
  const predicate = scope.predicates[depth];
  if (predicate === undefined) throw new ExpressionError("# can only be used inside a predicate", node.position);
  if (node.role === "index" && !predicate.indexed) {
    throw new ExpressionError("#index can only be used inside map() and reduce()", node.position);
  }
  if (node.role === "accumulator" && !predicate.reduces) {
    throw new ExpressionError("#acc can only be used inside reduce()", node.position);
  }
  const type = node.role === "element" ? predicate.element : node.role === "index" ? t.INT : t.ANY;
  return typed(node, type, { kind: "pointer", role: node.role, depth });
}

function checkMember(object: Checked, property: Checked): void {
  const { kind } = object.type;
  const name = property.kind === "literal" ? String(property.value) : "a member";
  if (kind === "any") return;
  if (kind === "map") {
    if (object.type.anyKey || property.type.kind === "string" || property.type.kind === "any") return;
    throw new ExpressionError(`cannot use ${typeText(property.type)} to get an element of a map`, property.position);
  }
  if (kind === "array" || kind === "string") {
    if (kind === "array" && isWhole(property.type)) return;
    const cure = kind === "array" ? "use an integer" : "take a part of a text as text[1:2]";
    throw new ExpressionError(`cannot fetch ${name} from ${kind}: ${cure}`, property.position);
  }
  throw new ExpressionError(`cannot fetch ${name} from ${kind === "nil" ? "<nil>" : kind}`, property.position);
}

function memberType(object: StaticType): StaticType {
  if (object.kind === "array" && object.element !== undefined && object.element !== "any") {
    return object.element === "nil" ? t.NIL : { kind: object.element, nullable: false };
  }
  return t.ANY;
}
