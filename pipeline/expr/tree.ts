// The syntax tree every expression language is parsed into. It says nothing about how the text looked:
// a second parser (another language) only has to produce the same nodes.
//
// Guarantees of a tree a parser returns: at most MAX_NODES nodes, at most MAX_DEPTH levels (so every walk
// may recurse), logic chains flattened into one node, negated operators written as `not`.

export const MAX_NODES = 10_000;
export const MAX_DEPTH = 250;

export type BinaryOperator =
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "in"
  | "matches"
  | "contains"
  | "startsWith"
  | "endsWith"
  | ".."
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "**";

/** Integers are `bigint`, floating point numbers are `number`. */
export type LiteralValue = null | boolean | bigint | number | string;

export interface MapEntry {
  readonly key: Node;
  readonly value: Node;
}

interface At {
  /** 0-based character offset in the text */
  readonly position: number;
}

export type Node = At & NodeShape;

export type NodeShape =
  | { readonly kind: "literal"; readonly value: LiteralValue }
  | { readonly kind: "name"; readonly name: string }
  /** the whole event */
  | { readonly kind: "environment" }
  /** inside a predicate: the element, its index, or the accumulator of a reduction */
  | { readonly kind: "pointer"; readonly role: PointerRole }
  | { readonly kind: "unary"; readonly op: "not" | "-" | "+"; readonly operand: Node }
  | { readonly kind: "binary"; readonly op: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: "logic"; readonly op: "and" | "or"; readonly operands: readonly Node[] }
  | { readonly kind: "coalesce"; readonly left: Node; readonly right: Node }
  | { readonly kind: "conditional"; readonly test: Node; readonly then: Node; readonly otherwise: Node }
  | { readonly kind: "member"; readonly object: Node; readonly property: Node; readonly optional: boolean }
  /** the extent of an optional access: a nil base inside makes the whole chain nil */
  | { readonly kind: "chain"; readonly body: Node }
  | { readonly kind: "slice"; readonly object: Node; readonly from: Node | null; readonly to: Node | null }
  | { readonly kind: "array"; readonly elements: readonly Node[] }
  | { readonly kind: "map"; readonly entries: readonly MapEntry[] }
  /** `builtin`: the language's own function even where a custom one has its name */
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[]; readonly builtin?: true }
  /** `object.name(args)`; `optional` as of a member */
  | {
    readonly kind: "method";
    readonly object: Node;
    readonly name: string;
    readonly args: readonly Node[];
    readonly optional: boolean;
  }
  /** a predicate argument; only as an argument of a call */
  | { readonly kind: "closure"; readonly body: Node }
  | { readonly kind: "let"; readonly name: string; readonly value: Node; readonly body: Node }
  | { readonly kind: "sequence"; readonly steps: readonly Node[] };

export type PointerRole = "element" | "index" | "accumulator";
