/**
 * Types of the fields of a source: seven basic ones, and the other spellings users may write for them.
 */

export const BASIC_FIELD_TYPES = ["string", "bool", "int", "uint", "float", "array", "map"] as const;
export type FieldType = typeof BASIC_FIELD_TYPES[number];

/** A field as the stages see it. Dots in the name address nested objects of a JSON source. */
export interface FieldDecl {
  readonly name: string;
  readonly type: FieldType;
}

/** Every accepted spelling, in lower case. `datetime` is a timestamp written as text. */
export const FIELD_TYPE_SPELLINGS: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ["string", "string"],
  ["bytes", "string"],
  ["datetime", "string"],
  ["bool", "bool"],
  ["boolean", "bool"],
  ["int", "int"],
  ["integer", "int"],
  ["int8", "int"],
  ["int16", "int"],
  ["int32", "int"],
  ["int64", "int"],
  ["uint", "uint"],
  ["uint8", "uint"],
  ["uint16", "uint"],
  ["uint32", "uint"],
  ["uint64", "uint"],
  ["float", "float"],
  ["float32", "float"],
  ["float64", "float"],
  ["number", "float"],
  ["array", "array"],
  ["map", "map"],
  ["object", "map"],
]);

/** The basic type behind a spelling (any case, surrounding blanks ignored), or undefined if there is none. */
export function normaliseFieldType(text: string): FieldType | undefined {
  return FIELD_TYPE_SPELLINGS.get(text.trim().toLowerCase());
}

/** As {@link normaliseFieldType}, for outputs of stateless transforms, which may also be typed lists (`[]string`). */
export function normaliseOutputType(text: string): FieldType | undefined {
  const name = text.trim();
  if (!name.startsWith("[]")) return normaliseFieldType(name);
  return normaliseFieldType(name.slice(2)) === undefined ? undefined : "array";
}
