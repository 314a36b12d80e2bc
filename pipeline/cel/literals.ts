// Literals as terms. What JavaScript has no literal for is made by a runtime function.
import type { Checked } from "../expr/checked.ts";
import * as e from "../expr/types.ts";
import type { CelLiteral, CelNode } from "./syntax.ts";
import { call, callTerm, checked, number, type Term } from "./term.ts";
import * as t from "./types.ts";

export function literalTerm(position: number, literal: CelLiteral): Term {
  switch (literal.type) {
    case "null":
      return { node: plain(position, e.NIL, null), type: t.NULL, fallible: false };
    case "bool":
      return { node: plain(position, e.BOOL, literal.value), type: t.BOOL, fallible: false };
    case "double":
      return { node: number(position, literal.value), type: t.DOUBLE, fallible: false };
    case "string":
      return { node: plain(position, e.STRING, literal.value), type: t.STRING, fallible: false };
    case "bytes":
      return callTerm(position, t.BYTES, "bytesOf", [plain(position, e.STRING, literal.value)], false);
    case "int":
      return {
        node: plain(position, e.INT, literal.value),
        type: t.INT,
        fallible: false,
        ...form(position, literal.value),
      };
    case "uint": {
      const node = call(position, e.ANY, "uintOf", [plain(position, e.INT, literal.value)]);
      return { node, type: t.UINT, fallible: false, ...form(position, literal.value) };
    }
  }
}

export function plain(position: number, type: e.StaticType, value: null | boolean | bigint | string): Checked {
  return checked(position, type, { kind: "literal", value });
}

function form(position: number, value: bigint): Pick<Term, "number"> {
  const double = Number(value);
  return Number.isSafeInteger(double) ? { number: { node: number(position, double), bound: Math.abs(double) } } : {};
}

export function listTerm(position: number, elements: readonly Term[]): Term {
  const type = t.listType(t.common(elements.map((element) => element.type)));
  const fallible = elements.some((element) => element.fallible);
  return callTerm(position, type, "listOf", elements.map((element) => element.node), fallible);
}

const KEY_KINDS: ReadonlySet<t.CelKind> = new Set(["dyn", "bool", "int", "uint", "string"]);

/** Whether values of a type can be keys of a map. */
export function isKey({ kind }: t.CelType): boolean {
  return KEY_KINDS.has(kind);
}

export function mapTerm(position: number, keys: readonly Term[], values: readonly Term[]): Term {
  const type = t.mapType(t.common(keys.map((key) => key.type)), t.common(values.map((value) => value.type)));
  const args = keys.flatMap((key, i) => [key.node, values[i].node]);
  return callTerm(position, type, "mapOf", args);
}

/** The text of a literal, for what can be judged before it runs. */
export function literalText(node: CelNode | undefined): string | null {
  return node?.kind === "literal" && node.literal.type === "string" ? node.literal.value : null;
}
