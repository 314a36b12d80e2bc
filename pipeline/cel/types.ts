// What the checker knows of a value: the type of the language, and what that is for the generator.
import type { FieldType, StaticType } from "../expr/types.ts";
import * as t from "../expr/types.ts";

export type CelKind =
  | "dyn"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration"
  | "type"
  | "list"
  | "map";

export interface CelType {
  readonly kind: CelKind;
  /** null is a possible value too, as in the language's wrapper types */
  readonly nullable?: boolean;
  /** of a list */
  readonly element?: CelType;
  /** of a map */
  readonly key?: CelType;
  readonly value?: CelType;
}

export const DYN: CelType = { kind: "dyn" };
export const NULL: CelType = { kind: "null" };
export const BOOL: CelType = { kind: "bool" };
export const INT: CelType = { kind: "int" };
export const UINT: CelType = { kind: "uint" };
export const DOUBLE: CelType = { kind: "double" };
export const STRING: CelType = { kind: "string" };
export const BYTES: CelType = { kind: "bytes" };
export const TIMESTAMP: CelType = { kind: "timestamp" };
export const DURATION: CelType = { kind: "duration" };
export const TYPE: CelType = { kind: "type" };

export function listType(element: CelType): CelType {
  return { kind: "list", element };
}

export function mapType(key: CelType, value: CelType): CelType {
  return { kind: "map", key, value };
}

/** A declared field; the type of a "dyn" one is only known when it runs. */
export interface CelField {
  readonly name: string;
  readonly type: FieldType | "dyn";
  readonly nullable?: boolean;
  readonly small?: boolean;
}

export function fieldType({ type, nullable = true }: CelField): CelType {
  switch (type) {
    case "dyn":
      return DYN;
    case "float":
      return { kind: "double", nullable };
    case "array":
      return { ...listType(DYN), nullable };
    case "map":
      return { ...mapType(STRING, DYN), nullable };
    default:
      return { kind: type, nullable };
  }
}

/** How a type is written. */
export function typeText(type: CelType): string {
  const name = type.kind === "list"
    ? `list(${typeText(type.element ?? DYN)})`
    : type.kind === "map"
    ? `map(${typeText(type.key ?? DYN)}, ${typeText(type.value ?? DYN)})`
    : type.kind;
  return type.nullable === true ? `nullable ${name}` : name;
}

const NULLABLE_KINDS: ReadonlySet<CelKind> = new Set(["null", "timestamp", "duration"]);

/** Whether one may stand where the other is wanted. */
export function compatible(a: CelType, b: CelType): boolean {
  if (a.kind === "dyn" || b.kind === "dyn") return true;
  if (a.kind === "null") return NULLABLE_KINDS.has(b.kind) || b.nullable === true;
  if (b.kind === "null") return compatible(b, a);
  if (a.kind !== b.kind) return false;
  if (a.kind === "list") return compatible(a.element ?? DYN, b.element ?? DYN);
  if (a.kind !== "map") return true;
  return compatible(a.key ?? DYN, b.key ?? DYN) && compatible(a.value ?? DYN, b.value ?? DYN);
}

/** The type of a value that is one of two compatible ones. */
export function general(a: CelType, b: CelType): CelType {
  if (a.kind === "dyn" || b.kind === "dyn") return DYN;
  if (a.kind === "null") return { ...b, nullable: true };
  if (b.kind === "null") return { ...a, nullable: true };
  const nullable = a.nullable === true || b.nullable === true;
  if (a.kind === "list") return { ...listType(general(a.element ?? DYN, b.element ?? DYN)), nullable };
  if (a.kind === "map") {
    return { ...mapType(general(a.key ?? DYN, b.key ?? DYN), general(a.value ?? DYN, b.value ?? DYN)), nullable };
  }
  return { kind: a.kind, nullable };
}

/** Of the elements of a literal: dyn where they differ. */
export function common(types: readonly CelType[]): CelType {
  if (types.length === 0) return DYN;
  return types.reduce((a, b) => a.kind !== "dyn" && b.kind !== "dyn" && compatible(a, b) ? general(a, b) : DYN);
}

/** A value of this type as the generator sees it; what expr does not know is "any". */
export function staticType({ kind, nullable = false }: CelType): StaticType {
  switch (kind) {
    case "null":
      return t.NIL;
    case "bool":
    case "int":
    case "string":
    case "map":
      return { kind, nullable };
    case "double":
      return { kind: "float", nullable };
    case "list":
      return { kind: "array", nullable };
    default:
      return t.ANY;
  }
}
