/**
 * What a scanner is asked for, and what it writes into.
 *
 * The targets are the few methods the scanner needs of a column writer, so this folder depends on no writer. A target
 * takes exactly one value per record that was scanned without error, and none of one that was not.
 */

/** Type a source declares for a field. */
export type FieldType = "string" | "bool" | "int" | "uint" | "float" | "array" | "map";

export interface ScanField {
  /** Key, or dotted path into nested objects. A key that bears the whole dotted name wins over the path. */
  readonly name: string;
  readonly type: FieldType;
  /** Whether the field may be `null` or absent; it is written as NULL then. */
  readonly nullable: boolean;
  /** Of a number: its JSON text is written instead of its value, and may be of any size. */
  readonly exact?: boolean;
}

/** Column of a `string`, `array`, `map` or exact number field. */
export interface TextTarget {
  putSlice(src: Uint8Array, start: number, end: number): void;
}

/** Column of a `bool` (0 or 1) or `float` field. */
export interface NumberTarget {
  putNumber(value: number): void;
}

/** Column of an `int` or `uint` field: the two 32-bit halves of the 64-bit value. */
export interface WideTarget {
  putI64(lo: number, hi: number): void;
}

/** Column of a nullable field. */
export interface NullableTarget {
  readonly inner: unknown;
  putNull(): void;
  beginValue(): void;
}

/** The column of one field: of the kind its type asks for, in a `NullableTarget` when the field is nullable. */
export type Target = TextTarget | NumberTarget | WideTarget | NullableTarget;
