// Turns a checked expression into JavaScript expression text.
//
// Safety: text comes only from the checked tree, operators and runtime names from fixed tables, variables are
// numbered, and the user's strings enter only through literal(). Nothing of the expression is pasted.
// Speed: static types decide which checks are left out; comparisons and logic on fields never box a number.
import { mapAccess } from "../cel/map_access.ts";
import type { Checked, CheckedExpression } from "./checked.ts";
import { literal, stringText } from "./generate_literal.ts";
import { binary, logicOperand } from "./generate_operators.ts";
import { predicateCall } from "./generate_predicates.ts";
import * as t from "./types.ts";
import type { StaticType } from "./types.ts";

/** How generated code reaches the row at hand. */
export interface FieldAccess {
  /** JS expression text for the field's value: string, number, boolean, array, map, or null (not undefined) for nil */
  value(field: string): string;
  /** an integer field's exact value as a bigint, or null for nil; without it integers beyond 2^53 are rounded */
  integer?(field: string): string;
  /** a faster test of a string field against a literal, as JS text; nil must not equal any literal */
  equals?(field: string, literal: string): string | null;
  /** one value of a map field whose values are strings, as JS text giving a string or null */
  mapGet?(field: string, key: string): string | null;
  /** the time of the evaluation in milliseconds since 1970, as JS text; without it now() fails */
  now?(): string;
  /** the whole event as a map; needed only for expressions whose `readsEnvironment` is set */
  environment?(): string;
}

/** A piece of generated text with what is known about its value. The text binds tighter than any operator. */
export interface Js {
  readonly text: string;
  readonly type: StaticType;
}

/**
 * JS text that evaluates the expression for the row `access` describes. It refers to the runtime as `rt`
 * (`import * as rt from "pipeline/expr/runtime.ts"`). A filter's text always gives a boolean.
 */
export function generate(expression: CheckedExpression, access: FieldAccess): string {
  const js = new Generator(access).node(expression.tree);
  const checked = expression.mode === "filter" && !isBool(js.type) ? `rt.filterResult(${js.text})` : js.text;
  // a string that looks like a call costs a few stores per row
  if (SPENDER.test(checked)) return `(rt.begin(), ${checked})`;
  return READER.test(checked) ? `(rt.beginText(), ${checked})` : checked;
}

/** Runtime functions that take the same time whatever they are given. */
const FREE = "bool inRange whole subtract multiply divide modulo negate type filterResult callValue now timeless";
/** Those that read or make texts and create no elements. */
const FRUGAL = "equal less lessOrEqual more moreOrEqual fetch contains startsWith endsWith matches int float add len " +
  "upper lower trim hasPrefix hasSuffix inTexts callMethod date duration timezone";
const READER = callsBut(FREE);
const SPENDER = callsBut(`${FREE} ${FRUGAL}`);

function callsBut(names: string): RegExp {
  return new RegExp(`\\brt\\.(?!(?:${names.replaceAll(" ", "|")})\\b)`);
}

export function isBool(type: StaticType): boolean {
  return type.kind === "bool" && !type.nullable;
}

export class Generator {
  readonly access: FieldAccess;
  /** inside a predicate: what is done there is done many times and has to be counted */
  repeated = 0;

  constructor(access: FieldAccess) {
    this.access = access;
  }

  text(node: Checked): string {
    return this.node(node).text;
  }

  node(node: Checked): Js {
    const { type } = node;
    switch (node.kind) {
      case "literal":
        return { text: literal(node.value), type };
      case "field":
        return { text: type.kind === "int" ? this.#integer(node.name) : `(${this.access.value(node.name)})`, type };
      case "environment":
        if (this.access.environment === undefined) throw new Error("this field access cannot give the whole event");
        return { text: `(${this.access.environment()})`, type };
      case "local":
        return { text: `v${node.id}`, type };
      case "pointer":
        return { text: pointerText(node.role, node.depth), type };
      case "unary":
        return this.#unary(node);
      case "binary":
        return binary(this, node);
      case "logic": {
        const last = node.operands.length - 1;
        const operands = node.operands.map((operand, i) =>
          i === last ? this.text(operand) : logicOperand(this, operand, node.op)
        );
        return { text: `(${operands.join(node.op === "and" ? " && " : " || ")})`, type };
      }
      case "coalesce":
        return { text: `(${this.text(node.left)} ?? ${this.text(node.right)})`, type };
      case "conditional": {
        const test = logicOperand(this, node.test, "a condition");
        return { text: `(${test} ? ${this.text(node.then)} : ${this.text(node.otherwise)})`, type };
      }
      case "member":
        return this.#member(node);
      case "chain":
        return this.#mapValue(node.body) ?? { text: this.#chain(node.body, (inner) => inner), type };
      case "slice": {
        const parts = [node.object, node.from, node.to].map((part) => part === null ? "undefined" : this.text(part));
        return { text: `rt.slice(${parts.join(", ")})`, type };
      }
      case "array":
        return { text: this.#call("arrayOf", node.elements), type };
      case "map":
        return { text: this.#call("mapOf", node.entries.flatMap((entry) => [entry.key, entry.value])), type };
      case "call":
        return { text: mapAccess(node, this.access.mapGet) ?? this.#call(node.target, node.args), type };
      case "method":
        return { text: this.#method(node, this.text(node.object)), type };
      case "lambda":
        return { text: `(${node.params.map((id) => `v${id}`).join(", ")}) => ${this.text(node.body)}`, type };
      case "predicate":
        return { text: predicateCall(this, node), type };
      case "let":
        return { text: `((v${node.id}) => ${this.text(node.body)})(${this.text(node.value)})`, type };
      case "sequence":
        return { text: `(${node.steps.map((step) => this.text(step)).join(", ")})`, type };
    }
  }

  #call(target: string, args: readonly Checked[]): string {
    if (target === "now") {
      const time = this.access.now?.();
      if (time === undefined) return "rt.timeless()";
      return `rt.now(${[`(${time})`, ...args.map((arg) => this.text(arg))].join(", ")})`;
    }
    return `rt.${target}(${args.map((arg) => this.text(arg)).join(", ")})`;
  }

  #integer(field: string): string {
    return this.access.integer === undefined
      ? `rt.cel.whole(${this.access.value(field)})`
      : `(${this.access.integer(field)})`;
  }

  #method(node: Extract<Checked, { kind: "method" }>, object: string): string {
    const args = node.args.map((arg) => `, ${this.text(arg)}`).join("");
    return `rt.callMethod(${object}, ${stringText(node.name)}${args})`;
  }

  #unary(node: Extract<Checked, { kind: "unary" }>): Js {
    if (node.op === "not") return { text: `(!${logicOperand(this, node.operand, "not")})`, type: node.type };
    const { text, type } = this.node(node.operand);
    if (type.kind === "float" && !type.nullable) {
      return { text: node.op === "-" ? `(- ${text})` : text, type: node.type };
    }
    return { text: `rt.${node.op === "-" ? "negate" : "plus"}(${text})`, type: node.type };
  }

  #member(node: Extract<Checked, { kind: "member" }>): Js {
    const direct = this.#mapValue(node);
    if (direct !== null) return direct;
    return { text: `rt.fetch(${this.text(node.object)}, ${this.text(node.property)})`, type: node.type };
  }

  /** `field["key"]` through the access's own lookup, where it has one. */
  #mapValue(node: Checked): Js | null {
    if (node.kind !== "member" || node.object.kind !== "field" || node.property.kind !== "literal") return null;
    if (typeof node.property.value !== "string") return null;
    const text = this.access.mapGet?.(node.object.name, node.property.value) ?? null;
    return text === null ? null : { text: `(${text})`, type: t.NULLABLE_STRING };
  }

  /** An optional access ends the whole chain with null: what follows it goes inside the test. */
  #chain(node: Checked, rest: (text: string) => string): string {
    if (node.kind === "slice") {
      const bounds = [node.from, node.to].map((part) => part === null ? "undefined" : this.text(part)).join(", ");
      return this.#chain(node.object, (object) => rest(`rt.slice(${object}, ${bounds})`));
    }
    if (node.kind === "method") {
      return this.#chain(node.object, (object) => {
        if (!node.optional) return rest(this.#method(node, object));
        return `((o) => o == null ? null : ${rest(this.#method(node, "o"))})(${object})`;
      });
    }
    if (node.kind !== "member") return rest(this.text(node));
    if (!node.optional && node.object.kind === "field") return rest(this.text(node));
    const property = this.text(node.property);
    return this.#chain(node.object, (object) => {
      if (!node.optional) return rest(`rt.fetch(${object}, ${property})`);
      return `((o) => o == null ? null : ${rest(`rt.fetch(o, ${property})`)})(${object})`;
    });
  }
}

export function pointerText(role: "element" | "index" | "accumulator", depth: number): string {
  if (role === "index") return `BigInt(i${depth})`;
  return role === "element" ? `p${depth}` : `a${depth}`;
}
