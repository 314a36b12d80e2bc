// The syntax tree of a CEL expression. Guarantees of a tree that was parsed: at most MAX_NODES nodes and MAX_HEIGHT
// levels, so every walk may recurse; chains of && and || are one node.

export const MAX_NODES = 10_000;
export const MAX_HEIGHT = 250;

export type CelLiteral =
  | { readonly type: "null" }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "uint"; readonly value: bigint }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  /** one character per byte */
  | { readonly type: "bytes"; readonly value: string };

export type Relation = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";
export type Arithmetic = "+" | "-" | "*" | "/" | "%";

export interface CelMapEntry {
  readonly key: CelNode;
  readonly value: CelNode;
}

export type CelShape =
  | { readonly kind: "literal"; readonly literal: CelLiteral }
  /** `rooted`: written with a leading dot, so that no macro variable is meant */
  | { readonly kind: "ident"; readonly name: string; readonly rooted: boolean }
  | { readonly kind: "select"; readonly object: CelNode; readonly field: string }
  | { readonly kind: "index"; readonly object: CelNode; readonly index: CelNode }
  | {
    readonly kind: "call";
    readonly name: string;
    readonly receiver: CelNode | null;
    readonly args: readonly CelNode[];
  }
  | { readonly kind: "unary"; readonly op: "!" | "-"; readonly operand: CelNode }
  | { readonly kind: "binary"; readonly op: Relation | Arithmetic; readonly left: CelNode; readonly right: CelNode }
  | { readonly kind: "logic"; readonly op: "&&" | "||"; readonly operands: readonly CelNode[] }
  | { readonly kind: "conditional"; readonly test: CelNode; readonly then: CelNode; readonly otherwise: CelNode }
  | { readonly kind: "list"; readonly elements: readonly CelNode[] }
  | { readonly kind: "map"; readonly entries: readonly CelMapEntry[] };

export type CelNode = CelShape & {
  /** 0-based character offset in the text */
  readonly position: number;
  readonly height: number;
};
