// The checked tree: every name resolved, every function known, every node with its static type.
// It is the only thing the generator accepts.
import type { PredicateFunction } from "./predicates.ts";
import type { BinaryOperator, LiteralValue, PointerRole } from "./tree.ts";
import type { ExpressionMode, StaticType } from "./types.ts";

interface Typed {
  readonly position: number;
  readonly type: StaticType;
}

export type Checked = Typed & CheckedShape;

export interface CheckedEntry {
  readonly key: Checked;
  readonly value: Checked;
}

export type CheckedShape =
  | { readonly kind: "literal"; readonly value: LiteralValue }
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "environment" }
  /** a `let` variable; ids are unique in the tree */
  | { readonly kind: "local"; readonly id: number }
  /** `depth` counts the enclosing predicates: 0 is the outermost */
  | { readonly kind: "pointer"; readonly role: PointerRole; readonly depth: number }
  | { readonly kind: "unary"; readonly op: "not" | "-" | "+"; readonly operand: Checked }
  | { readonly kind: "binary"; readonly op: BinaryOperator; readonly left: Checked; readonly right: Checked }
  | { readonly kind: "logic"; readonly op: "and" | "or"; readonly operands: readonly Checked[] }
  | { readonly kind: "coalesce"; readonly left: Checked; readonly right: Checked }
  | { readonly kind: "conditional"; readonly test: Checked; readonly then: Checked; readonly otherwise: Checked }
  | { readonly kind: "member"; readonly object: Checked; readonly property: Checked; readonly optional: boolean }
  | { readonly kind: "chain"; readonly body: Checked }
  | { readonly kind: "slice"; readonly object: Checked; readonly from: Checked | null; readonly to: Checked | null }
  | { readonly kind: "array"; readonly elements: readonly Checked[] }
  | { readonly kind: "map"; readonly entries: readonly CheckedEntry[] }
  /** `target` is the runtime's export to call */
  | { readonly kind: "call"; readonly target: string; readonly args: readonly Checked[] }
  /** a method of a value; which one is looked up by the value that `object` has at run time */
  | {
    readonly kind: "method";
    readonly object: Checked;
    readonly name: string;
    readonly args: readonly Checked[];
    readonly optional: boolean;
  }
  /** a function of local variables; only as an argument of a call */
  | { readonly kind: "lambda"; readonly params: readonly number[]; readonly body: Checked }
  | {
    readonly kind: "predicate";
    readonly function: PredicateFunction;
    readonly source: Checked;
    readonly closure: Checked | null;
    readonly extra: Checked | null;
    readonly depth: number;
  }
  | { readonly kind: "let"; readonly id: number; readonly value: Checked; readonly body: Checked }
  | { readonly kind: "sequence"; readonly steps: readonly Checked[] };

export interface CheckedExpression {
  readonly tree: Checked;
  /** static type of the result */
  readonly type: StaticType;
  /** the declared names of the fields the expression reads */
  readonly fields: ReadonlySet<string>;
  /** the expression reads the whole event (only possible without declared fields) */
  readonly readsEnvironment: boolean;
  /** set when the expression is nothing but this field */
  readonly identityOf?: string;
  readonly mode: ExpressionMode;
}
