// What the checker knows about a value before it runs.
//
// Numbers: at run time a floating point number is a JS `number` and an integer is a `bigint` (64-bit, wrapping).
// Event fields are always JS numbers ("float" here, whatever integer type was declared), so comparing and
// computing with fields never allocates; only integer literals in integer arithmetic, int(), len() and the like
// are bigint. The generator writes an integer literal as a plain number where it meets a float.

export type FieldType = "string" | "bool" | "int" | "uint" | "float" | "array" | "map";

export interface FieldDeclaration {
  readonly name: string;
  readonly type: FieldType;
  /** `false` promises that the field's value is never nil; it saves run-time checks. Default `true`. */
  readonly nullable?: boolean;
  /** promises that an integer field's value has at most 32 bits; it saves 64-bit arithmetic */
  readonly small?: boolean;
}

export type Kind = "nil" | "bool" | "int" | "float" | "string" | "array" | "map" | "time" | "duration" | "any";

export interface StaticType {
  readonly kind: Kind;
  /** the value may be nil although its kind is known */
  readonly nullable: boolean;
  /** declared as an integer although its run-time value is a float */
  readonly integral?: boolean;
  /** kind of every element of an array, where it is known */
  readonly element?: Kind;
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
export const TIME: StaticType = { kind: "time", nullable: false };
export const DURATION: StaticType = { kind: "duration", nullable: false };

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
  return { kind: a.kind, nullable: a.nullable || b.nullable, element };
}

/** How a kind is called in messages. */
export function typeText(type: StaticType): string {
  return type.kind === "any" ? "unknown" : type.kind;
}
