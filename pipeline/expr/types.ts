// What the checker knows about a value before it runs.
//
// Numbers: at run time a floating point number is a JS `number` and an integer is a `bigint` (64-bit, wrapping).
// Event fields are always JS numbers ("float" here, whatever integer type was declared), so comparing and
// computing with fields never allocates; only integer literals in integer arithmetic, int(), len() and the like
// are bigint. The generator writes an integer literal as a plain number where it meets a float.

/**
 * What an expression is for. `filter`: a bool, with the language's own functions. `stateless`: any result, with the custom
 * functions, which replace built-in ones of the same name. `value`: any result, with the language's own functions before
 * the custom ones.
 */
export type ExpressionMode = "filter" | "stateless" | "value";

export type FieldType = "string" | "bool" | "int" | "uint" | "float" | "array" | "map";

export interface FieldDeclaration {
  readonly name: string;
  readonly type: FieldType;
  /** `false` promises that the field's value is never nil; it saves run-time checks. Default `true`. */
  readonly nullable?: boolean;
  /** promises that an integer field's value has at most 32 bits; it saves 64-bit arithmetic */
  readonly small?: boolean;
}

export type Kind =
  | "nil"
  | "bool"
  | "int"
  | "float"
  | "string"
  | "array"
  | "map"
  | "time"
  | "duration"
  | TimeKind
  | "any";

/** What methods of an instant give besides. */
export type TimeKind = "zone" | "month" | "weekday";

export interface StaticType {
  readonly kind: Kind;
  /** the value may be nil although its kind is known */
  readonly nullable: boolean;
  /** declared as an integer although its run-time value is a float */
  readonly integral?: boolean;
  /** kind of every element of an array, where it is known */
  readonly element?: Kind;
  /** a map whose keys need not be strings */
  readonly anyKey?: boolean;
}

export const NIL: StaticType = { kind: "nil", nullable: true };
export const ANY: StaticType = { kind: "any", nullable: true };
export const BOOL: StaticType = { kind: "bool", nullable: false };
export const INT: StaticType = { kind: "int", nullable: false };
export const NULLABLE_INT: StaticType = { kind: "int", nullable: true };
export const FLOAT: StaticType = { kind: "float", nullable: false };
export const STRING: StaticType = { kind: "string", nullable: false };
export const NULLABLE_STRING: StaticType = { kind: "string", nullable: true };
export const ARRAY: StaticType = { kind: "array", nullable: false };
export const STRING_ARRAY: StaticType = { kind: "array", nullable: false, element: "string" };
export const MAP: StaticType = { kind: "map", nullable: false };
export const ANY_KEY_MAP: StaticType = { kind: "map", nullable: false, anyKey: true };
export const TIME: StaticType = { kind: "time", nullable: false };
export const DURATION: StaticType = { kind: "duration", nullable: false };
export const ZONE: StaticType = { kind: "zone", nullable: false };
export const MONTH: StaticType = { kind: "month", nullable: false };
export const WEEKDAY: StaticType = { kind: "weekday", nullable: false };

export function fieldStaticType(field: FieldDeclaration, integersStayIntegers: boolean): StaticType {
  const nullable = field.nullable ?? true;
  switch (field.type) {
    case "int":
    case "uint":
      return { kind: "float", nullable, integral: integersStayIntegers };
    default:
      return { kind: field.type, nullable };
  }
}

/** An integer, a field declared as one, or what may be one. */
export function isWhole(type: StaticType): boolean {
  return type.kind === "any" || type.kind === "int" || type.integral === true;
}

export function isNumber(type: StaticType): boolean {
  return type.kind === "int" || type.kind === "float";
}

/** The type of a value that is one of two. */
export function either(a: StaticType, b: StaticType): StaticType {
  if (a.kind === "nil" && b.kind === "nil") return NIL;
  if (a.kind === "nil") return { ...b, nullable: true };
  if (b.kind === "nil") return { ...a, nullable: true };
  if (a.kind !== b.kind) return ANY;
  const element = a.element === b.element ? a.element : undefined;
  return { kind: a.kind, nullable: a.nullable || b.nullable, element, anyKey: a.anyKey || b.anyKey };
}

/** How a kind is called in messages. */
export function typeText(type: StaticType): string {
  return type.kind === "any" ? "unknown" : type.kind;
}
